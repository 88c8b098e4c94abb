// What happens on a session's connection, on its way to the application: to callbacks, to whoever iterates, to the
// promises that wait for a Pong, for room, or for the end.

import type { Connection } from "../connection/connection.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { ClosedEvent, ConnectionEvent, Message } from "../vocabulary/event.ts";
import type { Duration } from "../vocabulary/time.ts";
import { ConnectionClosed, isNormalClose } from "./connection-closed.ts";
import { type Deferred, defer } from "./deferred.ts";
import type { Driver, EventConsumer } from "./driver.ts";
import { Inbox, type Item } from "./inbox.ts";
import { keepaliveCandidate } from "./keepalive-answers.ts";
import type { Session } from "./session.ts";
import type { SessionSettings } from "./session-options.ts";

// Shared by every call that need not wait, so that sending allocates no promise.
const DONE: Promise<void> = Promise.resolve();

/** What a Pong takes beside its payload, at most. */
const PONG_OVERHEAD = 6;

export class SessionEvents implements EventConsumer<ConnectionEvent> {
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #settings: SessionSettings;
  /** `undefined` where a callback takes the messages, or fragments. */
  readonly inbox: Inbox | undefined;
  /** How many iterations have begun and were not left. */
  iterations = 0;
  /** Whatever arrives is of no interest any more, unless another iteration begins. */
  dropping = false;
  paused = false;
  closedEvent: ClosedEvent | undefined = undefined;
  #closed: Deferred<ClosedEvent> | undefined = undefined;
  #endIsAwaited = false;
  #drained: Deferred<void> | undefined = undefined;
  /** There was more to send than `highWaterBytes`, and not yet as little as `lowWaterBytes`. */
  #full = false;
  /** While more than `highWaterBytes` waits: how much was queued in answer to events, Pongs included. */
  #answeredBytes = 0;
  /** How much there was to send when it was asked whether the next event is wanted. */
  #queuedBefore = 0;
  #pings: Map<number, Deferred<Duration>> | undefined = undefined;

  constructor(session: Session, connection: Connection, driver: Driver, settings: SessionSettings) {
    this.#session = session;
    this.#connection = connection;
    this.#driver = driver;
    this.#settings = settings;
    const { callbacks } = settings;
    const taker = connection.delivery === "messages" ? callbacks?.message : callbacks?.fragment;
    this.inbox = taker === undefined ? new Inbox(settings.readAheadBytes) : undefined;
  }

  /** Bytes that were sent and that the operating system has not taken, when the driver last looked. */
  get queuedBytes(): number {
    return this.#connection.outgoingBytes + this.#driver.transportBytes;
  }

  // ---- promises ----

  /** Settles with the end of the connection, which is all that is waited for unless somebody iterates. */
  get closed(): Promise<ClosedEvent> {
    this.#endIsAwaited = true;
    return this.whenClosed();
  }

  /** Settles with the end of the connection. */
  whenClosed(): Promise<ClosedEvent> {
    if (this.#closed === undefined) {
      this.#closed = defer();
      if (this.closedEvent !== undefined) this.#closed.resolve(this.closedEvent);
    }
    return this.#closed.promise;
  }

  /**
   * Why something cannot be done once closing has begun. The end is not waited for: it may lie behind messages that are
   * taken only when whoever asks goes on.
   */
  whyNot(): ConnectionClosed {
    return new ConnectionClosed(this.#connection.ending!);
  }

  /** Settles when there is room to send more: at once, unless there is more than `highWaterBytes` to send. */
  whenWritable(): Promise<void> {
    if (this.queuedBytes <= this.#settings.highWaterBytes) return DONE;
    this.#full = true;
    this.#drained ??= defer();
    return this.#drained.promise;
  }

  /** Settles with the round trip of the Ping `id`. */
  whenAcknowledged(id: number): Promise<Duration> {
    const acknowledged = defer<Duration>();
    this.#pings ??= new Map();
    this.#pings.set(id, acknowledged);
    return acknowledged.promise;
  }

  // ---- the driver ----

  started(): void {
    this.#settings.observer.opened?.(this.#session);
    const open = this.#settings.callbacks?.open;
    if (open !== undefined) this.#guard(open);
  }

  get wantsEvents(): boolean {
    const connection = this.#connection;
    const isTaken = this.inbox === undefined || this.inbox.wants || this.#isUnwatched();
    // Nothing pushes back on a transport that is gone. What it left is taken when somebody asks for it; where nobody
    // iterates it is dropped, so that the end is reached.
    if (connection.state === "closed") return isTaken || !connection.hasUnread;
    if (connection.discardsInput) return true; // only the end is left to come
    return isTaken && !this.paused && !this.#answersTooMuch();
  }

  /**
   * A peer that sends a lot and takes no answers is not read from any more. Waiting alone is no reason: two peers that
   * send a lot to each other at once would both stop reading, and wait for ever.
   */
  #answersTooMuch(): boolean {
    const { highWaterBytes } = this.#settings;
    this.#queuedBefore = this.queuedBytes;
    if (this.#queuedBefore <= highWaterBytes) this.#answeredBytes = 0;
    return this.#answeredBytes > highWaterBytes;
  }

  /** Nobody will ask for messages: the application waits for the end alone. */
  #isUnwatched(): boolean {
    return this.#endIsAwaited && (this.iterations === 0 || this.dropping);
  }

  handleEvent(event: ConnectionEvent): void {
    if (this.#settings.answerKeepalive === undefined || !this.#answersKeepalive(event)) this.#dispatch(event);
    if (this.#queuedBefore <= this.#settings.highWaterBytes) return;
    this.#answeredBytes += Math.max(0, this.queuedBytes - this.#queuedBefore);
    if (event.kind === "ping") this.#answeredBytes += event.payload.length + PONG_OVERHEAD; // it is not queued yet
  }

  #dispatch(event: ConnectionEvent): void {
    if (this.inbox === undefined && (event.kind === "binary" || event.kind === "text" || event.kind === "utf8")) {
      this.#callWithMessage(event);
    } else this.#handle(event);
  }

  /** Answers a keepalive message, and says whether it was one. */
  #answersKeepalive(event: ConnectionEvent): boolean {
    const candidate = keepaliveCandidate(event);
    if (candidate === undefined) return false;
    try {
      const answer = this.#settings.answerKeepalive!(candidate);
      if (answer !== undefined) void this.#session.send(answer);
      return answer !== undefined;
    } catch (error) {
      this.fail(error);
      return true;
    }
  }

  #handle(event: ConnectionEvent): void {
    const { callbacks, observer } = this.#settings;
    const session = this.#session;
    switch (event.kind) {
      case "text":
      case "binary":
      case "utf8":
        this.#deliver(this.inbox!, event);
        break;
      case "fragment":
        if (this.inbox !== undefined) this.#deliver(this.inbox, event);
        else this.#guard(callbacks!.fragment!, event);
        break;
      case "ping":
        observer.ping?.(session, event.payload);
        if (callbacks?.ping !== undefined) this.#guard(callbacks.ping, event.payload);
        break;
      case "pong": {
        const latency = event.acknowledged.at(-1)?.roundTrip;
        observer.pong?.(session, event.payload, latency);
        for (const { id, roundTrip } of event.acknowledged) {
          this.#pings?.get(id)?.resolve(roundTrip);
          this.#pings?.delete(id);
        }
        if (callbacks?.pong !== undefined) this.#guard(callbacks.pong, event.payload, latency);
        break;
      }
      case "closing":
        break; // `closed` follows
      case "closed":
        this.#handleClosed(event);
        break;
    }
  }

  transportClosed(): void {
    this.#driver.pump();
    if (this.closedEvent === undefined) this.#rejectWaiting(this.#connection.ending!);
  }

  turnEnded(): void {
    this.inbox?.lookAhead();
  }

  effectsPerformed(): void {
    if (!this.#full || this.queuedBytes > this.#settings.lowWaterBytes) return;
    this.#full = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    const drain = this.#settings.callbacks?.drain;
    if (drain !== undefined) this.#guard(drain);
  }

  #deliver(inbox: Inbox, item: Item): void {
    if (!this.#isUnwatched()) inbox.deliver(item);
  }

  #handleClosed(event: ClosedEvent): void {
    this.closedEvent = event;
    this.#settings.observer.closed?.(this.#session, event);
    this.inbox?.end(isNormalClose(event) ? undefined : new ConnectionClosed(event));
    this.#rejectWaiting(event);
    this.#closed?.resolve(event);
    const close = this.#settings.callbacks?.close;
    if (close !== undefined) this.#guard(close, event);
  }

  /** There will be no Pong and no room any more. An error costs some microseconds, so it is made for somebody only. */
  #rejectWaiting(event: ClosedEvent): void {
    if (this.#pings === undefined && this.#drained === undefined) {
      this.#full = false;
      return;
    }
    const failure = new ConnectionClosed(event);
    for (const ping of this.#pings?.values() ?? []) ping.reject(failure);
    this.#pings = undefined;
    this.#drained?.reject(failure);
    this.#drained = undefined;
    this.#full = false;
  }

  /** What `#guard` does, for the one callback that is called for each message: by its name, without other arguments. */
  #callWithMessage(message: Message): void {
    try {
      const result = this.#settings.callbacks!.message!(this.#session, message);
      if (result !== undefined && result !== DONE) this.#watch(result);
    } catch (error) {
      this.fail(error);
    }
  }

  #watch(result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.fail(error));
  }

  /** Calls the application. Whatever it throws must neither reach the loop nor be lost. */
  #guard<A, B>(callback: (session: Session, a: A, b: B) => unknown, a: A, b: B): void;
  #guard<A>(callback: (session: Session, a: A) => unknown, a: A): void;
  #guard(callback: (session: Session) => unknown): void;
  #guard(callback: (session: Session, a?: unknown, b?: unknown) => unknown, a?: unknown, b?: unknown): void {
    try {
      const result = callback.call(this.#settings.callbacks, this.#session, a, b);
      // What `send()` returns when nobody need wait is worth no handler of its own.
      if (result !== DONE) this.#watch(result);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The application failed: the peer is told so (1011), and whoever watches is told what it was. */
  fail(error: unknown): void {
    // The diagnosis is made once for each connection, at the first sign of closing.
    const expected = error instanceof ConnectionClosed && error.event.diagnosis === this.#connection.ending?.diagnosis;
    if (!expected) this.#settings.observer.failed(this.#session, error);
    this.#connection.close(this.#driver.clock.now(), CloseCode.InternalError, "internal error");
    // Nobody is left who would take what still arrives.
    this.dropping = true;
    this.#endIsAwaited = true;
    this.#driver.pump();
  }
}
