import type { Acceptor } from "./acceptor.ts";
import type { Cancellation } from "./client-options.ts";
import type { SessionList } from "./roster.ts";
import type { CloseServerOptions, ServerSession } from "./server-options.ts";

/** What an adapter makes a server of. */
export interface ServerParts<Data = unknown> {
  readonly acceptor: Acceptor<Data>;
  /** Closes the server. */
  readonly signal: Cancellation | undefined;
  /** Takes no more connections. May be called again. */
  stop(): void;
  /** Drops what the acceptor does not know of. Comes when all sessions have ended. */
  finish?(): void;
}

/** A server as the application holds it. Adapters extend it by where it listens. */
export class BaseServer<Data = unknown> {
  readonly #parts: ServerParts<Data>;
  readonly #onAbort = (): void => void this.close();

  constructor(parts: ServerParts<Data>) {
    const { signal } = parts;
    this.#parts = parts;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  /** The sessions that have not ended. */
  get sessions(): SessionList<ServerSession<Data>> {
    return this.#parts.acceptor.sessions;
  }

  /** Sends a message to every session but `except`, encoded once. Those that are slow are not waited for. */
  broadcast(content: string | Uint8Array, except?: ServerSession): void {
    this.#parts.acceptor.broadcast(content, except);
  }

  /**
   * Stops listening, answers requests in progress with 503, sends Close 1001 to the sessions, waits for their handlers
   * and closing handshakes, at most `timeout` (10 s), then drops what is left. Resolves when everything is closed.
   */
  async close(options?: CloseServerOptions): Promise<void> {
    const { acceptor, signal } = this.#parts;
    signal?.removeEventListener("abort", this.#onAbort);
    this.#parts.stop();
    await acceptor.close(options);
    this.#parts.finish?.();
  }
}
