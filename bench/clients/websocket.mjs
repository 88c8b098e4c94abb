// `websocket`'s client (WebSocket-Node).

import { loadPeer } from "../peers/resolve.mjs";
import { payload, runClient, url } from "./client-process.mjs";

const { client: WebSocketClient } = loadPeer("websocket");

await runClient(
  (received, failed) =>
    new Promise((resolve) => {
      const client = new WebSocketClient({ fragmentOutgoingMessages: false });
      client.on("connectFailed", failed);
      client.on("connect", (connection) => {
        connection.on("error", failed);
        connection.on("message", ({ binaryData }) => received(binaryData.length, binaryData[0]));
        resolve(() => connection.sendBytes(payload));
      });
      client.connect(url);
    }),
);
