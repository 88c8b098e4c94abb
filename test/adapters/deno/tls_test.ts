// The side of the server in TLS: what may go wrong before there is a connection.

import assert from "node:assert/strict";
import { connect } from "@sansock/deno-adapter";
import { TlsHandshakes } from "../../../packages/deno-adapter/src/tls-handshakes.ts";
import { RawClient } from "../node/raw.ts";
import { authority, certificate, echo, nextOf, start } from "./support.ts";

const { test } = Deno;

test("sec/tls-stall: clients that never finish TLS, or speak none, keep nobody from being served", async () => {
  await using server = await start(echo, { tls: certificate("localhost") });
  const stalled = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.port!)));
  stalled[0]!.write(new Uint8Array([22, 3, 1])); // the beginning of a ClientHello
  stalled[1]!.write("GET / HTTP/1.1\r\n\r\n"); // no TLS at all
  await using client = await connect(`wss://localhost:${server.port}/`, { tls: { caCerts: [authority] } });
  void client.send("served");
  assert.deepEqual(await nextOf(client), { kind: "text", text: "served" });
  await stalled[1]!.end();
  // Deno lets go of the sockets of the others when their peers do.
  for (const { socket } of stalled) socket.destroy();
});

test("sec/tls-stall: a handshake of TLS is given up after its time", async () => {
  const given = Promise.withResolvers<void>();
  const stalled = {
    handshake: () => given.promise.then(() => Promise.reject(new Deno.errors.Interrupted())),
    [Symbol.dispose]: () => given.resolve(),
  };
  const alive = setTimeout(() => {}, 60_000); // the alarm alone keeps no process alive
  let secured = 0;
  await new TlsHandshakes(5).run(stalled as unknown as Deno.TlsConn, () => secured++);
  clearTimeout(alive);
  assert.equal(secured, 0);
});

test("a server that closes gives up the handshakes of TLS that are under way", async () => {
  const server = await start(echo, { tls: certificate("localhost"), openTimeout: null });
  const raw = await RawClient.connect(server.port!);
  await using client = await connect(`wss://localhost:${server.port}/`, { tls: { caCerts: [authority] } });
  const closing = server.close();
  assert.equal((await client.closed).code, 1001);
  await closing;
  raw.socket.destroy();
});

test("serve rejects TLS on a Unix socket, and a certificate that is none", async () => {
  await assert.rejects(start(echo, { path: "/tmp/never", tls: certificate("localhost") }), { code: "bad-option" });
  await assert.rejects(start(echo, { tls: { cert: "no", key: "certificate" } }));
});
