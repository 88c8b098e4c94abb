// One plain HTTP request on a connection of a WebSocket server: its body, the application's answer, and the end of the
// connection. It is there for health checks, pages and the answers of a login, and takes no HTTP server's place: one
// request a connection, and bodies of requests in memory, up to a limit.

import { encodeLatin1 } from "../bytes/latin1.ts";
import { HttpBody, requestFraming } from "../handshake/http-body.ts";
import type { RequestHead } from "../handshake/http-head.ts";
import type { Duration } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import type { Acceptor, Pending } from "./acceptor.ts";
import { type Deferred, defer } from "./deferred.ts";
import { encodeResponseTo, type HttpBodySource, type HttpResponse, type ResponseFraming } from "./http-response.ts";
import type { Transport, TransportListener } from "./ports.ts";
import type { Peer } from "./runtime.ts";
import type { HttpRequest } from "./server-options.ts";

const LF = 0x0a;

/** A plain HTTP request that has arrived whole. */
export interface PlainRequest {
  readonly head: RequestHead;
  readonly peer: Peer;
  /** It belongs to the application. */
  readonly body: Uint8Array;
  /** Resolves when the connection is gone, whether everything was sent by then or not. */
  readonly gone: Promise<void>;
}

/** Answers plain HTTP requests. What it throws is reported, and answered with 500. */
export type Responder = (request: PlainRequest) => HttpResponse | Promise<HttpResponse>;

/** What a server answers plain HTTP requests with. */
export interface HttpService {
  readonly respond: Responder;
  /** A longer body is answered with 413. */
  readonly maxBodyBytes: number;
}

/**
 * Takes a request over from the opening handshake and answers it. The body must arrive within `openTimeout`. While the
 * answer is sent, and until the client has closed, something must move every `closeTimeout`; the application has all the
 * time that it wants.
 */
export class HttpExchange implements TransportListener, Pending {
  /** @internal */
  place = -1;
  readonly #acceptor: Acceptor;
  readonly #transport: Transport;
  readonly #request: HttpRequest;
  readonly #service: HttpService;
  readonly #body: HttpBody;
  #state: "receiving" | "deciding" | "sending" | "ended" | "gone" = "receiving";
  readonly #gone: Deferred<void> = defer();
  /** Somebody waits for room to write. */
  #room: Deferred<void> | undefined = undefined;
  #source: HttpBodySource | undefined = undefined;
  #cancelAlarm: (() => void) | undefined = undefined;
  #writtenBytes = 0;

  constructor(acceptor: Acceptor, transport: Transport, request: HttpRequest, service: HttpService) {
    this.#acceptor = acceptor;
    this.#transport = transport;
    this.#request = request;
    this.#service = service;
    this.#body = new HttpBody(requestFraming(request.head), service.maxBodyBytes);
  }

  begin(): void {
    const { head } = this.#request;
    this.#acceptor.began(this);
    const bytes = this.#request.release();
    this.#transport.start(this);
    const announced = requestFraming(head);
    if (head.method === "CONNECT") this.refuse(501);
    else if (this.#acceptor.isFull) this.refuse(503);
    else if (typeof announced === "number" && announced > this.#service.maxBodyBytes) this.refuse(413);
    else {
      this.#alarmAfter(this.#acceptor.handshakeSettings.openTimeout, () => this.refuse(408));
      this.received(bytes.subarray(headLength(bytes)));
      // RFC 9110 §10.1.1: "A server that receives a 100-continue expectation [...] MUST send either 100 (Continue) [...]".
      const expects = head.version === "1.1" && head.headers.get("expect")?.toLowerCase() === "100-continue";
      if (expects && this.#state === "receiving")
        this.#transport.write(encodeLatin1("HTTP/1.1 100 Continue\r\n\r\n"), false);
    }
  }

  // ---- the acceptor ----

  refuse(status: number): void {
    if (this.#state !== "receiving" && this.#state !== "deciding") return;
    const { bytes } = encodeResponseTo(this.#request.head, { status }, this.#acceptor.handshakeSettings.limits);
    this.#state = "sending";
    this.#write(bytes, false);
    this.#end();
  }

  drop(): void {
    this.#state = "gone"; // nothing may be written any more
    this.#transport.destroy();
  }

  // ---- the transport ----

  received(bytes: Uint8Array): void {
    if (this.#state !== "receiving") return; // RFC 9112 §9.6: nothing that follows the last request is answered
    this.#body.push(bytes);
    if (this.#body.done) this.#decide();
  }

  receivedEnd(): void {
    if (this.#state !== "receiving") return;
    this.#body.end();
    this.#decide();
  }

  drained(): void {
    if (this.#transport.queuedBytes > this.#acceptor.sessionSettings.lowWaterBytes) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  closed(): void {
    this.#state = "gone";
    this.#cancelAlarm?.();
    this.#gone.resolve();
    this.#room?.resolve();
    this.#source?.cancel();
    this.#acceptor.ended(this);
  }

  // ---- the answer ----

  #decide(): void {
    this.#cancelAlarm?.();
    const body = this.#body.take();
    if (this.#body.truncated) {
      this.refuse(body.length === this.#service.maxBodyBytes ? 413 : 400);
      return;
    }
    this.#state = "deciding";
    void this.#answer(body);
  }

  async #answer(body: Uint8Array): Promise<void> {
    const { head, peer } = this.#request;
    try {
      const response = await this.#service.respond({ head, peer, body, gone: this.#gone.promise });
      await this.#send(response);
    } catch (error) {
      if (this.#state === "gone") return; // code that is told so often throws
      this.#acceptor.report(error, undefined);
      this.refuse(500);
      // Half an answer is out: only the end of the connection can say that it is not whole.
      if (this.#state === "sending") this.drop();
    }
  }

  async #send(response: HttpResponse): Promise<void> {
    const { body } = response;
    const source = body instanceof Uint8Array ? undefined : body;
    if (this.#state !== "deciding") {
      source?.cancel(); // it was refused meanwhile, or the client has gone
      return;
    }
    const { bytes, framing } = encodeResponseTo(this.#request.head, response, this.#acceptor.handshakeSettings.limits);
    this.#state = "sending";
    this.#write(bytes, framing !== "none" && body instanceof Uint8Array);
    if (framing === "none") source?.cancel();
    else if (body instanceof Uint8Array) this.#write(body, false);
    else if (source !== undefined) await this.#sendFrom(source, framing);
    if (this.#state === "sending") this.#end();
  }

  async #sendFrom(source: HttpBodySource, framing: ResponseFraming): Promise<void> {
    this.#source = source;
    const { highWaterBytes } = this.#acceptor.sessionSettings;
    let left = typeof framing === "number" ? framing : Number.POSITIVE_INFINITY;
    for (;;) {
      const piece = await source.read();
      if (this.#state !== "sending") return;
      if (piece === undefined) break;
      if (piece.length === 0) continue;
      left -= piece.length;
      if (left < 0) break;
      if (framing === "chunked") this.#write(encodeLatin1(`${piece.length.toString(16)}\r\n`), true);
      this.#write(piece, framing === "chunked");
      if (framing === "chunked") this.#write(encodeLatin1("\r\n"), false);
      if (this.#transport.queuedBytes > highWaterBytes) await (this.#room ??= defer()).promise;
    }
    if (Number.isFinite(left) && left !== 0) {
      source.cancel();
      throw new UsageError("bad-argument", "the body of a response does not have the length that was announced");
    }
    if (framing === "chunked") this.#write(encodeLatin1("0\r\n\r\n"), false);
  }

  #end(): void {
    this.#state = "ended";
    this.#transport.end();
  }

  #write(bytes: Uint8Array, more: boolean): void {
    if (this.#writtenBytes === 0) this.#watch(0);
    this.#writtenBytes += bytes.length;
    this.#transport.write(bytes, more);
  }

  /** From the first byte of the answer on, every `closeTimeout`: does the client take anything? */
  #watch(transmittedBefore: number): void {
    this.#alarmAfter(this.#acceptor.handshakeSettings.connection.closeTimeout, () => {
      const { queuedBytes } = this.#transport;
      const transmitted = this.#writtenBytes - queuedBytes;
      const waitsForUs = queuedBytes === 0 && this.#state !== "ended";
      if (waitsForUs || transmitted > transmittedBefore) this.#watch(transmitted);
      else this.drop();
    });
  }

  #alarmAfter(timeout: Duration | null, wake: () => void): void {
    const { clock } = this.#acceptor.host.runtime;
    this.#cancelAlarm?.();
    this.#cancelAlarm = timeout === null ? undefined : clock.alarm(clock.now() + timeout, wake);
  }
}

/** How long the head is. It was parsed, so that no line feed is without its carriage return, and an empty line ends it. */
function headLength(bytes: Uint8Array): number {
  let end = 4;
  while (bytes[end - 1] !== LF || bytes[end - 3] !== LF) end++;
  return end;
}
