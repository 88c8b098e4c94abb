// `ws`, as its README shows it. Whether it uses native add-ons is decided by the environment that the table gives it.

import { loadPeer } from "../peers/resolve.mjs";
import { job, listening } from "./server-process.mjs";

const { WebSocketServer } = loadPeer("ws");
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  backlog: 4096,
  perMessageDeflate: job.compression ? { threshold: 0 } : false,
});

server.on("connection", (socket) => {
  socket.on("error", () => {});
  if (job.behaviour === "echo") {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  } else {
    socket.on("message", (data, isBinary) => {
      for (const client of server.clients) client.send(data, { binary: isBinary });
    });
  }
});
server.on("listening", () => listening(server.address().port));
