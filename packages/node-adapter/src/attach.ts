// WebSockets on an HTTP server that the application has.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HeaderList, type HttpVersion } from "@sansock/protocol";
import {
  Acceptor,
  type ServerOpening,
  type ServerOptions,
  type SessionCallbacks,
  type SessionHandler,
} from "@sansock/protocol/driver";
import { nodeRuntime } from "./node-runtime.ts";
import { peerOf } from "./peer.ts";
import { Server } from "./server.ts";
import { SocketTransport } from "./socket-transport.ts";

/** What `attach` takes beside the options of every server. */
export interface AttachOptions<Data = unknown> extends ServerOptions<Data> {
  /**
   * Which requests are for this server: a path, compared exactly with that of the request, or a function of the request.
   * Default: all.
   */
  readonly path?: string | ((request: IncomingMessage) => boolean) | undefined;
  /** Closes the WebSocket server, not the HTTP server. */
  readonly signal?: AbortSignal | undefined;
}

interface Attachment {
  readonly wants: (request: IncomingMessage) => boolean;
  readonly acceptor: Acceptor;
}

/** The servers that share an HTTP server, in the order in which they were attached. */
const attachments = new WeakMap<HttpServer | HttpsServer, Attachment[]>();

/**
 * Serves WebSockets on an HTTP server of the application, beside whatever else it serves (`http`, `https`, express,
 * fastify's `server`, …). Any number may be attached to one server, for different paths: the first that wants a request
 * gets it. Requests that none wants are left to other listeners for `"upgrade"`, or answered with 404 if there are none;
 * requests to upgrade to something else than a WebSocket are served as if they had not asked.
 *
 * Throws `UsageError` "bad-option".
 *
 * ```ts
 * const http = createServer((request, response) => response.end("hello"));
 * attach(http, { path: "/chat" }, async (session) => { for await (const message of session) { … } });
 * http.listen(8080);
 * ```
 */
export function attach<Data>(
  http: HttpServer | HttpsServer,
  options: AttachOptions<Data>,
  handler: SessionHandler<Data> | SessionCallbacks<ServerOpening, Data>,
): Server<Data> {
  const { path, signal } = options;
  const acceptor = new Acceptor(options, handler, {
    runtime: nodeRuntime,
    secure: "setSecureContext" in http ? true : undefined,
    handleHttp: (request) => request.reject(426),
  });
  const attachment: Attachment = { wants: matcher(path), acceptor };
  join(http, attachment);
  return new Server(undefined, { acceptor, signal, stop: () => detach(http, attachment) });
}

function join(http: HttpServer | HttpsServer, attachment: Attachment): void {
  const joined = attachments.get(http);
  if (joined !== undefined) {
    joined.push(attachment);
    return;
  }
  attachments.set(http, [attachment]);
  http.on("upgrade", onUpgrade);
}

function detach(http: HttpServer | HttpsServer, attachment: Attachment): void {
  const rest = (attachments.get(http) ?? []).filter((other) => other !== attachment);
  if (rest.length > 0) attachments.set(http, rest);
  else {
    attachments.delete(http);
    http.off("upgrade", onUpgrade);
  }
}

function onUpgrade(this: HttpServer | HttpsServer, request: IncomingMessage, socket: Duplex, leftover: Buffer): void {
  const attachment = attachments.get(this)?.find(({ wants }) => wants(request));
  if (attachment === undefined && this.listenerCount("upgrade") > 1) return; // somebody else may want it
  if (!asksForWebSocket(request)) {
    serveAnyway(this, request, socket, leftover);
    return;
  }
  if (attachment === undefined) {
    socket.on("error", () => {}); // whoever is refused may be gone already
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  (socket as Partial<Socket>).setNoDelay?.(true);
  (socket as Partial<Socket>).setTimeout?.(0);
  const { acceptor } = attachment;
  const transport = new SocketTransport(socket, acceptor.sessionSettings.lowWaterBytes);
  acceptor.accept(transport, peerOf(socket), headOf(request), leftover);
}

function matcher(path: AttachOptions["path"]): (request: IncomingMessage) => boolean {
  if (path === undefined) return () => true;
  if (typeof path === "function") return path;
  return ({ url = "/" }) => url === path || url.startsWith(`${path}?`);
}

/** The head as it was sent; `request.headers` has lost repeated fields. */
function headOf({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage): {
  method: string;
  target: string;
  version: HttpVersion;
  headers: HeaderList;
} {
  const fields: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) fields.push([rawHeaders[index]!, rawHeaders[index + 1]!]);
  return { method, target: url, version: httpVersion as HttpVersion, headers: new HeaderList(fields) };
}

function asksForWebSocket({ headers }: IncomingMessage): boolean {
  const offered = headers.upgrade ?? "";
  return offered.split(",").some((name) => name.trim().toLowerCase() === "websocket");
}

/** RFC 9110 §7.8: "A server MAY ignore a received Upgrade header field". Node cannot once somebody listens for upgrades. */
function serveAnyway(http: HttpServer | HttpsServer, request: IncomingMessage, socket: Duplex, leftover: Buffer): void {
  const { method = "GET", url = "/", httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const isHop = ["upgrade", "http2-settings"].includes(name.toLowerCase());
    if (!isHop) head += `${name}: ${withoutUpgrade(name, rawHeaders[index + 1]!)}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, "latin1"), leftover]));
  http.emit("connection", socket);
  socket.resume();
}

function withoutUpgrade(name: string, value: string): string {
  if (name.toLowerCase() !== "connection") return value;
  const options = value.split(",").map((option) => option.trim());
  return options.filter((option) => !["upgrade", "http2-settings"].includes(option.toLowerCase())).join(", ");
}
