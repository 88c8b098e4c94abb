// Keepalive, heartbeat and latency by messages of the application, for those who can send no Pings: browsers, and clients
// of servers that want to hear something at intervals. It sends nothing itself: whoever owns it takes `nextMessage()`,
// tells what arrives, and wakes it at its deadline.

import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { checkDuration, checkNumber, checkRandom, checkTimeout } from "./check-options.ts";
import { READ_PASS } from "./deadline.ts";
import { Keepalive } from "./keepalive.ts";
import { type Content, type KeepaliveFormat, MAX_KEEPALIVE_LENGTH, textKeepalive } from "./keepalive-format.ts";
import { type RoundTripStatistics, withRoundTrip } from "./round-trip.ts";

/** How keepalive by messages works. Times in ms. */
export interface MessageKeepaliveOptions {
  /** A message this long after the last one, the first one this long after opening. `null`: none by itself. Default: 20 000. */
  readonly interval?: Duration | null | undefined;
  /** The answer must arrive this soon after its message was queued. `null`: nothing is given up. Default: 20 000. */
  readonly timeout?: Duration | null | undefined;
  /** From 0 to 1: each interval is shortened at random by up to this share. Default: 0. */
  readonly jitter?: number | undefined;
  /**
   * What counts as life: the `"answer"`; any message that arrives (`"inbound"`); that, or that something of ours has left
   * (`"progress"`). Default: `"answer"`.
   */
  readonly liveness?: "answer" | "inbound" | "progress" | undefined;
  /** What asks and what answers. Default: `textKeepalive`. */
  readonly format?: KeepaliveFormat | undefined;
  /**
   * When the wake-up for a missing answer comes late (a throttled tab, a machine that slept), what has arrived meanwhile
   * gets this long to be delivered before the connection is given up. Default: 1 ms, one pass of an event loop.
   */
  readonly grace?: Duration | undefined;
  /** For the jitter. */
  readonly random: FillRandom;
}

/** What counts as life, in the words of `Keepalive`. */
const LIVENESS = { answer: "pong", inbound: "inbound", progress: "progress" } as const;

/** Options, completed and checked once, for any number of connections. Throws `UsageError` "bad-option". */
export class MessageKeepaliveSettings {
  readonly pingInterval: Duration | null;
  readonly pingTimeout: Duration | null;
  readonly pingJitter: number;
  readonly liveness: "pong" | "inbound" | "progress";
  readonly pausedReading: "count";
  readonly random: FillRandom;
  readonly readPass: Duration;
  readonly format: KeepaliveFormat;

  constructor(options: MessageKeepaliveOptions) {
    const { interval = 20_000, timeout = 20_000, jitter = 0, liveness = "answer", grace = READ_PASS } = options;
    this.pingInterval = checkTimeout("interval", interval);
    this.pingTimeout = checkTimeout("timeout", timeout);
    this.pingJitter = checkNumber("jitter", jitter, 0, 1);
    if (!Object.hasOwn(LIVENESS, liveness)) {
      throw new UsageError("bad-option", "liveness must be one of answer, inbound, progress");
    }
    this.liveness = LIVENESS[liveness];
    this.pausedReading = "count";
    this.random = checkRandom(options.random);
    this.readPass = checkDuration("grace", grace);
    this.format = options.format ?? textKeepalive;
  }
}

/** What was known when it was asked; ages in ms, `undefined` means never. */
export interface KeepaliveDiagnosis {
  /** Since the connection opened. */
  readonly age: Duration;
  /** Since the last message arrived. */
  readonly sinceReceived: Duration | undefined;
  /** Since the last answer. */
  readonly sinceAnswered: Duration | undefined;
  /** Since the message that has not been answered was queued. */
  readonly sinceAsked: Duration | undefined;
  /** The last round trip. */
  readonly latency: Duration | undefined;
  /** How late the wake-up came that found it silent for too long. */
  readonly wokenLateBy: Duration;
}

/**
 * Keepalive of one connection, which is open from the beginning. At most one message waits for its answer. A clock that
 * steps backwards is taken to stand still. What the functions of the format throw is thrown to the caller: nothing else
 * is lost by it.
 *
 * ```ts
 * const keepalive = new MessageKeepalive(clock.now(), { random });
 * // after every call: send what nextMessage() returns, and wake it at `deadline`
 * keepalive.handleTimeout(clock.now());
 * if (keepalive.receive(clock.now(), text)) return; // an answer: nothing for the application
 * if (keepalive.hasFailed) reconnect();
 * ```
 */
export class MessageKeepalive {
  readonly #format: KeepaliveFormat;
  readonly #schedule: Keepalive;
  readonly #openedAt: Instant;
  #now: Instant;
  #receivedAt: Instant | undefined = undefined;
  #answeredAt: Instant | undefined = undefined;
  #askedAt: Instant | undefined = undefined;
  #asked = 0;
  #answered = 0;
  #outgoing: Content | undefined = undefined;
  #roundTrips: RoundTripStatistics | undefined = undefined;
  #state: "running" | "failed" | "stopped" = "running";

  /** Throws `UsageError` "bad-option". */
  constructor(now: Instant, options: MessageKeepaliveOptions | MessageKeepaliveSettings) {
    const settings = options instanceof MessageKeepaliveSettings ? options : new MessageKeepaliveSettings(options);
    this.#format = settings.format;
    this.#schedule = new Keepalive(now, settings);
    this.#openedAt = now;
    this.#now = now;
  }

  /** A message arrived. Returns whether it was an answer, also one that came twice or too late: nothing for the application. */
  receive(now: Instant, content: Content): boolean {
    const at = this.#advance(now);
    const answered = content.length > MAX_KEEPALIVE_LENGTH ? undefined : this.#format.answered?.(content);
    this.#receivedAt = at;
    this.#schedule.received(at);
    if (answered === undefined) return false;
    if (this.#askedAt !== undefined && (answered === "any" || answered === this.#asked)) {
      this.#answered = this.#asked;
      this.#answeredAt = at;
      this.#roundTrips = withRoundTrip(this.#roundTrips, at - this.#askedAt);
      this.#settle();
    }
    return true;
  }

  /** Some of what was sent has left. It counts with `liveness: "progress"`. */
  transmitted(now: Instant): void {
    this.#schedule.transmitted(this.#advance(now));
  }

  /**
   * Asks now, without waiting for the interval; while an answer is outstanding, right after it. For somebody who comes back
   * to look, or whose network changed. Returns the id that `answeredId` will reach when the peer has received everything
   * that was sent before this call.
   */
  probe(now: Instant): number {
    const at = this.#advance(now);
    if (this.#state !== "running") return this.#asked + 1;
    if (this.#askedAt === undefined) {
      this.#ask(at);
      return this.#asked;
    }
    this.#schedule.hasten(at);
    return this.#asked + 1;
  }

  /** The next message to send, or `undefined`. */
  nextMessage(): Content | undefined {
    const message = this.#outgoing;
    this.#outgoing = undefined;
    return message;
  }

  /** When `handleTimeout` wants to be called. */
  get deadline(): Instant | undefined {
    const { pingDeadline, pongDeadline } = this.#schedule;
    const first = pingDeadline ?? pongDeadline;
    return first === undefined ? undefined : Math.max(first, this.#now);
  }

  /** Time has passed. Calling too early, or too often, does nothing; after it, `deadline` is later than `now`. */
  handleTimeout(now: Instant): void {
    const at = this.#advance(now);
    const due = this.#schedule.pingDeadline;
    if (due !== undefined && due <= at) this.#ask(at);
    else if (this.#schedule.hasFailed(at, false)) this.#end("failed");
  }

  /** The connection has ended: nothing is asked, or given up, any more. */
  stop(): void {
    if (this.#state === "running") this.#end("stopped");
  }

  /** Whether no answer came in time. */
  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** The id that was answered last; 0 before the first answer. */
  get answeredId(): number {
    return this.#answered;
  }

  /** The last round trip in ms, from queueing the message to the arrival of its answer; `undefined` before the first. */
  get latency(): Duration | undefined {
    return this.#roundTrips?.latest;
  }

  /** Statistics of all round trips, `undefined` before the first. */
  get rtt(): RoundTripStatistics | undefined {
    return this.#roundTrips;
  }

  /** What is known now. */
  diagnose(now: Instant): KeepaliveDiagnosis {
    const at = this.#advance(now);
    const since = (then: Instant | undefined): Duration | undefined => (then === undefined ? undefined : at - then);
    return {
      age: at - this.#openedAt,
      sinceReceived: since(this.#receivedAt),
      sinceAnswered: since(this.#answeredAt),
      sinceAsked: since(this.#askedAt),
      latency: this.latency,
      wokenLateBy: this.#state === "failed" ? this.#schedule.lateBy : 0,
    };
  }

  #ask(at: Instant): void {
    const id = this.#asked + 1;
    this.#schedule.pingQueued(at, id);
    this.#asked = id;
    this.#askedAt = at;
    let sent = false;
    try {
      this.#outgoing = this.#format.ask(id);
      sent = this.#format.answered !== undefined;
    } finally {
      if (!sent) this.#settle(); // nothing is waited for
    }
  }

  #settle(): void {
    this.#askedAt = undefined;
    this.#schedule.pongArrived();
  }

  #end(state: "failed" | "stopped"): void {
    this.#state = state;
    this.#outgoing = undefined;
    this.#schedule.stop();
  }

  #advance(now: Instant): Instant {
    if (now > this.#now) this.#now = now;
    return this.#now;
  }
}
