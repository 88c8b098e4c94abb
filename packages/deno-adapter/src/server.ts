// A server as the application holds it.

import type { Acceptor, CloseServerOptions, ServerSession } from "@sansock/protocol/driver";

/** A WebSocket server. */
export class Server implements AsyncDisposable {
  readonly #acceptor: Acceptor;
  readonly #listener: Deno.Listener;
  readonly #stop: () => void;

  /** Made by `serve`. */
  constructor(acceptor: Acceptor, listener: Deno.Listener, stop: () => void) {
    this.#acceptor = acceptor;
    this.#listener = listener;
    this.#stop = stop;
  }

  /** The sessions that have not ended. */
  get sessions(): ReadonlySet<ServerSession> {
    return this.#acceptor.sessions;
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

  /** Sends a message to every session but `except`, encoded once. Those that are slow are not waited for. */
  broadcast(content: string | Uint8Array, except?: ServerSession): void {
    this.#acceptor.broadcast(content, except);
  }

  /**
   * Stops listening, answers requests in progress with 503, sends Close 1001 to the sessions, waits for their handlers
   * and closing handshakes, at most `timeout` (10 s), then drops what is left. Resolves when everything is closed.
   */
  async close(options?: CloseServerOptions): Promise<void> {
    this.#stop();
    await this.#acceptor.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
