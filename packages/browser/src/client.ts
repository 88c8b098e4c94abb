// What an application holds in a browser: a connection that comes back.

import {
  type Duration,
  type ReconnectionState,
  type RoundTripStatistics,
  UsageError,
} from "@sansock/protocol/liveness";
import type { ClientCallbacks, ConnectOptions, Destination } from "./client-options.ts";
import { ClientSettings } from "./client-settings.ts";
import { Lifeline, NORMAL } from "./lifeline.ts";
import { contentOf, type Message } from "./message.ts";
import type { ClientEnd, Outage } from "./outage.ts";

/** RFC 6455 §5.5.1: what fits into a Close beside its code. */
const MAX_REASON_BYTES = 123;

/**
 * A connection that comes back. Made by `connect`.
 *
 * ```ts
 * for await (const message of client) show(message); // of all connections, until the client is closed
 * ```
 *
 * Iteration ends when the client was closed, or the server said that all is done (1000); otherwise it throws
 * `Disconnected`, or the reason of the `signal`.
 */
export class Client implements AsyncIterable<Message>, AsyncDisposable {
  declare [Symbol.asyncDispose]: () => Promise<void>;
  readonly #lifeline: Lifeline;

  /** See `connect`. */
  constructor(destination: Destination, options: ConnectOptions, callbacks: ClientCallbacks) {
    this.#lifeline = new Lifeline(this, destination, new ClientSettings(options), callbacks);
  }

  // ---- what there is ----

  /** Whether there is a connection, and if not, what is done about it. */
  get state(): ReconnectionState {
    return this.#lifeline.state;
  }

  /** How the last connection was lost, or the last attempt failed; `undefined` while there is one, and before. */
  get outage(): Outage | undefined {
    return this.#lifeline.outage;
  }

  /** Attempts in a row that failed, or opened a connection that did not prove stable. */
  get failures(): number {
    return this.#lifeline.failures;
  }

  /** How many ms remain before the next attempt, while that is a matter of time. */
  get retryIn(): Duration | undefined {
    return this.#lifeline.retryIn;
  }

  /** The last round trip of a keepalive message on this connection, in ms; `undefined` before the first. */
  get latency(): Duration | undefined {
    return this.#lifeline.keepalive?.latency;
  }

  /** Statistics of the round trips on this connection. */
  get rtt(): RoundTripStatistics | undefined {
    return this.#lifeline.keepalive?.rtt;
  }

  /** The subprotocol that the server chose; empty if it chose none, or there is no connection. */
  get subprotocol(): string {
    return this.#lifeline.subprotocol;
  }

  /** What was sent and has not left: what waits for a connection, and what waits in the browser. */
  get queuedBytes(): number {
    return this.#lifeline.queuedBytes;
  }

  // ---- sending ----

  /**
   * Sends a message: a string as text, bytes as binary, a message object as the kind that it is. Resolves when the browser
   * has taken it. Messages go out in the order of the calls. Bytes must not be changed before that.
   *
   * Where there is no connection it rejects with `Disconnected`, unless there is a `queue`: then it resolves when there is
   * a connection, and rejects if there will be none. Where too much waits (`queue`, `maxQueuedBytes`) it rejects with
   * `QueueOverflow`. Nobody need await it: a rejection is not reported as unhandled. Throws `UsageError` "bad-argument".
   *
   * The browser does not say what has arrived. `await client.ping()` behind it does.
   */
  send(content: string | Uint8Array | Message): Promise<void> {
    const plain = contentOf(content);
    if (plain === undefined) throw new UsageError("bad-argument", "a message is text, bytes, or a message object");
    return this.#lifeline.send(plain);
  }

  /**
   * Sends a keepalive message and resolves to its round trip in ms. As its answer comes behind everything else, it proves
   * that the server has received what was sent before. Rejects with `Disconnected` if the connection is lost first, or there
   * is none. Throws `UsageError` "bad-option" where keepalive messages are not answered.
   */
  ping(): Promise<Duration> {
    return this.#lifeline.ping();
  }

  // ---- receiving ----

  /** The messages of all connections. Iterations share what arrives: each message goes to one of them. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    const lifeline = this.#lifeline;
    const { inbox } = lifeline;
    if (inbox === undefined) throw new UsageError("bad-option", "the messages of this client go to a callback");
    lifeline.iterations++;
    let left = false;
    return {
      next: () => inbox.next(),
      return: () => {
        if (!left) lifeline.iterations--;
        left = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  // ---- its life ----

  /** Resolves when there is a connection: at once, if there is one. Rejects with `Disconnected` when there will be none. */
  whenOpen(): Promise<void> {
    return this.#lifeline.whenOpen();
  }

  /** Makes the next attempt now, if there is a delay before it: for a button. */
  retryNow(): void {
    this.#lifeline.retryNow();
  }

  /**
   * Ends the client: closes the connection, and makes no other. Resolves when that is done, to how. Messages that still
   * arrive are dropped; those that wait for a connection are rejected.
   *
   * Throws `UsageError` "bad-close-code" (a page may send 1000, and 3000 to 4999), "bad-close-reason".
   */
  close(code: number = NORMAL, reason = ""): Promise<ClientEnd> {
    checkClose(code, reason);
    this.#lifeline.close(code, reason);
    return this.#lifeline.closed.promise;
  }

  /** Resolves when there will be no further connection, to why. While somebody waits for it and nobody iterates, messages are dropped. */
  get closed(): Promise<ClientEnd> {
    this.#lifeline.endIsAwaited = true;
    return this.#lifeline.closed.promise;
  }

  static {
    // Runtimes without the symbol do without `await using`.
    if (Symbol.asyncDispose !== undefined) {
      Object.defineProperty(Client.prototype, Symbol.asyncDispose, {
        value(this: Client) {
          return this.close().then(() => {});
        },
      });
    }
  }
}

function checkClose(code: number, reason: string): void {
  if (code !== NORMAL && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
    throw new UsageError("bad-close-code", "a page may close with 1000, or with 3000 to 4999");
  }
  if (new TextEncoder().encode(reason).length > MAX_REASON_BYTES) {
    throw new UsageError("bad-close-reason", `a reason has at most ${MAX_REASON_BYTES} bytes`);
  }
}
