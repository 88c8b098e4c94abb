// How a client gets its connection: name look-up, TCP, TLS, a Unix socket, or what the caller has connected already.

import { connect as connectTcp, isIP, type NetConnectOpts, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from "node:tls";
import type { WebSocketUrl } from "@sansock/protocol";
import { SocketTransport } from "./socket-transport.ts";

/** By what way to connect. */
export interface DialOptions {
  /** For `wss:`: certificates, keys and everything else that TLS clients take. Names are verified unless it says otherwise. */
  readonly tls?: TlsConnectionOptions | undefined;
  /** Further options for the TCP connection, such as `localAddress`, `lookup` or `family`. */
  readonly tcp?: Partial<NetConnectOpts> | undefined;
  /** Connects to this Unix socket instead of the URL's host, which still goes into the request. */
  readonly unixSocket?: string | undefined;
  /** A connected stream to use instead: a proxy's tunnel, for example. For `wss:` TLS is spoken over it. */
  readonly socket?: Duplex | undefined;
}

/** One attempt to connect, which may be abandoned at any time. */
export class SocketDialing {
  readonly #socket: Duplex;
  /** The event that says that it is connected; `undefined` if it is. */
  readonly #ready: "connect" | "secureConnect" | undefined;
  readonly #transport: SocketTransport;

  constructor(target: WebSocketUrl, options: DialOptions, notifyAbove: number) {
    const { socket, ready } = open(target, options);
    this.#socket = socket;
    this.#ready = ready;
    // From the beginning, so that errors always have somebody to go to.
    this.#transport = new SocketTransport(socket, notifyAbove);
  }

  /** Whatever is open by then, or opens later, is closed. */
  abandon(): void {
    this.#socket.destroy();
  }

  /** Resolves when it is connected. Rejects with Node's own error. */
  connected(): Promise<SocketTransport> {
    const [socket, ready, transport] = [this.#socket, this.#ready, this.#transport];
    if (ready === undefined) return Promise.resolve(transport);
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
}

function open(
  { secure, hostname, port }: WebSocketUrl,
  { tls, tcp, unixSocket, socket }: DialOptions,
): { readonly socket: Duplex; readonly ready: "connect" | "secureConnect" | undefined } {
  (socket as Partial<Socket> | undefined)?.setNoDelay?.(true);
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
