// `ws`'s client.

import { loadPeer } from "../peers/resolve.mjs";
import { payload, runClient, url } from "./client-process.mjs";

const { WebSocket } = loadPeer("ws");

await runClient(
  (received, failed) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      socket.on("error", failed);
      socket.on("message", (data) => received(data.length, data[0]));
      socket.on("open", () => resolve(() => socket.send(payload)));
    }),
);
