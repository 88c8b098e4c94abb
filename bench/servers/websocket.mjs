// `websocket` (WebSocket-Node). It has no permessage-deflate.

import { createServer } from "node:http";
import { loadPeer } from "../peers/resolve.mjs";
import { job, listening } from "./server-process.mjs";

const { server: WebSocketServer } = loadPeer("websocket");
const http = createServer();
const server = new WebSocketServer({
  httpServer: http,
  autoAcceptConnections: true,
  maxReceivedFrameSize: 16 * 1024 * 1024,
  maxReceivedMessageSize: 16 * 1024 * 1024,
  // Large messages go out in one frame, as everybody else sends them.
  fragmentOutgoingMessages: false,
  // On by default; the others run no keepalive here either.
  keepalive: false,
});

server.on("connect", (connection) => {
  connection.on("error", () => {});
  connection.on("message", (message) => {
    const send = (to) => (message.type === "utf8" ? to.sendUTF(message.utf8Data) : to.sendBytes(message.binaryData));
    if (job.behaviour === "echo") send(connection);
    else for (const each of server.connections) send(each);
  });
});
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => listening(http.address().port));
