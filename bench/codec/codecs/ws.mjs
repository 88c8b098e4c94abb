// The codec of `ws`: its Receiver, a Writable that emits messages, and its Sender, which writes to a socket.

import { loadPeer } from "../../peers/resolve.mjs";

const { Receiver, Sender } = loadPeer("ws");

/** @type {import("../codec-process.mjs").Codec} */
export const codec = {
  decoder(payload) {
    const receiver = new Receiver({ isServer: true, maxPayload: 2 ** 30 });
    receiver.on("message", (bytes) => payload(bytes, 0, bytes.length));
    return (chunk) => receiver.write(chunk);
  },
  encoder(masked, written) {
    const socket = { cork() {}, uncork() {}, write: (bytes) => written(bytes) };
    const sender = new Sender(socket, {});
    const options = { binary: true, compress: false, fin: true, mask: masked };
    return { send: (payload) => sender.send(payload, options), flush() {} };
  },
};
