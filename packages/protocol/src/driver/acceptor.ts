// The server's side of everything that is not a socket, on every runtime: from an accepted transport over the opening
// handshake and the application's consent to a session, and the way down again.

import { prepareMessage } from "../connection/prepared-message.ts";
import type { RequestHead } from "../handshake/http-head.ts";
import { ServerHandshakeSettings } from "../handshake/server-handshake-options.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import { type Deferred, defer } from "./deferred.ts";
import { Opening } from "./opening.ts";
import type { Transport } from "./ports.ts";
import { type Listed, Roster, type SessionList } from "./roster.ts";
import { type Peer, type Runtime, supportOf } from "./runtime.ts";
import {
  type CloseServerOptions,
  type HttpRequest,
  isHandler,
  type ServerOpening,
  type ServerOptions,
  type ServerSession,
  type SessionHandler,
} from "./server-options.ts";
import type { SessionCallbacks } from "./session-callbacks.ts";
import { SessionSettings } from "./session-options.ts";

/** Something that has not led to a session, and counts as a connection until it has `ended`. */
export interface Pending extends Listed {
  /** Answers with `status`, unless it has been answered. */
  refuse(status: number): void;
  /** Drops the transport. */
  drop(): void;
}

/** What an adapter adds to the options of a server. */
export interface AcceptorHost {
  readonly runtime: Runtime;
  /** Whether TLS ends at this server; `undefined` where a proxy may end it. For the Origin policy. */
  readonly secure: boolean | undefined;
  /** Answers requests that are not for a WebSocket. */
  handleHttp(request: HttpRequest, transport: Transport): void;
}

/** Accepts transports and keeps count of what becomes of them. `Data` is what `authorize` gives to sessions. */
export class Acceptor<Data = unknown> {
  readonly options: ServerOptions;
  readonly host: AcceptorHost;
  readonly handshakeSettings: ServerHandshakeSettings;
  readonly sessionSettings: SessionSettings;
  readonly #handler: SessionHandler | undefined;
  readonly #sessions: Roster<ServerSession> = new Roster();
  readonly #pending: Roster<Pending> = new Roster();
  #handlersRunning = 0;
  #closing: Promise<void> | undefined = undefined;
  #idle: Deferred<void> | undefined = undefined;

  /** Throws `UsageError` "bad-option". */
  constructor(
    options: ServerOptions<Data>,
    handler: SessionHandler<Data> | SessionCallbacks<ServerOpening, Data>,
    host: AcceptorHost,
  ) {
    this.options = options;
    this.host = host;
    const { observer } = host.runtime;
    this.handshakeSettings = new ServerHandshakeSettings({
      ...options,
      ...supportOf(host.runtime),
      secure: host.secure,
    });
    // From here on the type of the data is of no interest.
    this.#handler = isHandler(handler) ? (handler as SessionHandler) : undefined;
    const callbacks = isHandler(handler) ? undefined : (handler as SessionCallbacks);
    this.sessionSettings = new SessionSettings(options, callbacks, {
      ...observer,
      closed: (session, event) => {
        this.#sessions.delete(session as ServerSession);
        observer.closed?.(session, event);
        this.#checkIdle();
      },
      failed: (session, error) => this.report(error, session as ServerSession),
    });
  }

  /** The sessions that have not ended. */
  get sessions(): SessionList<ServerSession<Data>> {
    return this.#sessions as SessionList<ServerSession<Data>>;
  }

  /** Whether a request that arrives now is to be answered with 503. */
  get isFull(): boolean {
    const most = this.options.maxConnections ?? Number.POSITIVE_INFINITY;
    return this.#closing !== undefined || this.#sessions.size + this.#pending.size > most;
  }

  /** Runs the opening handshake on a transport, and what follows; `head` is a request that somebody else has parsed. */
  accept(transport: Transport, peer: Peer, head?: RequestHead, leftover?: Uint8Array): void {
    const opening = new Opening(this, transport, peer);
    this.began(opening);
    opening.run(head, leftover);
  }

  /** Sends one message to every session, encoded once; `except` is left out. Slow ones are not waited for. */
  broadcast(content: string | Uint8Array, except?: ServerSession): void {
    const prepared = prepareMessage(content);
    for (const session of this.#sessions) {
      if (session !== except && session.state === "open") void session.sendPrepared(prepared);
    }
  }

  /**
   * The way down: 503 to requests, a Close to the sessions, then waits for handlers and closing handshakes, at most
   * `timeout`, and drops the rest. The adapter stops listening before. Resolves when nothing is left.
   */
  close({ code = CloseCode.GoingAway, reason = "", timeout = 10_000 }: CloseServerOptions = {}): Promise<void> {
    this.#closing ??= this.#close(code, reason, timeout);
    return this.#closing;
  }

  async #close(code: number, reason: string, timeout: number): Promise<void> {
    const { clock } = this.host.runtime;
    const idle = defer<void>();
    this.#idle = idle;
    for (const session of this.#sessions) void session.goAway(code, reason);
    for (const pending of this.#pending) pending.refuse(503);
    const cancel = clock.alarm(clock.now() + timeout, () => {
      for (const session of this.#sessions) session.abort();
      for (const pending of this.#pending) pending.drop();
      idle.resolve(); // a handler that will not end cannot be ended
    });
    this.#checkIdle();
    await idle.promise;
    cancel();
  }

  // ---- for Opening and HttpExchange ----

  /**
   * A session was opened: it is counted, and its handler runs.
   *
   * @internal
   */
  opened(opening: Opening, session: ServerSession): void {
    this.#pending.delete(opening);
    this.#sessions.add(session);
    session.start();
    if (this.#handler !== undefined) void this.#serve(this.#handler, session);
  }

  /** Counts what has begun. */
  began(pending: Pending): void {
    this.#pending.add(pending);
  }

  /** Its transport is gone, or somebody else has it. */
  ended(pending: Pending): void {
    this.#pending.delete(pending);
    this.#checkIdle();
  }

  report(error: unknown, session: ServerSession | undefined): void {
    const { options, host } = this;
    try {
      if (options.onError !== undefined) options.onError(error, session);
      else host.runtime.reportError(error);
    } catch (another) {
      host.runtime.reportError(another);
    }
  }

  async #serve(handler: SessionHandler, session: ServerSession): Promise<void> {
    this.#handlersRunning++;
    try {
      await handler(session);
      void session.close();
    } catch (error) {
      session.fail(error);
    } finally {
      this.#handlersRunning--;
      this.#checkIdle();
    }
  }

  #checkIdle(): void {
    if (this.#sessions.size + this.#pending.size + this.#handlersRunning === 0) this.#idle?.resolve();
  }
}
