// A client: from a URL to a session.

import { connect as connectTcp, isIP, type NetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from "node:tls";
import type { WebSocketUrl } from "@sansock/protocol";
import {
  type ClientOpening,
  type ClientOptions,
  type ClientSession,
  type Dialing,
  dial,
  type SessionCallbacks,
} from "@sansock/protocol/driver";
import { nodeRuntime } from "./node-runtime.ts";
import { SocketTransport } from "./socket-transport.ts";

/** How to connect, and everything that a client can be told. */
export interface ConnectOptions extends Omit<ClientOptions, "signal"> {
  /** Cancels the opening, which then rejects with the signal's reason, and drops a connection that is open. */
  readonly signal?: AbortSignal | undefined;
  /** For `wss:`: certificates, keys and everything else that TLS clients take. Names are verified unless it says otherwise. */
  readonly tls?: TlsConnectionOptions | undefined;
  /** Further options for the TCP connection, such as `localAddress`, `lookup` or `family`. */
  readonly tcp?: Partial<NetConnectOpts> | undefined;
  /** Connects to this Unix socket instead of the URL's host, which still goes into the request. */
  readonly unixSocket?: string | undefined;
  /** A connected stream to use instead: a proxy's tunnel, for example. For `wss:` TLS is spoken over it. */
  readonly socket?: Duplex | undefined;
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
    const { socket, ready } = open(target, options);
    // From the beginning, so that errors always have somebody to go to.
    const transport = new SocketTransport(socket, lowWaterBytes);
    return {
      transport: ready === undefined ? Promise.resolve(transport) : whenReady(socket, ready, transport),
      abandon: () => socket.destroy(),
    } satisfies Dialing;
  });
}

/** A socket, and the event that says that it is connected; `undefined` if it is. */
function open(
  { secure, hostname, port }: WebSocketUrl,
  { tls, tcp, unixSocket, socket }: ConnectOptions,
): { readonly socket: Duplex; readonly ready: "connect" | "secureConnect" | undefined } {
  const where = unixSocket === undefined ? { host: hostname, port } : { path: unixSocket };
  const tcpOptions = { noDelay: true, allowHalfOpen: true, ...tcp, ...where } as NetConnectOpts;
  if (!secure) {
    return socket === undefined ? { socket: connectTcp(tcpOptions), ready: "connect" } : { socket, ready: undefined };
  }
  // RFC 6066 §3: a server name is a name, never an address.
  const servername = isIP(hostname) === 0 ? hostname : "";
  const through = socket === undefined ? tcpOptions : { socket };
  const tlsOptions = {
    servername,
    ALPNProtocols: ["http/1.1"],
    ...tls,
    ...through,
    host: hostname,
    allowHalfOpen: true,
  };
  return { socket: connectTls(tlsOptions as TlsConnectionOptions), ready: "secureConnect" };
}

function whenReady(socket: Duplex, ready: string, transport: SocketTransport): Promise<SocketTransport> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off(ready, onReady).off("close", onClose);
    };
    const onReady = (): void => {
      settle();
      resolve(transport);
    };
    const onClose = (): void => {
      settle();
      reject(transport.error ?? new Error("the transport was closed before it was connected"));
    };
    socket.on(ready, onReady).on("close", onClose);
  });
}
