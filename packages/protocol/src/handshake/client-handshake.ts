// The client's side of the opening handshake (RFC 6455 §4.1), from the request to the Connection or the refusal.

import { EMPTY } from "../bytes/bytes.ts";
import { Connection } from "../connection/connection.ts";
import type { ExtensionElement } from "../extensions/extension.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import type { Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { acceptKey } from "./accept-key.ts";
import { type ClientHandshakeOptions, ClientHandshakeSettings } from "./client-handshake-options.ts";
import { createKey, createRequest } from "./client-request.ts";
import { type HandshakeFailure, HandshakeMachine } from "./handshake-machine.ts";
import { type ResponseHeadParser, responseHeadParser } from "./head-parser.ts";
import { encodeRequestHead } from "./head-writer.ts";
import { HttpBody, responseFraming } from "./http-body.ts";
import type { RequestHead, ResponseHead } from "./http-head.ts";
import { checkParsedResponse } from "./parsed-head.ts";
import { checkUpgradeResponse } from "./upgrade-rules.ts";

/** RFC 9110 §15.2 allows any number of interim responses; servers send one or two. */
const MAX_INTERIM_RESPONSES = 8;

/** The server agreed. */
export interface OpenEvent {
  readonly kind: "open";
  /** Open, and has the bytes that came behind the head. */
  readonly connection: Connection;
  readonly head: ResponseHead;
  /** The one of the offered subprotocols that the server chose, if any (RFC 6455 §1.9). */
  readonly subprotocol: string | undefined;
  /** The extensions that are active, with the server's parameters (§9.1): none or one. */
  readonly extensions: readonly ExtensionElement[];
}

/** What a client's application should know: exactly one of these, once. */
export type ClientHandshakeEvent =
  | OpenEvent
  /**
   * The server answered in HTTP with another status than 101: it wants authentication (401), is elsewhere (3xx, which is
   * never followed from here), is busy (503). `bodyTruncated`: some of the body is, or may be, missing.
   */
  | {
      readonly kind: "refused";
      readonly head: ResponseHead;
      readonly body: Uint8Array;
      readonly bodyTruncated: boolean;
    }
  /** There was no proper answer. */
  | { readonly kind: "failed"; readonly cause: HandshakeFailure };

type State =
  | { readonly kind: "reading"; parser: ResponseHeadParser; interims: number }
  | { readonly kind: "refused"; readonly head: ResponseHead; readonly body: HttpBody }
  | { readonly kind: "done" };

/**
 * Sends one request at once and takes the response, over bytes (`receive`) or already parsed (`receiveHead`). It ends in
 * one event; when that is not `"open"`, the transport is dropped.
 *
 * RFC 6455 §4.1-2 wants at most one connection to a host to be connecting at a time. An engine that knows one connection
 * cannot see to that; whoever opens many to one host should open them one after another.
 *
 * ```ts
 * const handshake = new ClientHandshake(now, { url: parseWebSocketUrl("wss://example.com/chat"), random });
 * for (let effect; (effect = handshake.nextEffect()) !== undefined; ) perform(effect); // the request
 * handshake.receive(now, bytes);
 * const event = handshake.nextEvent();
 * if (event?.kind === "open") event.connection.sendText("hello");
 * ```
 */
export class ClientHandshake extends HandshakeMachine<ClientHandshakeEvent> {
  /** What is asked, for those who send it by other means than `nextEffect()`. */
  readonly request: RequestHead;
  readonly #settings: ClientHandshakeSettings;
  readonly #accept: string;
  #state: State;

  /**
   * Begins at `now`. Settings may be shared by any number of handshakes.
   *
   * Throws `UsageError` "bad-option"; "bad-handshake" for a host, target, header or origin that HTTP cannot carry, or that
   * belongs to the handshake itself; and whatever the injected randomness throws.
   */
  constructor(now: Instant, options: ClientHandshakeOptions | ClientHandshakeSettings) {
    super();
    const settings = options instanceof ClientHandshakeSettings ? options : new ClientHandshakeSettings(options);
    const key = createKey(settings.connection.random);
    const request = createRequest(settings, key);
    const bytes = encodeRequestHead(request, settings.limits);
    this.#settings = settings;
    this.#accept = acceptKey(key, settings.sha1);
    this.request = request;
    this.#state = {
      kind: "reading",
      parser: responseHeadParser(settings.limits, settings.connection.textCodec),
      interims: 0,
    };
    this.perform({ kind: "write", bytes });
    this.setDeadline("open", now, settings.openTimeout);
  }

  // ---- the transport ----

  /**
   * A response arrived that somebody else has parsed, with the bytes behind its head; the same rules hold. A request that
   * is still waiting in `nextEffect()` is taken to have been sent by the same somebody. The body of a refusal is what is
   * given here.
   *
   * Throws `UsageError` "already-answered" unless the handshake still waits for its response.
   */
  receiveHead(now: Instant, head: ResponseHead, leftover: Uint8Array = EMPTY): void {
    if (this.#state.kind !== "reading") throw new UsageError("already-answered", "there is a response already");
    this.discardEffects();
    const violation = checkParsedResponse(head, this.#settings.limits);
    if (violation !== undefined) this.#fail({ kind: "violation", violation });
    else if (head.status === 101) this.#switch(now, head, leftover);
    else if (head.status >= 200) this.#refused(head, leftover, false);
  }

  protected receiveBytes(now: Instant, bytes: Uint8Array): void {
    const state = this.#state;
    if (state.kind === "reading") this.#readHeads(now, state, bytes);
    else if (state.kind === "refused") this.#readBody(state, bytes);
  }

  protected endReceived(_now: Instant): void {
    const state = this.#state;
    if (state.kind === "refused") {
      state.body.end();
      this.#reportRefusal(state);
    } else if (state.kind === "reading") this.#fail({ kind: "transport-lost" });
  }

  protected transportClosed(): void {
    this.#giveUp({ kind: "transport-lost" });
    this.discardEffects();
  }

  // ---- the clock ----

  protected openTimedOut(_now: Instant): void {
    this.#giveUp({ kind: "timeout" });
  }

  // ---- inside ----

  #readHeads(now: Instant, state: State & { readonly kind: "reading" }, bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const result = state.parser.push(rest);
      if (result === undefined) return;
      if (typeof result === "string") {
        this.#fail({ kind: "violation", violation: result });
        return;
      }
      const { head } = result;
      rest = result.bytes.subarray(result.headBytes);
      if (head.status === 101) {
        this.#switch(now, head, rest);
        return;
      }
      if (head.status >= 200) {
        const body = new HttpBody(responseFraming(head), this.#settings.maxRefusalBytes);
        this.#state = { kind: "refused", head, body };
        this.#readBody(this.#state, rest);
        return;
      }
      // RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response".
      state.interims++;
      if (state.interims > MAX_INTERIM_RESPONSES) {
        this.#fail({ kind: "violation", violation: "too-many-interim-responses" });
        return;
      }
      const { limits, connection } = this.#settings;
      state.parser = responseHeadParser(limits, connection.textCodec);
    }
  }

  #readBody(state: State & { readonly kind: "refused" }, bytes: Uint8Array): void {
    state.body.push(bytes);
    if (state.body.done) this.#reportRefusal(state);
  }

  #switch(now: Instant, head: ResponseHead, leftover: Uint8Array): void {
    const { connection: settings, extensions, subprotocols } = this.#settings;
    const offered = { accept: this.#accept, subprotocols, extensions: extensions.map(({ name }) => name) };
    const agreed = checkUpgradeResponse(head, offered);
    if (typeof agreed === "string") {
      this.#fail({ kind: "violation", violation: agreed });
      return;
    }
    const { subprotocol, extension } = agreed;
    const transform = extension === undefined ? undefined : this.#confirm(extension);
    if (extension !== undefined && transform === undefined) {
      this.#fail({ kind: "violation", violation: "extension-response-invalid" });
      return;
    }
    const connection = new Connection(now, settings, transform);
    if (leftover.length > 0) connection.receive(now, leftover);
    this.#state = { kind: "done" };
    const active = extension === undefined ? [] : [extension];
    this.report({ kind: "open", connection, head, subprotocol, extensions: active });
    this.handOver(connection);
  }

  #confirm({ name, parameters }: ExtensionElement): MessageTransform | undefined {
    return this.#settings.extensions.find((extension) => extension.name === name)!.confirm(parameters);
  }

  /** No more will come. A refusal of which the head is known is reported with what there is of its body. */
  #giveUp(cause: HandshakeFailure): void {
    if (this.#state.kind === "refused") this.#reportRefusal(this.#state);
    else if (this.#state.kind === "reading") this.#fail(cause);
  }

  #reportRefusal({ head, body }: State & { readonly kind: "refused" }): void {
    this.#refused(head, body.take(), body.truncated);
  }

  #refused(head: ResponseHead, body: Uint8Array, bodyTruncated: boolean): void {
    this.#end({ kind: "refused", head, body, bodyTruncated });
  }

  #fail(cause: HandshakeFailure): void {
    this.#end({ kind: "failed", cause });
  }

  #end(event: ClientHandshakeEvent): void {
    this.#state = { kind: "done" };
    this.clearDeadline();
    this.report(event);
    this.perform({ kind: "destroy" });
  }
}
