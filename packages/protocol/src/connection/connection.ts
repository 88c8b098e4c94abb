// The state machine of one open connection (RFC 6455 §5 to §7). It puts the parts together: the reception finds
// messages and control frames, the keepalive says when to ping and when to give up, the outbox holds what is to be sent,
// and `Closing` remembers how it ends.

import { isUsableBytes } from "../bytes/bytes.ts";
import { checkCloseStatus, readClosePayload, writeClosePayload } from "../frame/close-payload.ts";
import { Deadline } from "../liveness/deadline.ts";
import { Keepalive } from "../liveness/keepalive.ts";
import { PingLedger } from "../liveness/ping-ledger.ts";
import type { RoundTripStatistics } from "../liveness/round-trip.ts";
import type { MessageTransform } from "../message/message-transform.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { Effect } from "../vocabulary/effect.ts";
import type { CloseCause, ClosedEvent, CloseStatus, ConnectionEvent, Diagnosis, Message } from "../vocabulary/event.ts";
import type { DeadlineName, Machine } from "../vocabulary/machine.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { type Violation, violations } from "../vocabulary/violation.ts";
import { Activity, ageOf } from "./activity.ts";
import { Closing } from "./closing.ts";
import { type ConnectionOptions, ConnectionSettings } from "./connection-options.ts";
import { MessageSender, type SendOptions } from "./message-sender.ts";
import { FIN, Outbox } from "./outbox.ts";
import type { PreparedMessage } from "./prepared-message.ts";
import { Reception } from "./reception.ts";

/** §5.5: the longest payload of a control frame. */
const MAX_CONTROL_BYTES = 125;

/**
 * An open connection. It is made by a handshake, or directly where the handshake is somebody else's; there is no
 * connection before the handshake has succeeded.
 *
 * See `Machine` for the contract of the methods that a driver calls.
 *
 * ```ts
 * const connection = new Connection(now, { role: "server", random: crypto.getRandomValues.bind(crypto) });
 * connection.receive(now, bytes);
 * for (let event; (event = connection.nextEvent()) !== undefined; ) {
 *   if (event.kind === "text") connection.sendText(event.text);
 * }
 * for (let effect; (effect = connection.nextEffect()) !== undefined; ) perform(effect);
 * wakeMeAt(connection.deadline);
 * ```
 */
export class Connection implements Machine<ConnectionEvent> {
  readonly #settings: ConnectionSettings;
  readonly #reception: Reception;
  readonly #outbox: Outbox;
  readonly #sender: MessageSender;
  readonly #keepalive: Keepalive;
  readonly #pings = new PingLedger();
  readonly #activity: Activity;
  /** The latest reading of the clock. One that steps backwards is taken to stand still. */
  #now: Instant;
  /** The peer's FIN arrived; it counts once the bytes before it are parsed. */
  #endReceived = false;
  #endHandled = false;
  #transportGone = false;
  #closing: Closing | undefined = undefined;
  #closeDeadline: Deadline | undefined = undefined;
  #closed: ClosedEvent | undefined = undefined;
  #closedTaken = false;

  /**
   * The connection opened at `now`. Settings may be shared by any number of connections; options are checked here and
   * throw `UsageError` "bad-option". `transform` is a negotiated extension's, for this connection alone.
   */
  constructor(now: Instant, options: ConnectionOptions | ConnectionSettings, transform?: MessageTransform) {
    const settings = options instanceof ConnectionSettings ? options : new ConnectionSettings(options);
    this.#settings = settings;
    this.#activity = new Activity(now);
    this.#now = now;
    this.#reception = new Reception(settings, transform);
    this.#outbox = new Outbox(settings.masked ? settings.randomWords : undefined, settings.textCodec, settings.slab);
    this.#sender = new MessageSender(this.#outbox, settings.textCodec, transform);
    this.#keepalive = new Keepalive(now, settings);
  }

  // ---- the application ----

  /**
   * Queues a text message. A lone surrogate is sent as U+FFFD.
   *
   * Throws `UsageError` "not-open", "message-in-progress" between the fragments of another message, "bad-argument".
   */
  sendText(text: string, options?: SendOptions): void {
    this.#requireOpen();
    this.#sender.text(text, options);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /**
   * Queues a binary message. `bytes` is never written to; from 64 KiB on a server passes it on by reference, so it must
   * not be changed, or transferred, until the transport has sent it. Throws like `sendText`.
   */
  sendBinary(bytes: Uint8Array, options?: SendOptions): void {
    this.#requireOpen();
    this.#sender.binary(bytes, options);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /**
   * Queues a text message that is UTF-8 already; otherwise like `sendBinary`. Throws like `sendText`, and "bad-argument"
   * for bytes that are not well-formed.
   */
  sendUtf8(bytes: Uint8Array, options?: SendOptions): void {
    this.#requireOpen();
    this.#sender.utf8(bytes, this.#settings.isWellFormed, options);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /** Queues a message as what it is: one that was received, for example. Throws as the method for its kind does. */
  sendMessage(message: Message, options?: SendOptions): void {
    switch (message?.kind) {
      case "text":
        this.sendText(message.text, options);
        break;
      case "binary":
        this.sendBinary(message.bytes, options);
        break;
      case "utf8":
        this.sendUtf8(message.bytes, options);
        break;
      default:
        this.#requireOpen();
        throw new UsageError("bad-argument", "a message is of the kind text, binary or utf8");
    }
  }

  /** Queues a message that `prepareMessage` has prepared. Throws like `sendText`. */
  sendPrepared(message: PreparedMessage): void {
    this.#requireOpen();
    this.#sender.prepared(message);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /**
   * Queues the next piece of a message in a frame of its own (§5.4); `fin` marks the last. The first piece decides
   * whether the message is text or binary. Control frames may go between the pieces, other messages may not. A surrogate
   * pair may be cut between two pieces. Throws like `sendText`.
   */
  sendFragment(content: string | Uint8Array, fin: boolean, options?: SendOptions): void {
    this.#requireOpen();
    this.#sender.fragment(content, fin, options);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /**
   * Queues a Ping and returns the id that a `"pong"` event will acknowledge. Without `payload` (0 to 125 bytes, copied)
   * it carries four random bytes. The answer is never waited for: only keepalive's own Pings end connections. (If the
   * Ping could not be masked, because randomness failed, the connection is closed and the id is 0.)
   *
   * Throws `UsageError` "not-open", "control-too-long", "duplicate-ping" while a Ping with the same payload waits, and
   * "too-many-pings" while 256 wait.
   */
  ping(now: Instant, payload?: Uint8Array): number {
    const at = this.#advance(now);
    this.#requireOpen();
    if (payload !== undefined) checkControlPayload(payload);
    this.#pings.check(payload);
    return this.#queuePing(
      at,
      payload === undefined ? this.#pings.draw(this.#settings.randomWords) : new Uint8Array(payload),
    );
  }

  /** Queues an unsolicited Pong, or with `autoPong: false` the answer to a Ping (§5.5.3). Throws like `ping`. */
  pong(payload: Uint8Array): void {
    this.#requireOpen();
    checkControlPayload(payload);
    this.#outbox.frame(FIN | Opcode.Pong, payload);
    if (this.#outbox.randomFailed) this.#failRandom();
  }

  /**
   * Begins the closing handshake (§7.1.2). Nothing can be sent afterwards; what the peer sent before its Close is still
   * delivered. Without effect once closing has begun.
   *
   * Throws `UsageError` "bad-close-code" for a code that may not be sent (§7.4), "bad-close-reason" for a reason of more
   * than 123 bytes of UTF-8.
   */
  close(now: Instant, code: number = CloseCode.Normal, reason = ""): void {
    const at = this.#advance(now);
    const status = checkCloseStatus(code, reason);
    if (this.state !== "open") return;
    this.#beginClosing(at, 0);
    this.#sendClose(status);
  }

  /**
   * Ends a connection whose peer does not take what is sent to it, with 1008: for drivers that watch the queue. Without
   * effect once closing has begun.
   */
  failOverflow(now: Instant): void {
    const at = this.#advance(now);
    if (this.state !== "open") return;
    this.#fail(at, { kind: "queue-overflow" }, { code: CloseCode.PolicyViolation, reason: "too slow" }, 0);
  }

  /** Drops the transport at once, without a closing handshake. Without effect once closed. */
  abort(now: Instant): void {
    this.#drop(this.#advance(now), { kind: "aborted" }, 0);
  }

  nextEvent(): ConnectionEvent | undefined {
    for (;;) {
      const item = this.#reception.next();
      if (item === undefined) {
        if (this.#endReceived && !this.#endHandled) {
          this.#handleEnd();
          continue;
        }
        return this.#takeClosed();
      }
      switch (item.kind) {
        case "control": {
          const event = this.#receiveControl(item.opcode, item.payload);
          if (event !== undefined) return event;
          break;
        }
        case "violation":
          this.#failViolation(item.violation);
          break;
        default:
          return item;
      }
    }
  }

  // ---- the transport ----

  receive(now: Instant, bytes: Uint8Array): void {
    const at = this.#advance(now);
    if (bytes.length === 0 || this.#endReceived || this.#closed !== undefined) return;
    this.#activity.received(at);
    this.#keepalive.received(at);
    this.#reception.receive(at, bytes);
  }

  get hasReleasedBytes(): boolean {
    return this.#reception.hasReleasedChunks;
  }

  receiveEnd(now: Instant): void {
    this.#advance(now);
    this.#endReceived = true;
  }

  handleTransportClosed(now: Instant): void {
    const at = this.#advance(now);
    if (this.#transportGone || this.#closed !== undefined) return;
    this.#transportGone = true;
    this.#beginClosing(at, 0);
    this.#closeDeadline = undefined;
    this.#outbox.discard();
  }

  handleTransportQueue(now: Instant, queuedBytes: number): void {
    const at = this.#advance(now);
    if (this.#activity.transportHolds(at, queuedBytes)) this.#keepalive.transmitted(at);
  }

  receivePaused(now: Instant): void {
    const at = this.#advance(now);
    this.#activity.readingPaused = true;
    this.#keepalive.paused(at);
  }

  receiveResumed(now: Instant): void {
    const at = this.#advance(now);
    this.#activity.readingPaused = false;
    this.#keepalive.resumed(at);
  }

  nextEffect(): Effect | undefined {
    const effect = this.#outbox.next();
    if (this.#outbox.randomFailed && this.#closed === undefined) {
      this.#failRandom(); // a Pong could not be masked
      return this.#outbox.next();
    }
    if (effect?.kind === "write") this.#activity.written(effect.bytes.length);
    return effect;
  }

  handleEffectsReleased(): void {
    this.#outbox.effectsReleased();
  }

  // ---- the clock ----

  get deadline(): Instant | undefined {
    // No more than one of them is set: no Ping is due while one is outstanding, and none at all while closing.
    return this.#closeDeadline?.at ?? this.#keepalive.pongDeadline ?? this.#keepalive.pingDeadline;
  }

  get deadlineName(): DeadlineName | undefined {
    if (this.#closeDeadline !== undefined) return "close";
    if (this.#keepalive.pongDeadline !== undefined) return "pong";
    return this.#keepalive.pingDeadline === undefined ? undefined : "ping";
  }

  handleTimeout(now: Instant): void {
    const at = this.#advance(now);
    const unread = this.#reception.hasUnread;
    const closeDeadline = this.#closeDeadline;
    if (closeDeadline?.hasPassed(at, unread)) {
      const cause: CloseCause =
        this.#closing?.first === "sent" ? { kind: "close-timeout" } : { kind: "transport-lost" };
      this.#drop(at, this.#closing?.complete ? undefined : cause, closeDeadline.lateBy);
      return;
    }
    const keepalive = this.#keepalive;
    if (keepalive.hasFailed(at, unread)) {
      this.#failPing(at, keepalive.lateBy);
      return;
    }
    const due = keepalive.pingDeadline;
    if (due === undefined || at < due) return;
    const id = this.#queuePing(at, this.#pings.draw(this.#settings.randomWords));
    if (this.#closing === undefined) keepalive.pingQueued(at, id);
  }

  // ---- observation ----

  /**
   * `"open"` until the first sign of closing; `"closed"` once the transport is gone, or dropped. What was received before
   * is still delivered then, and the `"closed"` event last.
   */
  get state(): "open" | "closing" | "closed" {
    if (this.#closing === undefined) return "open";
    return this.#closed === undefined && !this.#transportGone ? "closing" : "closed";
  }

  /**
   * How it ends: the `"closed"` event, once there is one; before, from the first sign of closing on, as much of it as can
   * be told. A closing handshake that is under way then counts as the cause, but not as clean.
   */
  get ending(): ClosedEvent | undefined {
    return this.#closed ?? this.#closing?.soFar();
  }

  /** The last matched round trip in ms, `undefined` before the first. */
  get latency(): Duration | undefined {
    return this.#pings.roundTrips?.latest;
  }

  /** Statistics of all round trips, `undefined` before the first. */
  get rtt(): RoundTripStatistics | undefined {
    return this.#pings.roundTrips;
  }

  /** Bytes that are queued and that `nextEffect()` has not handed out. */
  get outgoingBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Whether there are received bytes that `nextEvent()` has not looked at. */
  get hasUnread(): boolean {
    return this.#reception.hasUnread;
  }

  /** Whether what arrives is dropped unseen: behind a Close, or because the connection has failed. */
  get discardsInput(): boolean {
    return this.#reception.discards;
  }

  /** Whether events carry whole messages or fragments. */
  get delivery(): "messages" | "fragments" {
    return this.#settings.delivery;
  }

  /** Bytes that were queued and that the transport has not handed on, as far as it told us. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes + this.#activity.transportBytes;
  }

  /** Bytes of memory held for what was received and not delivered. */
  get retainedBytes(): number {
    return this.#reception.retainedBytes;
  }

  /** What is known about the connection; after the first sign of closing, what was known then. */
  diagnose(now: Instant): Diagnosis {
    return this.#closing?.diagnosis ?? this.#diagnosis(this.#advance(now), 0);
  }

  // ---- liveness ----

  #queuePing(at: Instant, payload: Uint8Array): number {
    this.#outbox.frame(FIN | Opcode.Ping, payload);
    if (!this.#outbox.randomFailed) return this.#pings.add(at, payload);
    this.#failRandom();
    return 0;
  }

  #receivePong(payload: Uint8Array): ConnectionEvent {
    const at = this.#reception.arrivedAt;
    const acknowledged = this.#pings.settle(at, payload);
    const outstanding = this.#keepalive.outstanding;
    if (acknowledged.some((ping) => ping.id === outstanding)) this.#keepalive.pongArrived();
    return { kind: "pong", payload, acknowledged };
  }

  // ---- control frames ----

  #receiveControl(opcode: number, payload: Uint8Array): ConnectionEvent | undefined {
    if (opcode === Opcode.Pong) return this.#receivePong(payload);
    if (opcode === Opcode.Close) return this.#receiveClose(payload);
    // §5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame"; after that
    // one nothing is read. The event's payload is the application's, to change as it likes.
    if (this.#settings.autoPong) this.#outbox.pong(payload.slice());
    return { kind: "ping", payload };
  }

  #receiveClose(payload: Uint8Array): ConnectionEvent | undefined {
    const status = readClosePayload(payload);
    if (typeof status === "string") {
      this.#failViolation(status);
      return undefined;
    }
    const closing = this.#beginClosing(this.#now, 0);
    closing.closeReceived(status);
    this.#reception.discard(); // §5.5.1: what follows a Close is not read
    if (closing.sent === undefined && !this.#transportGone) {
      // §5.5.1: "the endpoint typically echos the status code it received"; there is none to echo in an empty one.
      const code = status.code === CloseCode.NoStatusReceived ? CloseCode.Normal : status.code;
      this.#sendClose({ code, reason: "" });
    }
    // §7.1.1: the server ends the transport first, the client waits for it.
    if (!this.#settings.masked) this.#outbox.end();
    return { kind: "closing", code: status.code, reason: status.reason };
  }

  // ---- closing ----

  #sendClose(status: CloseStatus): void {
    this.#sender.close(writeClosePayload(status));
    if (this.#outbox.randomFailed) this.#failRandom();
    else this.#closing?.closeSent(status);
  }

  #beginClosing(at: Instant, lateBy: Duration): Closing {
    if (this.#closing !== undefined) return this.#closing;
    this.#closing = new Closing(this.#diagnosis(at, lateBy));
    this.#keepalive.stop();
    if (this.#settings.closeTimeout !== null) {
      this.#closeDeadline = new Deadline();
      this.#closeDeadline.set(at + this.#settings.closeTimeout);
    }
    return this.#closing;
  }

  /** §7.1.7, _Fail the WebSocket Connection_: say why, and process nothing more. */
  #fail(at: Instant, cause: CloseCause, status: CloseStatus, lateBy: Duration): void {
    const closing = this.#beginClosing(at, lateBy);
    closing.blame(cause);
    this.#reception.discard();
    if (closing.sent === undefined && !this.#transportGone) {
      this.#outbox.dropBacklog();
      this.#sendClose(status);
    }
    if (!this.#settings.masked) this.#outbox.end();
  }

  #failViolation(violation: Violation): void {
    const { closeCode, message } = violations[violation];
    this.#fail(this.#now, { kind: "violation", violation }, { code: closeCode, reason: message }, 0);
  }

  #failPing(at: Instant, lateBy: Duration): void {
    const cause: CloseCause = { kind: "ping-timeout" };
    if (this.#settings.onPingTimeout === "abort") this.#drop(at, cause, lateBy);
    else this.#fail(at, cause, { code: CloseCode.InternalError, reason: "keepalive ping timeout" }, lateBy);
  }

  /** §5.3: without unpredictable keys not even a Close can be sent. */
  #failRandom(): void {
    this.#drop(this.#now, { kind: "random-failed" }, 0);
  }

  #drop(at: Instant, cause: CloseCause | undefined, lateBy: Duration): void {
    if (this.#closed !== undefined) return;
    const closing = this.#beginClosing(at, lateBy);
    if (cause !== undefined) closing.blame(cause);
    if (!this.#transportGone) this.#outbox.destroy();
    this.#finish(false);
  }

  /** The peer's FIN: after the closing handshake it is what a client waits for, before it is a loss. */
  #handleEnd(): void {
    this.#endHandled = true;
    this.#beginClosing(this.#now, 0);
    this.#outbox.end();
  }

  #finish(ended: boolean): void {
    this.#closeDeadline = undefined;
    this.#reception.discard(); // whoever keeps the connection keeps no half of a message with it
    this.#closed = this.#closing?.closed(ended);
  }

  #takeClosed(): ConnectionEvent | undefined {
    if (this.#transportGone && this.#closed === undefined) this.#finish(true);
    if (this.#closed === undefined || this.#closedTaken) return undefined;
    this.#closedTaken = true;
    return this.#closed;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new UsageError("not-open", `the connection is ${this.state}`);
  }

  #advance(now: Instant): Instant {
    if (now > this.#now) this.#now = now;
    return this.#now;
  }

  #diagnosis(at: Instant, wokenLateBy: Duration): Diagnosis {
    // Not spread: V8 gives each object that is made so a hidden class of its own.
    const { age, sinceReceived, sinceTransmitted, readingPaused } = this.#activity.diagnosis(at);
    return {
      age,
      sinceReceived,
      sinceTransmitted,
      sincePong: ageOf(this.#pings.settledAt, at),
      unansweredPings: this.#pings.size,
      latency: this.latency,
      queuedBytes: this.queuedBytes,
      readingPaused,
      wokenLateBy,
    };
  }
}

function checkControlPayload(payload: Uint8Array): void {
  if (!isUsableBytes(payload)) {
    throw new UsageError("bad-argument", "a payload must be a Uint8Array that was not detached");
  }
  if (payload.length > MAX_CONTROL_BYTES) {
    throw new UsageError(
      "control-too-long",
      `the payload of a control frame has ${payload.length} bytes, 125 are allowed`,
    );
  }
}
