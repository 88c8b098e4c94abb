import type { Effect } from "./effect.ts";
import type { Instant } from "./time.ts";

/**
 * What a driver runs: a handshake in progress or an open connection. It has three neighbours:
 *
 * - the **transport** tells it what arrived (`receive…`, `handleTransport…`) and performs `nextEffect()`;
 * - the **application** takes `nextEvent()`;
 * - the **clock** wakes it with `handleTimeout` at its `deadline`.
 *
 * `now` is always the first parameter. Methods that begin with `next` take something out; properties only look. No
 * order is wrong: after any call, drain the events, then the effects, then look at `deadline`. Draining late only
 * delays. Each door gives a bounded piece of work a call; a `Yield` says that more is to come, now or in a later turn.
 */
export interface Machine<Event> {
  /**
   * Bytes arrived. They belong to the machine from now on: it may unmask them in place and hand out views of them.
   * They are parsed when `nextEvent()` asks, so that not asking is back-pressure.
   */
  receive(now: Instant, bytes: Uint8Array): void;
  /**
   * Whether nothing refers any more to the bytes that were received, so that whoever gave them may use their memory again.
   * Optional: one that does not say so keeps them.
   */
  readonly hasReleasedBytes?: boolean;
  /** The peer half-closed (a FIN): no more bytes will come, but ours may still go out. */
  receiveEnd(now: Instant): void;
  /** The transport is gone in both directions: closed, reset or failed. Nothing can be sent or received any more. */
  handleTransportClosed(now: Instant): void;
  /**
   * How many of the bytes taken from `nextEffect()` the transport still holds, as of `now`. Optional: it feeds the
   * diagnosis and `liveness: "progress"`, nothing else.
   */
  handleTransportQueue(now: Instant, queuedBytes: number): void;
  /** From now on we do not read from the transport: silence is our own doing. */
  receivePaused(now: Instant): void;
  /** We read again. */
  receiveResumed(now: Instant): void;
  /** The next thing that the transport must do, or `undefined`. */
  nextEffect(): Effect | undefined;
  /**
   * The transport is done with the bytes of every effect that was taken: nothing refers to them any more, and what the
   * machine made it may use again. Optional, for whoever knows; without it no memory is ever used twice.
   */
  handleEffectsReleased?(): void;
  /** The next thing that the application should know, or `undefined` until more is received. */
  nextEvent(): Event | undefined;
  /** By when `handleTimeout` wants to be called; `undefined` when there is nothing to wait for. */
  readonly deadline: Instant | undefined;
  /** What `deadline` is for, for logs and tests. */
  readonly deadlineName: DeadlineName | undefined;
  /** Time has passed. Calling too early, or too often, does nothing; after it, `deadline` is later than `now`. */
  handleTimeout(now: Instant): void;
}

/** What a machine may be waiting for. */
export type DeadlineName = "open" | "ping" | "pong" | "close";

/** Fills `target` with cryptographically strong random bytes, as `crypto.getRandomValues` does. */
export type FillRandom = (target: Uint8Array<ArrayBuffer>) => unknown;
