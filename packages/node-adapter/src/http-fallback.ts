// Requests that are not for a WebSocket go to a real HTTP server.

import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { HttpRequest, Transport } from "@sansock/protocol/driver";
import type { SocketTransport } from "./socket-transport.ts";

/** The connections that an HTTP server was given. It does not count them as its own, so they are dropped from here. */
export class HttpFallback {
  readonly #http: HttpServer | HttpsServer | undefined;
  readonly #sockets = new Set<Duplex>();

  /** Without a server the answer to every request is 426. */
  constructor(http: HttpServer | HttpsServer | undefined) {
    this.#http = http;
  }

  /** Hands the connection, and all that was received on it, to the HTTP server. */
  handle(request: HttpRequest, transport: Transport): void {
    if (this.#http === undefined) {
      request.reject(426);
      return;
    }
    const socket = (transport as SocketTransport).release(request.release());
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#http.emit("connection", socket);
    // The server has its listeners on the socket now; reading was stopped to hand it over.
    socket.resume();
  }

  /** Drops what is left, such as connections that are kept alive for further requests. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
