/*
 * A whole endpoint, as the RFC describes it and as the engine's documentation promises it: the reference reader, what it
 * answers, and how a connection ends. Of time it knows nothing: no keepalive, no deadlines.
 */
import { type CloseCause, type CloseStatus, type Rule, violations } from "../../packages/protocol/src/index.ts";
import { concat } from "../support/hex.ts";
import { type Incident, type ReadingRules, readStream } from "./reader.ts";
import { mayBeOnTheWire } from "./rules.ts";
import { encodeUtf8 } from "./utf8.ts";

/** What the application is told; times are left out. */
export type ReferenceEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: readonly number[] }
  | { readonly kind: "ping"; readonly payload: readonly number[] }
  | { readonly kind: "pong"; readonly payload: readonly number[]; readonly acknowledged: readonly number[] }
  | { readonly kind: "closing"; readonly code: number; readonly reason: string }
  | {
      readonly kind: "closed";
      readonly code: number;
      readonly reason: string;
      readonly cause: CloseCause;
      readonly received: CloseStatus | undefined;
      readonly sent: CloseStatus | undefined;
      readonly first: "received" | "sent" | undefined;
      readonly clean: boolean;
    };

/** What the transport is asked for. */
export type ReferenceOutput =
  | { readonly opcode: number; readonly fin: boolean; readonly payload: readonly number[] }
  | "end"
  | "destroy";

/** At most so many answers to Pings wait to be taken; older ones are given up (§5.5.3 allows it). */
const WAITING_PONGS = 16;
/** At most so many Pings wait for their Pongs. */
const WAITING_PINGS = 256;

/** A local call that a caller may make by mistake throws the code of the mistake, a plain string. */
export class ReferenceEndpoint {
  readonly #rules: ReadingRules;
  #input: Uint8Array = new Uint8Array(0);
  #incidentsHandled = 0;
  /** Nothing more is read: a Close came, or the connection failed. */
  #readingDone = false;
  #finArrived = false;
  #finHandled = false;
  #transportGone = false;
  #closingBegun = false;
  #received: CloseStatus | undefined;
  #sent: CloseStatus | undefined;
  #first: "received" | "sent" | undefined;
  #fault: CloseCause | undefined;
  #dropped = false;
  #closedTold = false;
  #outputs: ReferenceOutput[] = [];
  #pongs: (readonly number[])[] = [];
  #endAsked = false;
  #sending: "text" | "binary" | undefined;
  #halfPair = "";
  #pings: { readonly id: number; readonly payload: string }[] = [];
  #lastPing = 0;

  constructor(rules: ReadingRules) {
    this.#rules = rules;
  }

  get state(): "open" | "closing" | "closed" {
    if (this.#dropped || this.#transportGone) return "closed";
    return this.#closingBegun ? "closing" : "open";
  }

  // ---- the transport ----

  receive(bytes: ArrayLike<number>): void {
    if (!this.#finArrived && !this.#dropped && !this.#closedTold) this.#input = concat(this.#input, bytes);
  }

  receiveEnd(): void {
    this.#finArrived = true;
  }

  transportClosed(): void {
    if (this.#transportGone || this.#dropped) return;
    this.#transportGone = true;
    this.#closingBegun = true;
    this.#outputs = [];
    this.#pongs = [];
  }

  /** Everything that waits to be written, and what is to be done with the transport after it. */
  takeOutputs(): ReferenceOutput[] {
    this.#flushPongs();
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  // ---- the application ----

  nextEvent(): ReferenceEvent | undefined {
    if (!this.#readingDone && !this.#dropped) {
      const located = readStream(this.#input, this.#rules)[this.#incidentsHandled];
      if (located !== undefined) {
        this.#incidentsHandled += 1;
        const event = this.#handle(located.incident);
        if (event !== undefined) return event;
      }
    }
    // A FIN counts once everything before it is read. There is nothing left to wait for, so our side ends too.
    if (this.#finArrived && !this.#finHandled && !this.#dropped) {
      this.#finHandled = true;
      this.#closingBegun = true;
      this.#end();
    }
    return this.#closed();
  }

  sendText(text: string): void {
    this.#requireOpen();
    if (this.#sending !== undefined) throw "message-in-progress";
    this.#write(1, true, encodeUtf8(text));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#requireOpen();
    if (this.#sending !== undefined) throw "message-in-progress";
    this.#write(2, true, bytes);
  }

  sendFragment(content: string | Uint8Array, fin: boolean): void {
    this.#requireOpen();
    const kind = typeof content === "string" ? "text" : "binary";
    if (this.#sending !== undefined && this.#sending !== kind) throw "message-in-progress";
    const opcode = this.#sending !== undefined ? 0 : kind === "text" ? 1 : 2;
    this.#sending = fin ? undefined : kind;
    this.#write(opcode, fin, typeof content === "string" ? this.#wholeCharacters(content, fin) : content);
  }

  /** The first half of a surrogate pair waits for the second one. */
  #wholeCharacters(text: string, last: boolean): Uint8Array {
    const whole = this.#halfPair + text;
    const cut = !last && /[\ud800-\udbff]$/.test(whole) ? whole.length - 1 : whole.length;
    this.#halfPair = whole.slice(cut);
    return encodeUtf8(whole.slice(0, cut));
  }

  ping(payload: Uint8Array): number {
    this.#requireOpen();
    if (payload.length > 125) throw "control-too-long";
    if (this.#pings.length >= WAITING_PINGS) throw "too-many-pings";
    if (this.#pings.some((ping) => ping.payload === payload.join())) throw "duplicate-ping";
    this.#write(9, true, payload);
    this.#lastPing += 1;
    this.#pings.push({ id: this.#lastPing, payload: payload.join() });
    return this.#lastPing;
  }

  pong(payload: Uint8Array): void {
    this.#requireOpen();
    if (payload.length > 125) throw "control-too-long";
    this.#write(10, true, payload);
  }

  close(code = 1000, reason = ""): void {
    if (!mayBeOnTheWire(code)) throw "bad-close-code";
    if (encodeUtf8(reason).length > 123) throw "bad-close-reason";
    if (this.#closingBegun) return;
    this.#closingBegun = true;
    this.#sendClose({ code, reason });
  }

  abort(): void {
    if (this.#dropped || this.#closedTold) return;
    this.#closingBegun = true;
    this.#fault ??= { kind: "aborted" };
    this.#dropped = true;
    this.#pongs = [];
    // A transport that is gone needs no dropping.
    this.#outputs = this.#transportGone ? [] : ["destroy"];
  }

  // ---- what incidents cause ----

  #handle(incident: Incident): ReferenceEvent | undefined {
    switch (incident.kind) {
      case "text":
        return incident;
      case "binary":
        return { kind: "binary", bytes: [...incident.bytes] };
      case "ping": {
        // §5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already
        // received a Close frame."
        const payload = [...incident.payload];
        if (!this.#transportGone) this.#pongs = [...this.#pongs, payload].slice(-WAITING_PONGS);
        return { kind: "ping", payload };
      }
      case "pong":
        return { kind: "pong", payload: [...incident.payload], acknowledged: this.#acknowledge(incident.payload) };
      case "close": {
        this.#readingDone = true;
        this.#closingBegun = true;
        this.#received = { code: incident.code ?? 1005, reason: incident.reason };
        this.#first ??= "received";
        // §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST
        // send a Close frame in response", which "typically echos the status code it received".
        if (this.#sent === undefined && !this.#transportGone)
          this.#sendClose({ code: incident.code ?? 1000, reason: "" });
        // §7.1.1: the server ends the TCP connection first.
        if (this.#rules.role === "server") this.#end();
        return { kind: "closing", ...this.#received };
      }
      case "violation": {
        // §7.1.7: fail the connection: send a Close with the reason, and process nothing more.
        const rule: Rule = violations[incident.violation];
        this.#readingDone = true;
        this.#closingBegun = true;
        this.#fault ??= { kind: "violation", violation: incident.violation };
        if (this.#sent === undefined && !this.#transportGone) {
          this.#sendClose({ code: rule.closeCode, reason: rule.message });
        }
        if (this.#rules.role === "server") this.#end();
        return undefined;
      }
    }
  }

  /** §5.5.3: a Pong answers the Ping with its payload, and with it all that came before. */
  #acknowledge(payload: Uint8Array): number[] {
    const index = this.#pings.findIndex((ping) => ping.payload === payload.join());
    return this.#pings.splice(0, index + 1).map(({ id }) => id);
  }

  /** The last event, once nothing else can happen. */
  #closed(): ReferenceEvent | undefined {
    if (this.#closedTold || !(this.#transportGone || this.#dropped)) return undefined;
    this.#closedTold = true;
    const handshake = this.#received !== undefined && this.#sent !== undefined && this.#fault === undefined;
    const cause: CloseCause = handshake
      ? { kind: "handshake", initiator: this.#first === "sent" ? "local" : "remote" }
      : (this.#fault ?? { kind: "transport-lost" });
    return {
      kind: "closed",
      // §7.1.5: the code of the received Close, 1005 if it had none, 1006 if there was none.
      code: this.#received?.code ?? 1006,
      reason: this.#received?.reason ?? "",
      cause,
      received: this.#received,
      sent: this.#sent,
      first: this.#first,
      clean: handshake && !this.#dropped,
    };
  }

  // ---- what is written ----

  #sendClose(status: CloseStatus): void {
    this.#write(8, true, [Math.floor(status.code / 256), status.code % 256, ...encodeUtf8(status.reason)]);
    this.#sent = status;
    this.#first ??= "sent";
  }

  #write(opcode: number, fin: boolean, payload: ArrayLike<number>): void {
    this.#flushPongs();
    this.#outputs.push({ opcode, fin, payload: Array.from(payload) });
  }

  #flushPongs(): void {
    for (const payload of this.#pongs.splice(0)) this.#outputs.push({ opcode: 10, fin: true, payload });
  }

  #end(): void {
    if (this.#endAsked || this.#transportGone) return;
    this.#endAsked = true;
    this.#flushPongs();
    this.#outputs.push("end");
  }

  #requireOpen(): void {
    if (this.#closingBegun) throw "not-open";
  }
}
