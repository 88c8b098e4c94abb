// A client: from a URL to a session.

import {
  type ClientOpening,
  type ClientOptions,
  type Dialing,
  dial,
  type Session,
  type SessionCallbacks,
} from "@sansock/protocol/driver";
import { denoRuntime } from "./deno-runtime.ts";
import { ConnDialing, type DialOptions } from "./dial-conn.ts";

/** A session that `await using` closes, as it does on every runtime; only Deno's package registry wants it said here. */
export type ClientSession = Session<ClientOpening> & AsyncDisposable;

/** How to connect, and everything that a client can be told. */
export interface ConnectOptions extends Omit<ClientOptions, "signal">, DialOptions {
  /** Cancels the opening, which then rejects with the signal's reason, and drops a connection that is open. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a WebSocket. Resolves to the session; with callbacks for messages the session cannot be iterated.
 *
 * Rejects with `HandshakeRefused` (the server's HTTP answer: status, headers, body), `HandshakeFailed`, `UsageError`, the
 * reason of the `signal`, or Deno's own error (`ConnectionRefused`, `InvalidData` for a certificate, …).
 *
 * ```ts
 * const session = await connect("wss://example.com/chat", { subprotocols: ["chat.v2"] });
 * await session.send("hello");
 * for await (const message of session) console.log(message);
 * ```
 */
export function connect(
  url: string,
  options: ConnectOptions = {},
  callbacks?: SessionCallbacks<ClientOpening>,
): Promise<ClientSession> {
  const opening = dial(url, options, callbacks, denoRuntime, (target, { lowWaterBytes }) => {
    const dialing = new ConnDialing(target, options, lowWaterBytes);
    return { transport: dialing.connected(), abandon: () => dialing.abandon() } satisfies Dialing;
  });
  return opening as Promise<ClientSession>;
}
