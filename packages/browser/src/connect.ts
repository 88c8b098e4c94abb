import { Client } from "./client.ts";
import type { ClientCallbacks, ConnectOptions, Destination } from "./client-options.ts";

/**
 * Connects to a WebSocket server with the WebSocket that the runtime has, and again whenever the connection is lost, until
 * the client is closed or the server wants no more. Keepalive messages find out when it is lost; the server must answer
 * them (`answerKeepalive: true` on servers of this project; otherwise see `KeepaliveFormat`).
 *
 * Returns at once; callbacks are never called before that. Throws what the WebSocket class throws for this URL and these
 * subprotocols (`SyntaxError`, `SecurityError`), the reason of a `signal` that is aborted, `UsageError` "bad-option".
 *
 * ```ts
 * const client = connect("wss://example.com/chat", {}, { state: (_client, state) => show(state) });
 * await client.whenOpen();
 * await client.send("hello");
 * for await (const message of client) console.log(message);
 * ```
 */
export function connect(
  destination: Destination,
  options: ConnectOptions = {},
  callbacks: ClientCallbacks = {},
): Client {
  return new Client(destination, options, callbacks);
}
