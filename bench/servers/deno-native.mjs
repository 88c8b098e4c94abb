// Deno's own server: Deno.serve and Deno.upgradeWebSocket. Run by Deno.

import { job, listening } from "./server-process.mjs";

const sockets = new Set();

Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => listening(port) }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  if (job.behaviour === "echo") {
    socket.onmessage = ({ data }) => socket.send(data);
  } else {
    sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const each of sockets) each.send(data);
    };
  }
  return response;
});
