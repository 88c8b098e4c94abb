// The relay: a real TCP connection that can be broken in ways which neither end can tell from a broken network.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Pipe, startRelay } from "../../packages/demo/src/relay.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

interface Joined {
  readonly client: End;
  readonly server: End;
  readonly pipe: Pipe;
}

/** One end of a connection, with what arrived at it. */
class End {
  readonly socket: Socket;
  received = "";
  ended = false;
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (bytes: Uint8Array) => {
      this.received += Buffer.from(bytes).toString();
    });
    socket.on("end", () => {
      this.ended = true;
    });
  }

  /** Resolves when all of this has arrived. */
  async receives(text: string): Promise<void> {
    while (this.received.length < text.length) await once(this.socket, "data");
    expect(this.received).toBe(text);
  }
}

/** A client and a server, joined by a relay. */
async function join(): Promise<Joined> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const relay = await startRelay("127.0.0.1", (listener.address() as { port: number }).port);
  const client = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true });
  const [server] = (await once(listener, "connection")) as [Socket];
  cleanUps.push(
    () => relay.close(),
    () => listener.close(),
    () => client.destroy(),
    () => server.destroy(),
  );
  const joined = { client: new End(client), server: new End(server) };
  client.write("!");
  await joined.server.receives("!");
  joined.server.received = "";
  const pipe = relay.pipeFrom(server.remoteAddress, server.remotePort);
  return { ...joined, pipe: pipe! };
}

describe("the relay", () => {
  test("passes bytes and the end in both directions, independently", async () => {
    const { client, server } = await join();
    client.socket.end("hello");
    await once(server.socket, "end");
    server.socket.write("after the end");
    await client.receives("after the end");
    server.socket.end();
    await once(client.socket, "end");
    expect(server.received).toBe("hello");
  });

  test("passes nothing in a direction that is held, not even the end, and everything once it is let go", async () => {
    const { client, server, pipe } = await join();
    pipe.wire = { up: true, down: false, delay: 0 };
    client.socket.end("hello");
    // The other direction goes on, and shows that time has passed.
    for (let round = 1; round <= 20; round++) {
      server.socket.write("x");
      await client.receives("x".repeat(round));
    }
    expect({ received: server.received, ended: server.ended }).toEqual({ received: "", ended: false });
    expect(pipe.isHeld).toBe(true);
    pipe.heal();
    await once(server.socket, "end");
    expect(server.received).toBe("hello");
  });

  test("reads nothing while it holds, so that the sender's TCP pushes back", async () => {
    const { client, server, pipe } = await join();
    pipe.wire = { up: true, down: true, delay: 0 };
    const megabytes = 64;
    const block = "m".repeat(1024 * 1024);
    for (let sent = 0; sent < megabytes; sent++) client.socket.write(block);
    for (let round = 1; round <= 3; round++) await new Promise(setImmediate);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    pipe.heal();
    while (server.received.length < megabytes * block.length) await once(server.socket, "data");
    expect(client.socket.writableLength).toBe(0);
  });

  test("delays each direction, in order", async () => {
    const { client, server, pipe } = await join();
    pipe.wire = { up: false, down: false, delay: 30 };
    const before = performance.now();
    client.socket.write("slow,");
    await once(server.socket, "data");
    // Timers may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
    client.socket.write("later,");
    pipe.wire = { up: false, down: false, delay: 0 };
    client.socket.write("last");
    await server.receives("slow,later,last");
  });

  test("passes a reset on, and holds it back where it holds", async () => {
    const { client, server, pipe } = await join();
    pipe.wire = { up: true, down: false, delay: 0 };
    client.socket.resetAndDestroy();
    await client.closed;
    expect(server.socket.destroyed).toBe(false);
    pipe.heal();
    await server.closed;
  });

  test("resets both ends when it is told to", async () => {
    const { client, server, pipe } = await join();
    pipe.reset();
    await Promise.all([client.closed, server.closed]);
  });
});
