import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { SocketTransport } from "@sansock/node-adapter";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Harness, type RawPeer, transportContract } from "./transport-contract.ts";

class SocketPeer implements RawPeer {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #waiters: (() => void)[] = [];
  receivedLength = 0;
  ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.receivedLength += chunk.length;
      this.#change();
    });
    socket.on("error", () => {});
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.ended = true;
        this.#change();
      });
    }
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }
  end(): void {
    this.#socket.end();
  }
  reset(): void {
    this.#socket.resetAndDestroy();
  }
  setReading(reading: boolean): void {
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }
  get received(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
  #change(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

describe("SocketTransport keeps the transport contract", () => {
  let listener: Server;
  beforeAll(async () => {
    listener = createServer({ allowHalfOpen: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
  });
  afterAll(() => void listener.close());

  const harness: Harness = {
    async pair() {
      const { port } = listener.address() as { port: number };
      const accepted = once(listener, "connection") as Promise<[Socket]>;
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const [[other]] = await Promise.all([accepted, once(socket, "connect")]);
      return { transport: new SocketTransport(other, 16 * 1024), peer: new SocketPeer(socket) };
    },
  };

  for (const { name, run } of transportContract) test(name, () => run(harness));
});
