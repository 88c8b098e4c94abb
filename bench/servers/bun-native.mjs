// Bun's own server, whose WebSockets are uWebSockets (C++). Run by Bun.

import { job, listening } from "./server-process.mjs";

const topic = "everyone";
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response("WebSocket only", { status: 426 });
  },
  websocket: {
    perMessageDeflate: job.compression,
    maxPayloadLength: 16 * 1024 * 1024,
    idleTimeout: 0,
    open(socket) {
      if (job.behaviour === "broadcast") socket.subscribe(topic);
    },
    message(socket, message) {
      if (job.behaviour === "broadcast") server.publish(topic, message);
      else socket.send(message, job.compression);
    },
  },
});
listening(server.port);
