// The WebSocket that browsers and, by now, all runtimes have as a global.

import { payload, runClient, url } from "./client-process.mjs";

await runClient(
  (received, failed) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      socket.onerror = () => failed(new Error("WebSocket error"));
      socket.onmessage = ({ data }) => received(data.byteLength, new Uint8Array(data, 0, 1)[0]);
      socket.onopen = () => resolve(() => socket.send(payload));
    }),
);
