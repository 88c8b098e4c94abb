import type { RuntimeSupport } from "../connection/connection-options.ts";
import type { RequestHead } from "../handshake/http-head.ts";
import type { AcceptReply, RejectReply } from "../handshake/server-handshake.ts";
import type { ServerHandshakeOptions } from "../handshake/server-handshake-options.ts";
import type { UpgradeRequest } from "../handshake/upgrade-rules.ts";
import type { Duration } from "../vocabulary/time.ts";
import type { Peer } from "./runtime.ts";
import type { Session } from "./session.ts";
import type { SessionCallbacks } from "./session-callbacks.ts";
import type { SessionOptions } from "./session-options.ts";

/** What the opening handshake of a server's session found out. */
export interface ServerOpening {
  readonly request: UpgradeRequest;
  /** The subprotocol that was agreed on, if any. */
  readonly subprotocol: string | undefined;
  readonly peer: Peer;
}

/** `Data` is what `authorize` puts into its consent. */
export type ServerSession<Data = unknown> = Session<ServerOpening, Data>;

/** Serves one session. When it returns, the session is closed; what it throws closes it with 1011 and is reported. */
export type SessionHandler<Data = unknown> = (session: ServerSession<Data>) => unknown;

/** The consent to a request, with what to add to the response. */
export interface Consent<Data = unknown> extends AcceptReply {
  /** Becomes `session.data`. */
  readonly data?: Data;
}

/** The refusal of a request, with any HTTP status from 300. */
export interface Refusal extends RejectReply {
  readonly status: number;
}

/** What a server is made of; every option of the handshake, of connections and of sessions is one of its own. */
export interface ServerOptions<Data = unknown>
  extends Omit<ServerHandshakeOptions, keyof RuntimeSupport | "secure">,
    SessionOptions {
  /**
   * Decides about a valid request before it is upgraded: `undefined` or a `Consent` opens the session, a `Refusal`
   * answers with any HTTP response. It may take its time, within `openTimeout`. If it throws, the answer is 500.
   */
  authorize?(
    request: UpgradeRequest,
    peer: Peer,
  ): Consent<Data> | Refusal | undefined | Promise<Consent<Data> | Refusal | undefined>;
  /** Further requests are answered with 503 while there are as many connections as this. Default: `null`, no limit. */
  readonly maxConnections?: number | null | undefined;
  /**
   * Told of what the application's code threw: its handler, callbacks, or `authorize` (then without a session). Default:
   * the adapter prints it.
   */
  onError?(error: unknown, session: ServerSession<Data> | undefined): void;
}

/** How to close a server. */
export interface CloseServerOptions {
  /** The code of the Close frames. Default: 1001, "going away". */
  readonly code?: number | undefined;
  /** The reason in the Close frames. Default: empty. */
  readonly reason?: string | undefined;
  /** How long to wait for handlers and closing handshakes, in ms, before everything is dropped. Default: 10 000. */
  readonly timeout?: Duration | undefined;
}

/** An HTTP request that is not for a WebSocket. Answer it with `reject`, or take it over with `release`. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly peer: Peer;
  /** All the bytes so far, for somebody who reads on from the transport; nothing else is done with it any more. */
  release(): Uint8Array;
  /** Answers, with any status from 200, and closes. */
  reject(status: number, reply?: RejectReply): void;
}

/** Whether an application gave one function for a session, or callbacks. */
export function isHandler<Data>(
  handler: SessionHandler<Data> | SessionCallbacks<ServerOpening, Data>,
): handler is SessionHandler<Data> {
  return typeof handler === "function";
}
