import type { RuntimeSupport } from "../connection/connection-options.ts";
import type { ClientHandshakeOptions } from "../handshake/client-handshake-options.ts";
import type { ResponseHead } from "../handshake/http-head.ts";
import type { WebSocketUrl } from "../handshake/url.ts";
import type { Session } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";

/** What the opening handshake of a client's session found out. */
export interface ClientOpening {
  readonly url: WebSocketUrl;
  /** The server's response, with status 101. */
  readonly response: ResponseHead;
  /** The subprotocol that the server chose, if any. */
  readonly subprotocol: string | undefined;
}

/** A session of a client. */
export type ClientSession = Session<ClientOpening>;

/** What of an AbortSignal is used. */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Every option of the handshake, of the connection and of the session is one of a client's own. */
export interface ClientOptions extends Omit<ClientHandshakeOptions, "url" | keyof RuntimeSupport>, SessionOptions {
  /** Cancels the opening, which then rejects with the signal's reason, and drops a connection that is open. */
  readonly signal?: Cancellation | undefined;
  /** Told of what callbacks of the application threw. Default: the adapter prints it. */
  onError?(error: unknown, session: ClientSession): void;
}
