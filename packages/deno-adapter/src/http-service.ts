// Requests that are not for a WebSocket, as `fetch` has them.

import { UsageError } from "@sansock/protocol";
import type { HttpBodySource, HttpResponse, HttpService, Peer, PlainRequest } from "@sansock/protocol/driver";

/**
 * Answers an HTTP request that is not for a WebSocket. `request.signal` is aborted when the client is gone. What it throws
 * is answered with 500.
 */
export type HttpHandler = (request: Request, peer: Peer) => Response | Promise<Response>;

/** Methods that a `Request` cannot have. */
const unheardOf: readonly string[] = ["TRACE", "TRACK"];

/** An application's handler as the engine calls it. Throws `UsageError` "bad-option". */
export function httpService(handler: HttpHandler, maxBodyBytes: number): HttpService {
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    throw new UsageError("bad-option", "maxHttpBodyBytes must be an integer of at least 0");
  }
  return {
    maxBodyBytes,
    async respond(plain) {
      if (unheardOf.includes(plain.head.method.toUpperCase())) return { status: 501 };
      return fromResponse(await handler(toRequest(plain), plain.peer));
    },
  };
}

function toRequest({ head: { method, target, headers }, peer, body, gone }: PlainRequest): Request {
  const controller = new AbortController();
  void gone.then(() => controller.abort());
  const origin = `${peer.secure ? "https" : "http"}://${headers.get("host") ?? "localhost"}`;
  return new Request(target.startsWith("/") ? origin + target : new URL(target, origin), {
    method,
    headers: [...headers].map(([name, value]): [string, string] => [name, value]),
    // A Request of these two has none, whatever was sent.
    body: body.length === 0 || method === "GET" || method === "HEAD" ? null : (body as Uint8Array<ArrayBuffer>),
    signal: controller.signal,
  });
}

function fromResponse({ status, headers, body }: Response): HttpResponse {
  // RFC 9110 §6.6.1: "An origin server with a clock MUST generate a Date header field".
  const dated = headers.has("date") ? [...headers] : [...headers, ["date", new Date().toUTCString()] as const];
  return { status, headers: dated, body: body === null ? undefined : sourceOf(body) };
}

function sourceOf(body: ReadableStream<Uint8Array>): HttpBodySource {
  const reader = body.getReader();
  return {
    read: async () => (await reader.read()).value,
    cancel: () => void reader.cancel().catch(() => {}),
  };
}
