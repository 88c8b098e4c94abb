// A client: from a URL to a session.

import {
  type ClientOpening,
  type ClientOptions,
  type ClientSession,
  type Dialing,
  dial,
  type SessionCallbacks,
} from "@sansock/protocol/driver";
import { type DialOptions, SocketDialing } from "./dial-socket.ts";
import { nodeRuntime } from "./node-runtime.ts";

/** How to connect, and everything that a client can be told. */
export interface ConnectOptions extends Omit<ClientOptions, "signal">, DialOptions {
  /** Cancels the opening, which then rejects with the signal's reason, and drops a connection that is open. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a WebSocket. Resolves to the session; with callbacks for messages the session cannot be iterated.
 *
 * Rejects with `HandshakeRefused` (the server's HTTP answer: status, headers, body), `HandshakeFailed`, `UsageError`, the
 * reason of the `signal`, or Node's own error (`ECONNREFUSED`, `ENOTFOUND`, certificates …).
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
  return dial(url, options, callbacks, nodeRuntime, (target, { lowWaterBytes }) => {
    const dialing = new SocketDialing(target, options, lowWaterBytes);
    return { transport: dialing.connected(), abandon: () => dialing.abandon() } satisfies Dialing;
  });
}
