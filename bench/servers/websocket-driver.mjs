// `websocket-driver`, the engine behind faye-websocket, on node:http.

import { createServer } from "node:http";
import { loadPeer } from "../peers/resolve.mjs";
import { job, listening } from "./server-process.mjs";

const websocket = loadPeer("websocket-driver");
const drivers = new Set();
const server = createServer();

server.on("upgrade", (request, socket, head) => {
  const driver = websocket.http(request);
  if (job.compression) driver.addExtension(loadPeer("permessage-deflate"));
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("close", () => drivers.delete(driver));
  drivers.add(driver);
  driver.io.write(head);
  socket.pipe(driver.io).pipe(socket);
  driver.on("message", ({ data }) => {
    if (job.behaviour === "echo") send(driver, data);
    else for (const each of drivers) send(each, data);
  });
  driver.on("close", () => socket.end());
  driver.start();
});

function send(driver, data) {
  if (typeof data === "string") driver.text(data);
  else driver.binary(data);
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => listening(server.address().port));
