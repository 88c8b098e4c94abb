// Sockets that listen.

import { createServer, type ListenOptions as NetListenOptions, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Duration } from "@sansock/protocol";
import { nodeRuntime } from "./node-runtime.ts";

/** Where to listen: on a port, or on a Unix socket. */
export interface ListenOptions
  extends Pick<
    NetListenOptions,
    "port" | "host" | "path" | "backlog" | "exclusive" | "ipv6Only" | "readableAll" | "writableAll"
  > {
  /** Certificate, key and everything else that TLS servers take; without it the server speaks plain TCP. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * Begins to listen, and gives every connection to `accept`, once it is secured. Rejects with Node's own error if it cannot.
 * `handshakeTimeout` is how long TLS may take, in ms; `null`: for ever.
 */
export async function listen(
  options: ListenOptions,
  handshakeTimeout: Duration | null,
  accept: (socket: Socket) => void,
): Promise<NetServer> {
  const { port, host, path, backlog, exclusive, ipv6Only, readableAll, writableAll, tls } = options;
  const sockets = { allowHalfOpen: true, noDelay: true };
  const listener =
    tls === undefined
      ? createServer(sockets, accept)
      : createTlsServer({ ...sockets, handshakeTimeout: handshakeTimeout ?? 2 ** 31 - 1, ...tls }, accept);
  // Node only reports a client that fails at TLS, or takes too long over it. Nobody else would drop its socket.
  listener.on("tlsClientError", (_error: Error, socket: TLSSocket) => socket.destroy());
  const where = path === undefined ? { port: port ?? 0, host } : { path };
  await listening(listener, { ...where, backlog, exclusive, ipv6Only, readableAll, writableAll });
  return listener;
}

function listening(listener: NetServer, options: NetListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(options, () => {
      listener.off("error", reject);
      // Failed accepts (EMFILE) are Node's to retry; they must not end the process.
      listener.on("error", (error) => nodeRuntime.reportError(error));
      resolve();
    });
  });
}
