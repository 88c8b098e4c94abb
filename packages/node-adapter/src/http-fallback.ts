// Requests that are not for a WebSocket go to a real HTTP server.

import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { HttpRequest, Transport } from "@sansock/protocol/driver";
import type { SocketTransport } from "./socket-transport.ts";

/** Hands the connection, and all that was received on it, to `http`. Without one the answer is 426. */
export function handleHttp(
  request: HttpRequest,
  transport: Transport,
  http: HttpServer | HttpsServer | undefined,
): void {
  if (http === undefined) {
    request.reject(426);
    return;
  }
  const socket = (transport as SocketTransport).release(request.release());
  http.emit("connection", socket);
  // The server has its listeners on the socket now; reading was stopped to hand it over.
  socket.resume();
}
