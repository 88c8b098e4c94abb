// When to connect again, and when to give up. It opens and closes nothing itself: whoever owns it takes `nextAction()`,
// tells what became of the connection, and wakes it at its deadline.

import { randomFraction } from "../bytes/random.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { checkDuration, checkNumber, checkRandom, checkTimeout } from "./check-options.ts";
import { Deadline, READ_PASS } from "./deadline.ts";

/** How a connection, or the attempt to open one, ended. */
export interface Loss {
  /** The close code: 1006 without a Close, and for an attempt that did not open. */
  readonly code: number;
  readonly reason: string;
  /** Whether it was open. */
  readonly opened: boolean;
}

/** How to reconnect. Times in ms. */
export interface ReconnectionOptions {
  /**
   * Before the next attempt passes a time drawn at random, up to a bound ("full jitter"), so that clients that lost one server
   * together do not come back together. The bound is this after the first failure, `factor` times as much after each
   * further one, and `maxDelay` at most. Default: 1000.
   */
  readonly minDelay?: Duration | undefined;
  /** Default: 30 000. */
  readonly maxDelay?: Duration | undefined;
  /** At least 1. Default: 2. */
  readonly factor?: number | undefined;
  /**
   * A connection proves stable by being open for this long; until then its end is one more failure, and the delays go on
   * growing. Default: 10 000.
   */
  readonly stableAfter?: Duration | undefined;
  /** After so many failures in a row no further attempt is made. `null`: no limit. Default: `null`. */
  readonly maxAttempts?: number | null | undefined;
  /** Whether a loss is final. It must not throw. Default: `isFinalLoss`. */
  readonly giveUp?: ((loss: Loss) => boolean) | undefined;
  /** An attempt that takes longer is abandoned, and has failed. `null`: no limit. Default: 10 000. */
  readonly openTimeout?: Duration | null | undefined;
  /** A closing handshake that takes longer is abandoned. `null`: no limit. Default: 10 000. */
  readonly closeTimeout?: Duration | null | undefined;
  /** When the wake-up for one of these two comes late, what has arrived gets this long to be delivered. Default: 1 ms. */
  readonly grace?: Duration | undefined;
  /** For the delays. */
  readonly random: FillRandom;
}

/** Options, completed and checked once. Throws `UsageError` "bad-option". */
export class ReconnectionSettings {
  readonly minDelay: Duration;
  readonly maxDelay: Duration;
  readonly factor: number;
  readonly stableAfter: Duration;
  readonly maxAttempts: number;
  readonly giveUp: (loss: Loss) => boolean;
  readonly openTimeout: Duration | null;
  readonly closeTimeout: Duration | null;
  readonly grace: Duration;
  readonly random: FillRandom;

  constructor(options: ReconnectionOptions) {
    this.minDelay = checkDuration("minDelay", options.minDelay ?? 1_000);
    this.maxDelay = checkDuration("maxDelay", options.maxDelay ?? Math.max(30_000, this.minDelay));
    if (this.maxDelay < this.minDelay) throw new UsageError("bad-option", "maxDelay must not be less than minDelay");
    this.factor = checkNumber("factor", options.factor ?? 2, 1, Number.MAX_VALUE);
    this.stableAfter = checkDuration("stableAfter", options.stableAfter ?? 10_000);
    this.maxAttempts = checkNumber(
      "maxAttempts",
      options.maxAttempts ?? Number.POSITIVE_INFINITY,
      1,
      Number.POSITIVE_INFINITY,
    );
    this.giveUp = options.giveUp ?? isFinalLoss;
    const { openTimeout = 10_000, closeTimeout = 10_000 } = options;
    this.openTimeout = checkTimeout("openTimeout", openTimeout);
    this.closeTimeout = checkTimeout("closeTimeout", closeTimeout);
    this.grace = checkDuration("grace", options.grace ?? READ_PASS);
    this.random = checkRandom(options.random);
  }
}

/** Codes registered with IANA that are not in the RFC: the server wants to know who calls, or knows, and refuses. */
const UNAUTHORIZED = 3000;
const FORBIDDEN = 3003;
const FINAL: ReadonlySet<number> = new Set([CloseCode.Normal, CloseCode.MandatoryExtension, UNAUTHORIZED, FORBIDDEN]);

/**
 * Whether the server has said something that another attempt will not change: that all is done (1000), or that it will not
 * have this client (1010, 3000, 3003). Everything else may be a matter of time, 1008 included: servers also close those
 * with it that are too slow. To give up wrongly is worse than one more attempt.
 */
export function isFinalLoss({ code }: Loss): boolean {
  return FINAL.has(code);
}

/**
 * What there is: an attempt, a connection, a closing handshake; a delay before the next attempt (`waiting`); no network, or
 * no page that is shown (`paused`); or nothing any more.
 */
export type ReconnectionState = "connecting" | "open" | "closing" | "waiting" | "paused" | "stopped";

/** Something to do. */
export type ReconnectionAction =
  /** Begin to open a connection: the `attempt`th in a row. */
  | { readonly kind: "connect"; readonly attempt: number }
  /** Drop what there is, open or not: nothing that it says counts any more. */
  | { readonly kind: "abandon"; readonly because: AbandonReason };

/** Why an attempt, or a connection, was given up on this side. */
export type AbandonReason = "open-timeout" | "close-timeout" | "suspended" | "stopped";

/** Why it has stopped: it was told to, or the loss was final, or there were too many in a row. */
export type StopReason = "closed" | "given-up" | "too-many-attempts";

/**
 * The life of a connection that is opened again when it is lost. There is never more than one: an action `connect` comes
 * only when the one before has been reported as `closed`, or was abandoned. A clock that steps backwards is taken to stand
 * still.
 *
 * ```ts
 * const reconnection = new Reconnection(clock.now(), { random }); // wants to connect at once
 * // after every call: do what nextAction() says until it says nothing, and wake it at `deadline`
 * reconnection.opened(clock.now());
 * reconnection.closed(clock.now(), 1006, "");
 * reconnection.handleTimeout(clock.now());
 * ```
 */
export class Reconnection {
  readonly #settings: ReconnectionSettings;
  #now: Instant;
  #state: ReconnectionState = "paused";
  #isOnline: boolean;
  #isSuspended = false;
  #failures = 0;
  #stopReason: StopReason | undefined = undefined;
  /** By when an attempt, or a closing handshake, must have come to something. */
  readonly #limit: Deadline;
  /** When the next attempt is due; or, while open, when the connection has proved stable: `undefined` once it has. */
  #due: Instant | undefined = undefined;
  #connectWanted = false;
  #abandonWanted: AbandonReason | undefined = undefined;

  /** Throws `UsageError` "bad-option". */
  constructor(now: Instant, options: ReconnectionOptions | ReconnectionSettings, isOnline = true) {
    this.#settings = options instanceof ReconnectionSettings ? options : new ReconnectionSettings(options);
    this.#now = now;
    this.#isOnline = isOnline;
    this.#limit = new Deadline(this.#settings.grace);
    this.#goOn();
  }

  get state(): ReconnectionState {
    return this.#state;
  }

  /** Attempts in a row that failed, or opened a connection that did not prove stable. */
  get failures(): number {
    return this.#failures;
  }

  /** Why it has stopped, once it has. */
  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** When the next attempt will be made, while that is a matter of time. */
  get retryAt(): Instant | undefined {
    return this.#state === "waiting" ? this.#due : undefined;
  }

  /** The next thing to do, or `undefined`. */
  nextAction(): ReconnectionAction | undefined {
    const because = this.#abandonWanted;
    if (because !== undefined) {
      this.#abandonWanted = undefined;
      return { kind: "abandon", because };
    }
    if (!this.#connectWanted) return undefined;
    this.#connectWanted = false;
    return { kind: "connect", attempt: this.#failures + 1 };
  }

  // ---- the connection ----

  /** The attempt has led to an open connection. */
  opened(now: Instant): void {
    const at = this.#advance(now);
    if (this.#state !== "connecting") return;
    this.#enter("open");
    this.#due = at + this.#settings.stableAfter;
  }

  /** The connection has ended, or the attempt has failed, or whoever watches it has given it up and dropped it. */
  closed(now: Instant, code: number, reason: string): void {
    const at = this.#advance(now);
    if (this.#state === "closing") this.#stop("closed");
    else if (this.#state === "connecting" || this.#state === "open") this.#lost(at, code, reason);
  }

  // ---- the world ----

  /** There is a network (again): no more waiting. */
  online(now: Instant): void {
    this.#isOnline = true;
    this.retryNow(now);
  }

  /** There is no network: no further attempt. What is open, or on its way, is left alone, as the news may be wrong. */
  offline(now: Instant): void {
    this.#advance(now);
    this.#isOnline = false;
    if (this.#state === "waiting") this.#enter("paused");
  }

  /** The page is put away: no connection, and no attempt. It counts as no failure. */
  suspend(now: Instant): void {
    const at = this.#advance(now);
    this.#isSuspended = true;
    this.#judgeStability(at);
    if (this.#state === "waiting") this.#enter("paused");
    else if (this.#state === "connecting" || this.#state === "open") {
      this.#abandon("suspended");
      this.#enter("paused");
    } else if (this.#state === "closing") {
      this.#abandon("suspended");
      this.#stop("closed");
    }
  }

  /** The page is shown again. */
  resume(now: Instant): void {
    this.#isSuspended = false;
    this.retryNow(now);
  }

  /** Ends the delay before the next attempt, if there is one. */
  retryNow(now: Instant): void {
    this.#advance(now);
    if (this.#state === "waiting" || this.#state === "paused") this.#goOn();
  }

  // ---- the end ----

  /** The closing handshake of an open connection begins; without one it is the same as `stop()`. */
  close(now: Instant): void {
    const at = this.#advance(now);
    if (this.#state === "closing") return;
    if (this.#state !== "open") {
      this.stop();
      return;
    }
    this.#enter("closing");
    if (this.#settings.closeTimeout !== null) this.#limit.set(at + this.#settings.closeTimeout);
  }

  /** No connection, and no further attempt, from now on. */
  stop(): void {
    if (this.#state === "connecting" || this.#state === "open" || this.#state === "closing") this.#abandon("stopped");
    if (this.#state !== "stopped") this.#stop("closed");
  }

  // ---- the clock ----

  /** When `handleTimeout` wants to be called. */
  get deadline(): Instant | undefined {
    const first = this.#limit.at ?? this.#due;
    return first === undefined ? undefined : Math.max(first, this.#now);
  }

  /** Time has passed. Calling too early, or too often, does nothing; after it, `deadline` is later than `now`. */
  handleTimeout(now: Instant): void {
    const at = this.#advance(now);
    switch (this.#state) {
      case "waiting":
        if (at >= this.#due!) this.#goOn();
        break;
      case "open":
        this.#judgeStability(at);
        break;
      case "connecting":
        if (!this.#limit.hasPassed(at, false)) break;
        this.#abandon("open-timeout");
        this.#lost(at, CloseCode.Abnormal, "");
        break;
      case "closing":
        if (!this.#limit.hasPassed(at, false)) break;
        this.#abandon("close-timeout");
        this.#stop("closed");
        break;
    }
  }

  // ---- inside ----

  /** Makes an attempt, if one may be made. */
  #goOn(): void {
    if (!this.#isOnline || this.#isSuspended) {
      this.#enter("paused");
      return;
    }
    this.#enter("connecting");
    this.#connectWanted = true;
    if (this.#settings.openTimeout !== null) this.#limit.set(this.#now + this.#settings.openTimeout);
  }

  #lost(at: Instant, code: number, reason: string): void {
    const { giveUp, maxAttempts } = this.#settings;
    const opened = this.#state === "open";
    this.#judgeStability(at);
    const wasStable = opened && this.#due === undefined;
    if (!wasStable) this.#failures++;
    if (giveUp({ code, reason, opened })) this.#stop("given-up");
    else if (this.#failures >= maxAttempts) this.#stop("too-many-attempts");
    else if (!this.#isOnline) this.#enter("paused");
    else {
      this.#enter("waiting");
      this.#due = at + this.#delay();
    }
  }

  #judgeStability(at: Instant): void {
    if (this.#state !== "open" || this.#due === undefined || at < this.#due) return;
    this.#due = undefined;
    this.#failures = 0;
  }

  /** Full jitter: up to a bound that grows, and never nothing. Where randomness fails it is the bound. */
  #delay(): Duration {
    const { minDelay, maxDelay, factor, random } = this.#settings;
    const bound = Math.min(maxDelay, minDelay * factor ** Math.max(0, this.#failures - 1));
    return bound * (1 - randomFraction(random));
  }

  #abandon(because: AbandonReason): void {
    // Nobody has begun what was only wanted.
    if (!this.#connectWanted) this.#abandonWanted = because;
  }

  #stop(reason: StopReason): void {
    this.#enter("stopped");
    this.#stopReason = reason;
  }

  #enter(state: ReconnectionState): void {
    this.#state = state;
    this.#connectWanted = false;
    this.#due = undefined;
    this.#limit.clear();
  }

  #advance(now: Instant): Instant {
    if (now > this.#now) this.#now = now;
    return this.#now;
  }
}
