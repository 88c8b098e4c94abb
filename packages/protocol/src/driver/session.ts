// What an application holds, on every runtime: one open connection, with back-pressure both ways.

import type { Connection } from "../connection/connection.ts";
import type { SendOptions } from "../connection/message-sender.ts";
import type { PreparedMessage } from "../connection/prepared-message.ts";
import type { RoundTripStatistics } from "../liveness/round-trip.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { ClosedEvent, Diagnosis, Fragment, Message } from "../vocabulary/event.ts";
import type { DeadlineName } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { asyncDispose } from "./async-dispose.ts";
import type { Driver } from "./driver.ts";
import type { Inbox, Item } from "./inbox.ts";
import { SessionEvents } from "./session-events.ts";
import type { SessionSettings } from "./session-options.ts";
import { MessageStreams, type StreamedMessage } from "./streamed-message.ts";

/** So many times `highWaterBytes` may gather inside one pump of the driver: what one chunk causes goes out in one write. */
const FLUSHED_FROM = 4;

/** A message that is sent piece by piece; its first piece decides whether it is text or binary. */
export type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** What is waited for next, and by when on the clock of the adapter. */
export interface TimerRequest {
  readonly name: DeadlineName;
  readonly at: Instant;
  /** From now, in ms; 0 if it is overdue. */
  readonly remaining: Duration;
}

/**
 * An open connection, as an application uses it: send, iterate over what arrives, ping, close.
 *
 * ```ts
 * for await (const message of session) {
 *   await session.send(message); // waits while the peer is slow
 * }
 * ```
 *
 * Iteration ends when the connection was closed normally, and throws `ConnectionClosed` when it ended otherwise.
 */
export class Session<Opening = unknown, Data = unknown> implements AsyncIterable<Message> {
  /** What the opening handshake found out. */
  readonly opening: Opening;
  /**
   * What the application wants to remember about this connection: on a server what `authorize` consented with, if it did.
   */
  data: Data = undefined as Data;
  /**
   * Where the list of its server has it.
   *
   * @internal
   */
  place = -1;
  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #settings: SessionSettings;
  readonly #events: SessionEvents;
  /** Settles when the message that is being sent piece by piece is finished. */
  #pieces: Promise<void> | undefined = undefined;
  #streams: MessageStreams | undefined = undefined;

  /** Made where a handshake has succeeded: by the adapters, or by an embedder. Nothing happens before `start()`. */
  constructor(connection: Connection, driver: Driver, settings: SessionSettings, opening: Opening) {
    this.opening = opening;
    this.#connection = connection;
    this.#driver = driver;
    this.#settings = settings;
    this.#events = new SessionEvents(this, connection, driver, settings);
  }

  /** Runs the connection on the driver, in place of what ran there before, and calls back that the session is open. */
  start(): void {
    this.#driver.run(this.#connection, this.#events);
  }

  // ---- sending ----

  /**
   * Sends a message: a string as text, bytes as binary, an iterable of either piece by piece, as one message: each piece
   * at once, in a frame of its own, and an empty one at the end; a message
   * object, such as one that was received, as the kind that it is. Resolves when there is room for more, at once unless
   * more than `highWaterBytes` waits to be sent. Messages go out in the order of the calls. Bytes must not be changed
   * before they are sent.
   *
   * Throws `UsageError` "bad-argument"; rejects with `ConnectionClosed` once closing has begun, with what is known of it by
   * then. Nobody need await it: the rejection is not reported as unhandled.
   */
  send(content: string | Uint8Array | Message | Pieces, options?: SendOptions): Promise<void> {
    if (this.#pieces !== undefined) return this.#after(this.#pieces, () => this.send(content, options));
    if (!this.#maySend()) return this.#rejectClosed();
    if (typeof content === "string") this.#connection.sendText(content, options);
    else if (content instanceof Uint8Array) this.#connection.sendBinary(content, options);
    else if (isIterable(content)) return this.#sendPieces(content, options);
    else this.#connection.sendMessage(content, options);
    return this.#sent();
  }

  /** Sends what `prepareMessage` has prepared; otherwise like `send`. */
  sendPrepared(message: PreparedMessage): Promise<void> {
    if (this.#pieces !== undefined) return this.#after(this.#pieces, () => this.sendPrepared(message));
    if (!this.#maySend()) return this.#rejectClosed();
    this.#connection.sendPrepared(message);
    return this.#sent();
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#connection.outgoingBytes + this.#driver.transport.queuedBytes;
  }

  // ---- receiving ----

  /** The messages, one after another. Iterations share what arrives: each message goes to one of them. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    if (this.#connection.delivery !== "messages") {
      throw new UsageError("bad-option", 'with delivery: "fragments" use streams()');
    }
    const inbox = this.#startIterating();
    let left = false;
    // The engine delivers whole messages only, as was just checked.
    return {
      next: () => this.#next(inbox) as Promise<IteratorResult<Message, undefined>>,
      return: () => {
        if (!left) this.#stopIterating();
        left = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** With `delivery: "fragments"`: the messages, each to be read while it arrives. */
  streams(): AsyncIterable<StreamedMessage> {
    if (this.#connection.delivery !== "fragments") {
      throw new UsageError("bad-option", 'streams() needs delivery: "fragments"');
    }
    const inbox = this.#startIterating();
    this.#streams ??= new MessageStreams(
      async () => (await this.#next(inbox)).value as Fragment | undefined,
      () => this.#events.whyNot(),
    );
    return this.#streams.messages(() => this.#stopIterating());
  }

  /** Takes no more events, and soon the network pushes back on the peer. For callbacks; iterating does it by itself. */
  pause(): void {
    this.#events.paused = true;
    this.#driver.pump();
  }

  /** Takes events again, those that have waited first. */
  resume(): void {
    this.#events.paused = false;
    this.#driver.pump();
  }

  // ---- liveness ----

  /**
   * Sends a Ping (payload: 0 to 125 bytes, by default four random ones) and resolves to the round trip in ms. Rejects
   * with `ConnectionClosed` if the connection ends first; throws `UsageError` as `Connection.ping` does.
   *
   * A Pong comes behind the messages that were sent before it. Whoever waits for one inside a loop over messages waits for
   * himself if more than `readAheadBytes` of them lie unread: wait for it beside the loop.
   */
  ping(payload?: Uint8Array): Promise<Duration> {
    if (this.#connection.state !== "open") return this.#rejectClosed();
    const id = this.#connection.ping(this.#driver.clock.now(), payload);
    this.#flushSoon();
    return this.#events.whenAcknowledged(id);
  }

  /** Sends a Pong that nobody asked for, or with `autoPong: false` the answer to a Ping. */
  pong(payload: Uint8Array): void {
    if (this.#connection.state !== "open") return;
    this.#connection.pong(payload);
    this.#flushSoon();
  }

  /** The last round trip in ms, of keepalive's Pings or of `ping()`; `undefined` before the first. */
  get latency(): Duration | undefined {
    return this.#connection.latency;
  }

  /** Statistics of the round trips. */
  get rtt(): RoundTripStatistics | undefined {
    return this.#connection.rtt;
  }

  /** What the connection waits for next. */
  get timer(): TimerRequest | undefined {
    const { deadline, deadlineName } = this.#connection;
    if (deadline === undefined || deadlineName === undefined) return undefined;
    return { name: deadlineName, at: deadline, remaining: Math.max(0, deadline - this.#driver.clock.now()) };
  }

  /** What is known about the connection now; after the first sign of closing, what was known then. */
  diagnose(): Diagnosis {
    const now = this.#driver.clock.now();
    this.#connection.handleTransportQueue(now, this.#driver.transport.queuedBytes);
    return this.#connection.diagnose(now);
  }

  // ---- closing ----

  get state(): "open" | "closing" | "closed" {
    return this.#connection.state;
  }

  /**
   * Begins the closing handshake, behind everything that was sent, and resolves when the connection has ended. Messages
   * that still arrive are dropped. On a connection that is closing already it only waits.
   *
   * Throws `UsageError` "bad-close-code", "bad-close-reason".
   */
  close(code: number = CloseCode.Normal, reason = ""): Promise<ClosedEvent> {
    this.#connection.close(this.#driver.clock.now(), code, reason);
    this.#events.dropping = true;
    return this.closed;
  }

  /**
   * Begins the closing handshake as `close()` does, but whoever iterates still gets what the peer sent before its Close:
   * for servers that shut down.
   */
  goAway(code: number = CloseCode.GoingAway, reason = ""): Promise<ClosedEvent> {
    this.#connection.close(this.#driver.clock.now(), code, reason);
    this.#driver.pump();
    return this.#events.whenClosed();
  }

  /** Drops the connection at once, without a Close frame. */
  abort(): void {
    this.#connection.abort(this.#driver.clock.now());
    this.#driver.pump();
  }

  /**
   * Resolves when the connection has ended; never rejects. While somebody waits for it and nobody iterates, messages
   * that arrive are dropped.
   */
  get closed(): Promise<ClosedEvent> {
    const { closed } = this.#events;
    this.#driver.pump();
    return closed;
  }

  /** Resolves when the connection has ended, like `closed`, but messages are kept for whoever may come to iterate. */
  whenClosed(): Promise<ClosedEvent> {
    return this.#events.whenClosed();
  }

  /** What the runtime said when the transport failed, such as ECONNRESET. */
  get transportError(): unknown {
    return this.#driver.transportError;
  }

  static {
    // `await using session = …` closes it. Adapters declare the type, where the language level has it.
    Object.defineProperty(Session.prototype, asyncDispose, {
      value(this: Session) {
        return this.close().then(() => {});
      },
    });
  }

  /** The application failed: `error` is reported, and the session closed with 1011. */
  fail(error: unknown): void {
    this.#events.fail(error);
  }

  // ---- inside ----

  #startIterating(): Inbox {
    const { inbox } = this.#events;
    if (inbox === undefined) throw new UsageError("bad-option", "the messages of this session go to a callback");
    this.#events.iterations++;
    this.#events.dropping = false;
    return inbox;
  }

  #stopIterating(): void {
    this.#events.iterations--;
    this.#driver.pump(); // somebody may wait for the end alone
  }

  #next(inbox: Inbox): Promise<IteratorResult<Item, undefined>> {
    const taken = inbox.take();
    if (taken !== undefined) {
      this.#driver.endTurnSoon(); // there is room to look ahead again
      return Promise.resolve({ done: false, value: taken });
    }
    const found = inbox.seek(this.#driver);
    return found === undefined ? inbox.wait() : Promise.resolve({ done: false, value: found });
  }

  #sent(): Promise<void> {
    const { highWaterBytes } = this.#settings;
    // Inside the loop effects are performed soon anyway, and one large write costs less than two.
    const most = this.#driver.pumping ? FLUSHED_FROM * highWaterBytes : highWaterBytes;
    if (this.#connection.outgoingBytes > most) this.#driver.flush();
    this.#flushSoon();
    return this.#events.whenWritable();
  }

  /** Whether a message may be sent. One that comes when too much is waiting already ends the connection instead. */
  #maySend(): boolean {
    if (this.#connection.state !== "open") return false;
    const { maxQueuedBytes } = this.#settings;
    if (this.#events.queuedBytes <= maxQueuedBytes || this.queuedBytes <= maxQueuedBytes) return true;
    this.#connection.failOverflow(this.#driver.clock.now());
    this.#flushSoon();
    return false;
  }

  /** Everything that is sent in one turn goes out in one write. */
  #flushSoon(): void {
    if (!this.#driver.pumping) this.#driver.endTurnSoon();
  }

  #sendPieces(pieces: Pieces, options: SendOptions | undefined): Promise<void> {
    const sending = this.#sendEachPiece(pieces, options);
    const finished = sending.then(
      () => {},
      () => {},
    );
    this.#pieces = finished;
    void finished.then(() => {
      this.#pieces = undefined; // before those who wait behind it go on
    });
    sending.catch(() => {});
    return sending;
  }

  async #sendEachPiece(pieces: Pieces, options: SendOptions | undefined): Promise<void> {
    // What ends the message: which piece was the last is known only when no other comes, and none is to wait for that.
    let end: string | Uint8Array | undefined;
    try {
      for await (const piece of pieces) {
        await this.#sendPiece(piece, false, options);
        end ??= typeof piece === "string" ? "" : new Uint8Array(0);
      }
      if (end === undefined) throw new UsageError("bad-argument", "a message needs at least one piece");
      await this.#sendPiece(end, true, options);
    } catch (error) {
      // Half a message is out: there is no way to take it back (§5.4).
      if (end !== undefined)
        this.#connection.close(this.#driver.clock.now(), CloseCode.InternalError, "a message was not finished");
      this.#flushSoon();
      throw error;
    }
  }

  #sendPiece(piece: string | Uint8Array, fin: boolean, options: SendOptions | undefined): Promise<void> {
    if (!this.#maySend()) return this.#rejectClosed();
    this.#connection.sendFragment(piece, fin, options);
    return this.#sent();
  }

  #after(earlier: Promise<void>, action: () => Promise<void>): Promise<void> {
    const result = earlier.then(action);
    result.catch(() => {});
    return result;
  }

  #rejectClosed(): Promise<never> {
    const result = Promise.reject(this.#events.whyNot());
    result.catch(() => {});
    return result;
  }
}

function isIterable(content: Message | Pieces): content is Pieces {
  return (
    typeof content === "object" && content !== null && (Symbol.asyncIterator in content || Symbol.iterator in content)
  );
}
