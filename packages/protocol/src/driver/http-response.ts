// How an application answers a plain HTTP request, and how that looks on the wire (RFC 9112 §6).

import { contentLength } from "../handshake/content-length.ts";
import { encodeResponseHead } from "../handshake/head-writer.ts";
import { HeaderList, type HeaderSource } from "../handshake/header-list.ts";
import type { HeadLimits, RequestHead } from "../handshake/http-head.ts";
import { reasonPhrase } from "../handshake/reason-phrase.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** Where the body of a response comes from, if not from memory. */
export interface HttpBodySource {
  /** The next piece, `undefined` at the end. Asked for when the one before is on its way. */
  read(): Promise<Uint8Array | undefined>;
  /** No more is wanted. A `read` that waits should come to its end. */
  cancel(): void;
}

/** The answer to a plain HTTP request. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  /**
   * The fields that are about the connection and the end of the message are left out, and written anew. Only a
   * Content-Length is heeded, for a body from a source: without one, such a body is sent in chunks.
   */
  readonly headers?: HeaderSource | undefined;
  readonly body?: Uint8Array | HttpBodySource | undefined;
}

/** How the end of a body can be seen: there is none, so many bytes, a last chunk, or the end of the stream. */
export type ResponseFraming = "none" | number | "chunked" | "until-end";

/** RFC 9110 §7.6.1: they are about one connection, and this is the last message on it. */
const connectionFields: readonly string[] = [
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * The head of the response to `request`, and how its body is to follow. Throws `UsageError` "bad-argument" for a status
 * that ends no exchange, "bad-handshake" for header fields that HTTP cannot carry.
 */
export function encodeResponseTo(
  request: RequestHead,
  { status, headers: source, body }: HttpResponse,
  limits: HeadLimits,
): { readonly bytes: Uint8Array; readonly framing: ResponseFraming } {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new UsageError("bad-argument", "the status of a response must be from 200 to 599");
  }
  const headers = new HeaderList(source);
  const bodiless = status === 204 || status === 304;
  const framing = bodiless ? "none" : framingOf(request, headers, body);
  const fields: (readonly [string, string])[] = [["Connection", "close"]];
  if (typeof framing === "number") fields.push(["Content-Length", String(framing)]);
  if (framing === "chunked") fields.push(["Transfer-Encoding", "chunked"]);
  for (const field of headers) if (!connectionFields.includes(field[0].toLowerCase())) fields.push(field);
  const head = { version: "1.1", status, reason: reasonPhrase(status), headers: new HeaderList(fields) } as const;
  // RFC 9110 §9.3.2: to HEAD a body is announced and not sent.
  return { bytes: encodeResponseHead(head, limits), framing: request.method === "HEAD" ? "none" : framing };
}

function framingOf({ version }: RequestHead, headers: HeaderList, body: HttpResponse["body"]): ResponseFraming {
  if (body === undefined) return 0;
  if (body instanceof Uint8Array) return body.length;
  return contentLength(headers) ?? (version === "1.1" ? "chunked" : "until-end");
}
