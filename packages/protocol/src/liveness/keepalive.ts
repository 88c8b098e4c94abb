// When to ping, and when to give up. It knows no frames: whoever owns it sends the Pings it asks for and tells it what
// arrived.

import { randomFraction } from "../bytes/random.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { Deadline, READ_PASS } from "./deadline.ts";

/** The part of a connection's settings that keepalive looks at; all in ms. */
export interface KeepaliveSettings {
  readonly pingInterval: Duration | null;
  readonly pingTimeout: Duration | null;
  readonly pingJitter: number;
  readonly liveness: "pong" | "inbound" | "progress";
  readonly pausedReading: "count" | "suspend";
  readonly random: FillRandom;
  /** How long a late wake-up waits for input before it judges. Default: `READ_PASS`. */
  readonly readPass?: Duration | undefined;
}

/** The schedule of automatic Pings and the deadline for their Pongs. At most one of them is outstanding. */
export class Keepalive {
  readonly #settings: KeepaliveSettings;
  readonly #pong: Deadline;
  #nextPing: Instant | undefined = undefined;
  /** The id of the outstanding Ping; 0 when there is none. */
  #outstanding = 0;
  /** Since when the peer's silence counts: the Ping's queueing, or a later sign of life. */
  #silentSince: Instant = 0;
  /** What was left of `pingTimeout` when reading stopped, with `pausedReading: "suspend"`. */
  #suspended: Duration | undefined = undefined;
  /** Since when we do not read. */
  #pausedAt: Instant | undefined = undefined;

  /** The connection is open from now on. */
  constructor(now: Instant, settings: KeepaliveSettings) {
    this.#settings = settings;
    this.#pong = new Deadline(settings.readPass);
    this.#schedule(now);
  }

  /** When the next Ping is due; `undefined` while one is outstanding, and without `pingInterval`. */
  get pingDeadline(): Instant | undefined {
    return this.#outstanding === 0 ? this.#nextPing : undefined;
  }

  /** When the peer's silence ends the connection. */
  get pongDeadline(): Instant | undefined {
    return this.#pong.at;
  }

  /** The Ping that is outstanding, or 0. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** How late the wake-up came that found it silent for too long. */
  get lateBy(): Duration {
    return this.#pong.lateBy;
  }

  /** A Ping was queued because `pingDeadline` had come. */
  pingQueued(now: Instant, id: number): void {
    const { pingTimeout } = this.#settings;
    this.#outstanding = id;
    this.#silentSince = now;
    this.#schedule(now);
    if (pingTimeout === null) return;
    if (this.#pausedAt !== undefined && this.#settings.pausedReading === "suspend") this.#suspended = pingTimeout;
    else this.#pong.set(now + pingTimeout);
  }

  /** The outstanding Ping was answered. If the next one was due before, it is due at once. */
  pongArrived(): void {
    this.#outstanding = 0;
    this.#suspended = undefined;
    this.#pong.clear();
  }

  /** The next Ping is due at once; while one is outstanding, right after its Pong. */
  hasten(now: Instant): void {
    this.#nextPing = now;
  }

  /** Bytes arrived. */
  received(now: Instant): void {
    if (this.#settings.liveness !== "pong") this.#silentSince = Math.max(this.#silentSince, now);
  }

  /** The transport took bytes of ours. */
  transmitted(now: Instant): void {
    if (this.#settings.liveness === "progress") this.#silentSince = Math.max(this.#silentSince, now);
  }

  /** We stopped reading. */
  paused(now: Instant): void {
    if (this.#pausedAt !== undefined) return;
    this.#pausedAt = now;
    if (this.#settings.pausedReading === "count" || this.#pong.at === undefined) return;
    this.#suspended = this.#pong.at - now;
    this.#pong.clear();
  }

  /** We read again. */
  resumed(now: Instant): void {
    const pausedAt = this.#pausedAt;
    this.#pausedAt = undefined;
    if (pausedAt === undefined || this.#suspended === undefined) return;
    // The silence of the pause was our own doing, and what came meanwhile needs at least one read pass to be noticed.
    this.#silentSince += now - Math.max(pausedAt, this.#silentSince);
    this.#pong.set(now + Math.max(READ_PASS, this.#suspended));
    this.#suspended = undefined;
  }

  /** Whether the peer has been silent for too long. `inputWaiting`: there are received bytes that nobody parsed yet. */
  hasFailed(now: Instant, inputWaiting: boolean): boolean {
    if (!this.#pong.hasPassed(now, inputWaiting)) return false;
    const { liveness, pingTimeout } = this.#settings;
    if (liveness === "pong" || pingTimeout === null || now >= this.#silentSince + pingTimeout) return true;
    this.#pong.set(this.#silentSince + pingTimeout); // signs of life since the deadline was set: it moves
    return false;
  }

  /** No more Pings: closing has begun. */
  stop(): void {
    this.#nextPing = undefined;
    this.#outstanding = 0;
    this.#suspended = undefined;
    this.#pong.clear();
  }

  #schedule(now: Instant): void {
    const { pingInterval, pingJitter, random } = this.#settings;
    if (pingInterval === null) this.#nextPing = undefined;
    else
      this.#nextPing =
        now + (pingJitter === 0 ? pingInterval : pingInterval * (1 - pingJitter * randomFraction(random)));
  }
}
