// A server as the application holds it, however its sockets come.

import type { AddressInfo, Server as NetServer } from "node:net";
import type { Acceptor, CloseServerOptions, ServerSession } from "@sansock/protocol/driver";

/** A WebSocket server. */
export class Server implements AsyncDisposable {
  readonly #acceptor: Acceptor;
  readonly #listener: NetServer | undefined;
  readonly #stop: () => void;
  readonly #finish: () => void;

  /** Made by `serve` and `attach`. `stop` takes no more connections, `finish` comes when all sessions have ended. */
  constructor(acceptor: Acceptor, listener: NetServer | undefined, stop: () => void, finish: () => void) {
    this.#acceptor = acceptor;
    this.#listener = listener;
    this.#stop = stop;
    this.#finish = finish;
  }

  /** The sessions that have not ended. */
  get sessions(): ReadonlySet<ServerSession> {
    return this.#acceptor.sessions;
  }

  /** Where it listens: the path of a Unix socket, an address and a port, or `undefined` when it does not. */
  get address(): AddressInfo | string | undefined {
    return this.#listener?.address() ?? undefined;
  }

  /** The port that it listens on, if it does. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === "object" ? address.port : undefined;
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
    this.#finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
