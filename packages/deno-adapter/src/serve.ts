// A server on a port or a Unix socket of its own.

import {
  Acceptor,
  HttpExchange,
  type HttpService,
  type ServerOpening,
  type ServerOptions,
  type SessionCallbacks,
  type SessionHandler,
} from "@sansock/protocol/driver";
import { ConnTransport } from "./conn-transport.ts";
import { denoRuntime } from "./deno-runtime.ts";
import { type HttpHandler, httpService } from "./http-service.ts";
import { type ListenOptions, listen } from "./listen.ts";
import { peerOf } from "./peer.ts";
import { Server } from "./server.ts";

/** The largest body of a plain HTTP request, in bytes. */
const DEFAULT_MAX_HTTP_BODY_BYTES = 1024 * 1024;

/** Where to listen, and everything that a server can be told. */
export interface ServeOptions<Data = unknown> extends ServerOptions<Data>, ListenOptions {
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
  /** Answers requests that are not for a WebSocket, one a connection. Default: they are answered with 426. */
  readonly http?: HttpHandler | undefined;
  /** The largest body that a request to `http` may have, in bytes; others are answered with 413. Default: 1 MiB. */
  readonly maxHttpBodyBytes?: number | undefined;
}

/**
 * Listens for WebSocket clients and serves each with `handler`, or with one object of callbacks for all. Resolves when it
 * listens; rejects with Deno's own error (`AddrInUse`, `NotCapable`, …) if it cannot. `signal` closes the server.
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
  const { tls, http, maxHttpBodyBytes = DEFAULT_MAX_HTTP_BODY_BYTES, signal } = options;
  const service: HttpService | undefined = http === undefined ? undefined : httpService(http, maxHttpBodyBytes);
  const acceptor = new Acceptor(options, handler, {
    runtime: denoRuntime,
    secure: tls === undefined ? undefined : true,
    handleHttp(request, transport) {
      if (service === undefined) request.reject(426);
      else new HttpExchange(acceptor, transport, request, service).begin();
    },
  });
  const { listener, stop } = listen(options, acceptor.handshakeSettings.openTimeout, (conn) => {
    const transport = new ConnTransport(conn, acceptor.sessionSettings.lowWaterBytes);
    acceptor.accept(transport, peerOf(conn, tls !== undefined));
  });
  return new Server(listener, { acceptor, signal, stop });
}
