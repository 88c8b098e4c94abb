// An echo server as Deno itself makes it. Says its port, and how each connection ended.

const say = (report: object): void => console.log(JSON.stringify(report));

Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => say({ port }) }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "echo", idleTimeout: 0 });
  socket.binaryType = "arraybuffer";
  if (new URL(request.url).pathname === "/close") socket.onopen = () => socket.close(4013, "busy");
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onclose = ({ code, reason }) => say({ closed: { code, reason } });
  return response;
});
