import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { RawPeer } from "./transport-contract.ts";

/** A socket of node:net, which Deno has too, as the other end of a transport under test. */
export class SocketPeer implements RawPeer {
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
