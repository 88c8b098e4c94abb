// Raw TCP in the hands of a test: what a peer really sends and gets.

import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The request of RFC 6455 §1.2, for `host`. */
export function openingRequest(path = "/", headers: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...headers,
    "",
    "",
  ].join("\r\n");
}

/** A TCP connection that collects what it reads. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #waiters: (() => void)[] = [];
  closed = false;
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#change();
    });
    socket.on("end", () => {
      this.ended = true;
      this.#change();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#change();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  get received(): Buffer {
    return this.#received;
  }
  get text(): string {
    return this.#received.toString("latin1");
  }

  write(content: string | Uint8Array): void {
    this.socket.write(typeof content === "string" ? Buffer.from(content, "latin1") : content);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves once the other side has sent everything that it will. */
  async end(): Promise<string> {
    await this.until(() => this.ended || this.closed);
    return this.text;
  }

  #change(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
