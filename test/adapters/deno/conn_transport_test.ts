// The transport contract, kept by ConnTransport on everything that it runs on.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type ByteStream, ConnTransport, type DuplexStream, StreamConn } from "@sansock/deno-adapter";
import { SocketPeer } from "../socket-peer.ts";
import { type Harness, type RawPeer, transportContract } from "../transport-contract.ts";
import { ConnPeer } from "./conn_peer.ts";
import { authority, certificate, eventually } from "./support.ts";

/** How much may be queued without anybody being told. */
const LOW_WATER_BYTES = 16 * 1024;

interface Ground extends AsyncDisposable {
  pair(): Promise<readonly [ByteStream, RawPeer]>;
}

/** TCP, against a socket that can be reset. */
function tcp(wrap: (conn: Deno.Conn) => ByteStream): Ground {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return {
    async pair() {
      const socket = connect({ port: listener.addr.port, host: "127.0.0.1", allowHalfOpen: true });
      const [conn] = await Promise.all([listener.accept(), once(socket, "connect")]);
      return [wrap(conn), new SocketPeer(socket)];
    },
    async [Symbol.asyncDispose]() {
      listener.close();
    },
  };
}

/** TLS, against a connection of Deno's, through a relay that can be reset. */
async function tls(): Promise<Ground> {
  const listener = Deno.listenTls({ port: 0, hostname: "127.0.0.1", ...certificate("localhost") });
  const sockets: Socket[] = [];
  const conns: Deno.Conn[] = [];
  const relay = createServer({ allowHalfOpen: true, noDelay: true }, (inner) => {
    const outer = connect({ port: listener.addr.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const socket of [inner, outer]) socket.on("error", () => {});
    inner.pipe(outer).pipe(inner);
    sockets.push(inner, outer);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port } = relay.address() as { port: number };
  return {
    async pair() {
      const dial = Deno.connectTls({ port, hostname: "localhost", caCerts: [authority] });
      const [server, client] = await Promise.all([listener.accept(), dial]);
      await Promise.all([(server as Deno.TlsConn).handshake(), client.handshake()]);
      conns.push(server, client);
      const [, outer] = sockets.slice(-2);
      return [server, new ConnPeer(client, () => outer!.resetAndDestroy())];
    },
    async [Symbol.asyncDispose]() {
      for (const conn of conns) conn[Symbol.dispose]();
      for (const socket of sockets) socket.destroy();
      relay.close();
      listener.close();
      await once(relay, "close");
    },
  };
}

/** The two halves of a connection. Those that it has itself cannot be closed one without the other. */
function halvesOf(conn: Deno.Conn): DuplexStream {
  return {
    readable: new ReadableStream({
      async pull(controller) {
        const buffer = new Uint8Array(5000);
        const count = await conn.read(buffer);
        if (count === null) controller.close();
        else controller.enqueue(buffer.subarray(0, count));
      },
      cancel: () => conn[Symbol.dispose](),
    }),
    writable: new WritableStream({
      async write(bytes) {
        for (let at = 0; at < bytes.length; ) at += await conn.write(bytes.subarray(at));
      },
      close: () => conn.closeWrite(),
      abort: () => conn[Symbol.dispose](),
    }),
  };
}

const grounds: Readonly<Record<string, () => Ground | Promise<Ground>>> = {
  "a TcpConn": () => tcp((conn) => conn),
  "a TlsConn": tls,
  "a { readable, writable }": () => tcp((conn) => new StreamConn(halvesOf(conn))),
};

for (const [name, prepare] of Object.entries(grounds)) {
  for (const { name: demand, run } of transportContract) {
    Deno.test(`a transport on ${name} ${demand}`, async () => {
      await using ground = await prepare();
      const harness: Harness = {
        async pair() {
          const [stream, peer] = await ground.pair();
          return { transport: new ConnTransport(stream, LOW_WATER_BYTES), peer };
        },
      };
      await run(harness);
    });
  }
}

Deno.test("a transport on streams leaves what was written to whoever reads it, however late that is looked at", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(); // passes on what it gets, as it is
  const transport = new ConnTransport(new StreamConn({ readable: new ReadableStream(), writable }), LOW_WATER_BYTES);
  transport.start({ received() {}, receivedEnd() {}, drained() {}, closed() {} });
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let round = 0; round < 10; round++) {
    const bytes = new Uint8Array(3000).fill(round);
    transport.write(bytes, false);
    if (transport.hasReleasedBytes) bytes.fill(0xee);
    chunks.push((await reader.read()).value!);
    await eventually(() => transport.queuedBytes === 0);
  }
  for (const [round, chunk] of chunks.entries()) assert.deepEqual(chunk, new Uint8Array(3000).fill(round));
  transport.destroy();
});
