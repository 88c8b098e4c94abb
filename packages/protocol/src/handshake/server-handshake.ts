// The server's side of the opening handshake (RFC 6455 §4.2), from the first byte to the Connection or the refusal.

import { ByteCollector } from "../bytes/byte-collector.ts";
import { EMPTY } from "../bytes/bytes.ts";
import { Connection } from "../connection/connection.ts";
import type { ExtensionElement } from "../extensions/extension.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import type { Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { acceptKey } from "./accept-key.ts";
import { type HandshakeFailure, HandshakeMachine } from "./handshake-machine.ts";
import { type HandshakeViolation, handshakeViolations } from "./handshake-violation.ts";
import { type RequestHeadParser, requestHeadParser } from "./head-parser.ts";
import { HeaderList, type HeaderSource } from "./header-list.ts";
import type { RequestHead } from "./http-head.ts";
import { checkHeaders } from "./own-headers.ts";
import { checkParsedRequest } from "./parsed-head.ts";
import { type ServerHandshakeOptions, ServerHandshakeSettings } from "./server-handshake-options.ts";
import { encodeRefusal, formatSwitchingProtocols } from "./server-response.ts";
import { asksForWebSocket, checkRequest, checkUpgradeRequest, type UpgradeRequest } from "./upgrade-rules.ts";

/**
 * What may follow a request before it is answered. A WebSocket client must wait (§4.1); a little is kept all the same,
 * since a chunk of the transport may hold more than the head.
 */
const MAX_EARLY_BYTES = 64 * 1024;

const NONE: HeaderList = new HeaderList();

/** What a server's application should know. Each handshake that is neither accepted nor released ends in one `"failed"`. */
export type ServerHandshakeEvent =
  /** A valid request for a WebSocket, allowed by the Origin policy: `accept` or `reject` it. */
  | { readonly kind: "request"; readonly request: UpgradeRequest }
  /** A well-formed HTTP request that does not ask for a WebSocket: `release` or `reject` it. */
  | { readonly kind: "http-request"; readonly head: RequestHead }
  /** There will be no connection. `status` is what was answered, `undefined` if nothing was. Always the last event. */
  | { readonly kind: "failed"; readonly cause: HandshakeFailure; readonly status: number | undefined };

/** What an application may add to the response that opens a connection. */
export interface AcceptReply {
  /** One of the offered subprotocols; `null` for none. Default: the first of the option `subprotocols` that was offered. */
  readonly subprotocol?: string | null | undefined;
  /** Further header fields, such as Set-Cookie. */
  readonly headers?: HeaderSource | undefined;
}

/** What an application may add to a refusal. */
export interface RejectReply {
  /** Further header fields, such as Location. */
  readonly headers?: HeaderSource | undefined;
  /** Text goes out as UTF-8, as `text/plain` unless the headers say otherwise. The bytes are copied. */
  readonly body?: string | Uint8Array | undefined;
}

interface ChosenExtension {
  /** The server's answer. */
  readonly element: ExtensionElement;
  readonly transform: MessageTransform;
}

type State =
  | { readonly kind: "reading"; readonly parser: RequestHeadParser; empty: boolean }
  | { readonly kind: "upgrade"; readonly request: UpgradeRequest; received: ByteCollector | undefined; ended: boolean }
  | { readonly kind: "http"; readonly head: RequestHead; received: ByteCollector | undefined }
  | { readonly kind: "accepted" | "released" | "failed" };

/**
 * Receives one request, over bytes (`receive`) or already parsed (`receiveHead`), and answers it once.
 *
 * - `accept` queues the response with status 101 and returns the open `Connection`, which already has the bytes behind
 *   the head. Take the remaining effects of the handshake first, then run the connection in its place.
 * - `reject` queues any other response and the end of the stream, and then waits for the transport to go, at most
 *   `closeTimeout`. What breaks a rule is answered so by itself, and nothing more is parsed (RFC 9112 §9.6).
 * - `release` gives the bytes of a request that is not for us to somebody else.
 *
 * A client that asks for another version is answered with 426, and the connection is closed; RFC 6455 §4.4 would allow
 * it to try again on the same one.
 *
 * ```ts
 * const handshake = new ServerHandshake(now, { random });
 * handshake.receive(now, bytes);
 * const event = handshake.nextEvent();
 * if (event?.kind === "request") {
 *   if (event.request.path === "/chat") connection = handshake.accept(now);
 *   else handshake.reject(now, 404);
 * }
 * for (let effect; (effect = handshake.nextEffect()) !== undefined; ) perform(effect);
 * ```
 */
export class ServerHandshake extends HandshakeMachine<ServerHandshakeEvent> {
  readonly #settings: ServerHandshakeSettings;
  #state: State;
  #subprotocol: string | undefined = undefined;
  #extensions: readonly ExtensionElement[] = [];

  /** Begins at `now`. Settings may be shared; options are checked here and throw `UsageError` "bad-option". */
  constructor(now: Instant, options: ServerHandshakeOptions | ServerHandshakeSettings) {
    super();
    const settings = options instanceof ServerHandshakeSettings ? options : new ServerHandshakeSettings(options);
    this.#settings = settings;
    this.#state = {
      kind: "reading",
      parser: requestHeadParser(settings.limits, settings.connection.textCodec),
      empty: true,
    };
    this.setDeadline("open", now, settings.openTimeout);
  }

  /** `"reading"` until there is a request, `"deciding"` until it is answered, then how it was. */
  get state(): "reading" | "deciding" | "accepted" | "released" | "failed" {
    const { kind } = this.#state;
    return kind === "upgrade" || kind === "http" ? "deciding" : kind;
  }

  /** The subprotocol that was agreed on, once the request is accepted. */
  get subprotocol(): string | undefined {
    return this.#subprotocol;
  }

  /** The extensions that were agreed on, with our parameters, once the request is accepted: none or one. */
  get extensions(): readonly ExtensionElement[] {
    return this.#extensions;
  }

  // ---- the application ----

  /**
   * Opens the connection: queues the response with status 101 and returns what speaks WebSocket from now on.
   *
   * Throws `UsageError` "already-answered" if there was an answer, or the handshake has failed; "bad-handshake" without a
   * WebSocket request, for a subprotocol that was not offered, and for headers that are illegal or the handshake's own.
   */
  accept(now: Instant, reply: AcceptReply = {}): Connection {
    const state = this.#requirePending();
    if (state.kind !== "upgrade") throw new UsageError("bad-handshake", "there is no WebSocket request to accept");
    const subprotocol = this.#chooseSubprotocol(state.request, reply.subprotocol);
    const headers = checkHeaders(reply.headers);
    const extension = this.#chooseExtension(state.request.extensions);
    const accept = acceptKey(state.request.key, this.#settings.sha1);
    const chosen = { accept, subprotocol, extension: extension?.element, headers };
    const head = formatSwitchingProtocols(chosen, this.#settings.limits);
    const connection = new Connection(now, this.#settings.connection, extension?.transform);
    if (state.received !== undefined) connection.receive(now, state.received.take());
    if (state.ended) connection.receiveEnd(now);
    this.#state = { kind: "accepted" };
    this.#subprotocol = subprotocol;
    this.#extensions = extension === undefined ? [] : [extension.element];
    this.perform({ kind: "write", bytes: this.#encode(head) });
    this.handOver(connection);
    return connection;
  }

  /**
   * Answers with another status than 101 and closes, whether a request has arrived yet or not. 405 and 426 get the
   * headers that go with them.
   *
   * Throws `UsageError` "already-answered" if there was an answer, or the handshake has failed; "bad-argument" for a
   * status that is no refusal (200 to 599 for an HTTP request, 300 to 599 otherwise) or cannot have the body;
   * "bad-handshake" for headers that are illegal or the handshake's own.
   */
  reject(now: Instant, status: number, reply: RejectReply = {}): void {
    const state = this.#requirePending();
    // A 2xx would promise a WebSocket where one was asked for, and a tunnel after CONNECT.
    const least = state.kind === "http" && state.head.method !== "CONNECT" ? 200 : 300;
    if (!Number.isInteger(status) || status < least || status > 599) {
      throw new UsageError("bad-argument", `a refusal must have a status from ${least} to 599`);
    }
    this.#refuse(now, { kind: "rejected" }, status, reply.body ?? "", checkHeaders(reply.headers));
  }

  /**
   * Gives up a request that is not for a WebSocket: returns all bytes that were received so far, unchanged, for an HTTP
   * server to read. They belong to the caller; after `receiveHead` they are only those behind the head. The handshake is
   * over and silent.
   *
   * Throws `UsageError` "already-answered" if there was an answer, or the handshake has failed; "bad-handshake" without
   * an HTTP request.
   */
  release(): Uint8Array {
    const state = this.#requirePending();
    if (state.kind !== "http") throw new UsageError("bad-handshake", "there is no HTTP request to release");
    this.#state = { kind: "released" };
    this.clearDeadline();
    return state.received?.take() ?? new Uint8Array(0);
  }

  // ---- the transport ----

  /**
   * A request arrived that somebody else has parsed, with the bytes behind its head. The same rules hold. `receive` may
   * follow with further bytes.
   *
   * Throws `UsageError` "already-answered" unless the handshake still waits for its request.
   */
  receiveHead(now: Instant, head: RequestHead, leftover: Uint8Array = EMPTY): void {
    if (this.#state.kind !== "reading") throw new UsageError("already-answered", "there is a request already");
    const violation = checkParsedRequest(head, this.#settings.limits);
    if (violation !== undefined) this.#fail(now, violation);
    else this.#receiveRequest(now, head, leftover, 0);
  }

  protected receiveBytes(now: Instant, bytes: Uint8Array): void {
    const state = this.#state;
    if (state.kind === "upgrade" || state.kind === "http") this.#keepEarly(now, state, bytes, 0);
    if (state.kind !== "reading") return;
    state.empty = false;
    const result = state.parser.push(bytes);
    if (typeof result === "string") this.#fail(now, result);
    else if (result !== undefined) this.#receiveRequest(now, result.head, result.bytes, result.headBytes);
  }

  protected endReceived(now: Instant): void {
    const state = this.#state;
    // A request that is complete may still be answered; the connection will hear of the end.
    if (state.kind === "upgrade") state.ended = true;
    if (state.kind !== "reading") return;
    this.perform({ kind: "end" });
    this.setDeadline("close", now, this.#settings.connection.closeTimeout);
    this.#end({ kind: "transport-lost" }, undefined);
  }

  handleEffectsReleased(): void {
    this.#settings.connection.slab.reclaim(this);
  }

  protected transportClosed(): void {
    if (this.state === "reading" || this.state === "deciding") this.#end({ kind: "transport-lost" }, undefined);
  }

  // ---- the clock ----

  protected openTimedOut(now: Instant): void {
    const state = this.#state;
    if (state.kind !== "reading") {
      this.#refuse(now, { kind: "timeout" }, 503, "the request was not answered in time\n");
      return;
    }
    // To a connection on which nothing was ever asked, nothing is answered: browsers open such ones in advance.
    if (state.empty) this.#end({ kind: "timeout" }, undefined);
    else this.#refuse(now, { kind: "timeout" }, 408, "the request took too long\n");
    // Those who drip have had their time. What the transport has handed on still arrives.
    this.perform({ kind: "destroy" });
    this.clearDeadline();
  }

  // ---- inside ----

  #receiveRequest(now: Instant, head: RequestHead, bytes: Uint8Array, headBytes: number): void {
    const wanted = this.#judge(head);
    if (typeof wanted === "string") {
      this.#fail(now, wanted);
      return;
    }
    if (wanted === undefined) {
      const state: State = { kind: "http", head, received: undefined };
      this.#state = state;
      this.report({ kind: "http-request", head });
      this.#keepEarly(now, state, bytes, 0);
    } else {
      const state: State = { kind: "upgrade", request: wanted, received: undefined, ended: false };
      this.#state = state;
      this.report({ kind: "request", request: wanted });
      this.#keepEarly(now, state, bytes, headBytes);
    }
  }

  /** The request for a WebSocket, `undefined` if it is for something else, or the rule that it breaks. */
  #judge(head: RequestHead): UpgradeRequest | HandshakeViolation | undefined {
    const target = checkRequest(head);
    if (typeof target === "string") return target;
    if (!asksForWebSocket(head)) return undefined;
    const request = checkUpgradeRequest(head, target);
    if (typeof request === "string") return request;
    const { origin, secure } = this.#settings;
    // §4.2.2: "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g.,
    // 403 Forbidden)".
    return origin.allows({ headers: head.headers, secure }) ? request : "origin-refused";
  }

  /** Keeps what follows a request that is not answered yet: the bytes from `start` on. */
  #keepEarly(now: Instant, state: { received: ByteCollector | undefined }, bytes: Uint8Array, start: number): void {
    if (start === bytes.length) return; // as it should be
    state.received ??= new ByteCollector();
    state.received.append(bytes, start, bytes.length);
    if (state.received.length > MAX_EARLY_BYTES) this.#fail(now, "early-data");
  }

  /** Text in ASCII as bytes, in memory that is used again once they are sent. */
  #encode(text: string): Uint8Array {
    const { slab, textCodec } = this.#settings.connection;
    const start = slab.reserve(text.length);
    const end = start + textCodec.encodeInto(text, slab.memory, start);
    return slab.lend(this, slab.memory, start, end, end);
  }

  #requirePending(): Exclude<State, { readonly kind: "accepted" | "released" | "failed" }> {
    const state = this.#state;
    if (state.kind === "reading" || state.kind === "upgrade" || state.kind === "http") return state;
    throw new UsageError("already-answered", `the handshake is over: ${state.kind}`);
  }

  #chooseSubprotocol(request: UpgradeRequest, chosen: string | null | undefined): string | undefined {
    if (chosen === null) return undefined;
    if (chosen === undefined) return this.#settings.subprotocols.find((name) => request.subprotocols.includes(name));
    // §4.2.2-4: "The value chosen MUST be derived from the client's handshake".
    if (request.subprotocols.includes(chosen)) return chosen;
    throw new UsageError("bad-handshake", "the chosen subprotocol was not offered");
  }

  #chooseExtension(offers: readonly ExtensionElement[]): ChosenExtension | undefined {
    for (const { name, parameters } of offers) {
      for (const extension of this.#settings.extensions) {
        const accepted = extension.name === name ? extension.accept(parameters) : undefined;
        if (accepted === undefined) continue;
        return { element: { name, parameters: accepted.parameters }, transform: accepted.transform };
      }
    }
    return undefined;
  }

  #fail(now: Instant, violation: HandshakeViolation): void {
    const { status, message } = handshakeViolations[violation];
    // Every rule that a request can break has a status.
    this.#refuse(now, { kind: "violation", violation }, status!, `${message}\n`);
  }

  /** Answers for the last time, ends the stream behind the answer, and gives the peer time to read it. */
  #refuse(now: Instant, cause: HandshakeFailure, status: number, body: string | Uint8Array, headers = NONE): void {
    const toHead = this.#state.kind === "http" && this.#state.head.method === "HEAD";
    const bytes = encodeRefusal({ status, headers, body, toHead }, this.#settings.limits);
    this.perform({ kind: "write", bytes });
    this.perform({ kind: "end" });
    this.setDeadline("close", now, this.#settings.connection.closeTimeout);
    this.#end(cause, status);
  }

  #end(cause: HandshakeFailure, status: number | undefined): void {
    this.#state = { kind: "failed" };
    this.reportLast({ kind: "failed", cause, status });
  }
}
