// A server on a port or a Unix socket of its own.

import type { Server as HttpServer } from "node:http";
import {
  Acceptor,
  type ServerOpening,
  type ServerOptions,
  type SessionCallbacks,
  type SessionHandler,
} from "@sansock/protocol/driver";
import { HttpFallback } from "./http-fallback.ts";
import { type ListenOptions, listen } from "./listen.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { peerOf } from "./peer.ts";
import { Server } from "./server.ts";
import { SocketTransport } from "./socket-transport.ts";

/** Where to listen, and everything that a server can be told. */
export interface ServeOptions<Data = unknown> extends ServerOptions<Data>, ListenOptions {
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
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
export async function serve<Data>(
  options: ServeOptions<Data>,
  handler: SessionHandler<Data> | SessionCallbacks<ServerOpening, Data>,
): Promise<Server<Data>> {
  const { tls, http, signal } = options;
  const fallback = new HttpFallback(http);
  const acceptor = new Acceptor(options, handler, {
    runtime: nodeRuntime,
    secure: tls === undefined ? undefined : true,
    handleHttp: (request, transport) => fallback.handle(request, transport),
  });
  const listener = await listen(options, acceptor.handshakeSettings.openTimeout, (socket) => {
    const transport = new SocketTransport(socket, acceptor.sessionSettings.lowWaterBytes);
    acceptor.accept(transport, peerOf(socket));
  });
  return new Server(listener, {
    acceptor,
    signal,
    stop: () => void listener.close(),
    finish: () => fallback.close(),
  });
}
