// A server on a port or a Unix socket of its own.

import type { Server as HttpServer } from "node:http";
import { createServer, type ListenOptions, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import {
  Acceptor,
  type ServerOpening,
  type ServerOptions,
  type SessionCallbacks,
  type SessionHandler,
} from "@sansock/protocol/driver";
import { HttpFallback } from "./http-fallback.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { peerOf } from "./peer.ts";
import { Server } from "./server.ts";
import { SocketTransport } from "./socket-transport.ts";

/** Where to listen, and everything that a server can be told. */
export interface ServeOptions
  extends ServerOptions,
    Pick<
      ListenOptions,
      "port" | "host" | "path" | "backlog" | "exclusive" | "ipv6Only" | "readableAll" | "writableAll" | "signal"
    > {
  /** Certificate, key and everything else that TLS servers take; without it the server speaks plain TCP. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Answers requests that are not for a WebSocket. It need not listen. When the WebSocket server is closed, connections
   * that it gave to this one are dropped. Default: the answer is 426.
   */
  readonly http?: HttpServer | undefined;
}

/**
 * Listens for WebSocket clients and serves each with `handler`, or with one object of callbacks for all. Resolves when it
 * listens; rejects with Node's own error (`EADDRINUSE`, `EACCES`, …) if it cannot. `signal` closes the server.
 *
 * Throws `UsageError` "bad-option".
 *
 * ```ts
 * const server = await serve({ port: 9001 }, async (session) => {
 *   for await (const message of session) await session.send(message);
 * });
 * ```
 */
export async function serve(
  options: ServeOptions,
  handler: SessionHandler | SessionCallbacks<ServerOpening>,
): Promise<Server> {
  const { tls, http, signal, ...listenOptions } = options;
  const fallback = new HttpFallback(http);
  const acceptor = new Acceptor(options, handler, {
    runtime: nodeRuntime,
    secure: tls === undefined ? undefined : true,
    handleHttp: (request, transport) => fallback.handle(request, transport),
  });
  const accept = (socket: Socket | TLSSocket): void => {
    const transport = new SocketTransport(socket, acceptor.sessionSettings.lowWaterBytes);
    acceptor.accept(transport, peerOf(socket));
  };
  const sockets = { allowHalfOpen: true, noDelay: true };
  const listener =
    tls === undefined
      ? createServer(sockets, accept)
      : createTlsServer(
          { ...sockets, handshakeTimeout: acceptor.handshakeSettings.openTimeout ?? 2 ** 31 - 1, ...tls },
          accept,
        );
  // Node only reports a client that fails at TLS, or takes too long over it. Nobody else would drop its socket.
  listener.on("tlsClientError", (_error: Error, socket: TLSSocket) => socket.destroy());
  await listen(listener, listenOptions);
  const stop = (): void => {
    signal?.removeEventListener("abort", onAbort);
    listener.close();
  };
  const server = new Server(acceptor, listener, stop, () => fallback.close());
  const onAbort = (): void => void server.close();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return server;
}

function listen(listener: NetServer, { port, host, path, ...rest }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    const where = path === undefined ? { port: port ?? 0, host } : { path };
    listener.listen({ ...rest, ...where }, () => {
      listener.off("error", reject);
      // Failed accepts (EMFILE) are Node's to retry; they must not end the process.
      listener.on("error", (error) => nodeRuntime.reportError(error));
      resolve();
    });
  });
}
