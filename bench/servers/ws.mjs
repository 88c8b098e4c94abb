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
if (job.pingInterval !== undefined) beatHearts(job.pingInterval);

/** As its README shows how to detect broken connections. */
function beatHearts(interval) {
  server.on("connection", (socket) => {
    socket.isAlive = true;
    socket.on("pong", () => {
      socket.isAlive = true;
    });
  });
  setInterval(() => {
    for (const socket of server.clients) {
      if (!socket.isAlive) {
        socket.terminate();
        continue;
      }
      socket.isAlive = false;
      socket.ping();
    }
  }, interval);
}

server.on("listening", () => listening(server.address().port));
