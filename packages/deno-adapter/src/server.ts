// A server as the application holds it.

import { BaseServer, type ServerParts } from "@sansock/protocol/driver";

/** A WebSocket server. */
export class Server<Data = unknown> extends BaseServer<Data> implements AsyncDisposable {
  readonly #listener: Deno.Listener;

  /** Made by `serve`. */
  constructor(listener: Deno.Listener, parts: ServerParts<Data>) {
    super(parts);
    this.#listener = listener;
  }

  /** Where it listens, or has listened: an address and a port, or the path of a Unix socket. */
  get address(): Deno.Addr {
    return this.#listener.addr;
  }

  /** The port that it listens on, unless it is a Unix socket. */
  get port(): number | undefined {
    const { address } = this;
    return address.transport === "tcp" ? address.port : undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
