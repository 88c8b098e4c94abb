import type { Connection } from "../connection/connection.ts";
import { Deadline } from "../liveness/deadline.ts";
import type { Effect } from "../vocabulary/effect.ts";
import type { DeadlineName, Machine } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import type { HandshakeViolation } from "./handshake-violation.ts";

/** The whole opening must be done in this time, unless an option says otherwise. As Python's `websockets` has it. */
export const DEFAULT_OPEN_TIMEOUT: Duration = 10_000;

/** Why a handshake did not lead to a connection. */
export type HandshakeFailure =
  /** The peer broke a rule. */
  | { readonly kind: "violation"; readonly violation: HandshakeViolation }
  /** A server's application called `reject()`. */
  | { readonly kind: "rejected" }
  /** `openTimeout` passed. */
  | { readonly kind: "timeout" }
  /** The transport ended, or was reset, before the handshake was complete. */
  | { readonly kind: "transport-lost" };

/**
 * What both handshakes have in common: one deadline at a time, what waits to be taken, and the connection that they lead
 * to. Unlike an open connection they parse what they receive at once: it is at most one small head.
 */
export abstract class HandshakeMachine<Event> implements Machine<Event> {
  readonly #events: Event[] = [];
  readonly #effects: Effect[] = [];
  readonly #deadline: Deadline = new Deadline();
  #deadlineName: DeadlineName | undefined = undefined;
  #successor: Connection | undefined = undefined;

  // ---- the transport ----

  /**
   * Bytes arrived; they belong to the handshake from now on. Once there is a connection they are passed on to it, as is
   * everything else that the transport tells, so that whoever runs the machines may change over when it suits him.
   */
  receive(now: Instant, bytes: Uint8Array): void {
    if (this.#successor !== undefined) this.#successor.receive(now, bytes);
    else if (bytes.length > 0) this.receiveBytes(now, bytes);
  }

  receiveEnd(now: Instant): void {
    if (this.#successor !== undefined) this.#successor.receiveEnd(now);
    else this.endReceived(now);
  }

  handleTransportClosed(now: Instant): void {
    this.#effects.length = 0;
    this.#deadline.clear();
    if (this.#successor !== undefined) this.#successor.handleTransportClosed(now);
    else this.transportClosed();
  }

  handleTransportQueue(now: Instant, queuedBytes: number): void {
    this.#successor?.handleTransportQueue(now, queuedBytes);
  }

  /** The time for the handshake runs on while we do not read. */
  receivePaused(now: Instant): void {
    this.#successor?.receivePaused(now);
  }

  receiveResumed(now: Instant): void {
    this.#successor?.receiveResumed(now);
  }

  nextEffect(): Effect | undefined {
    return this.#effects.shift();
  }

  // ---- the application ----

  nextEvent(): Event | undefined {
    return this.#events.shift();
  }

  // ---- the clock ----

  get deadline(): Instant | undefined {
    return this.#deadline.at;
  }

  get deadlineName(): DeadlineName | undefined {
    return this.#deadline.at === undefined ? undefined : this.#deadlineName;
  }

  handleTimeout(now: Instant): void {
    if (!this.#deadline.hasPassed(now, false)) return;
    this.#deadline.clear();
    if (this.#deadlineName === "open") this.openTimedOut(now);
    else this.perform({ kind: "destroy" });
  }

  // ---- what tells the two handshakes apart ----

  /** Bytes, at least one, arrived before there is a connection. */
  protected abstract receiveBytes(now: Instant, bytes: Uint8Array): void;
  /** The peer half-closed before there is a connection. */
  protected abstract endReceived(now: Instant): void;
  /** The transport is gone before there is a connection. */
  protected abstract transportClosed(): void;
  /** `openTimeout` has passed. */
  protected abstract openTimedOut(now: Instant): void;

  protected perform(effect: Effect): void {
    this.#effects.push(effect);
  }

  protected discardEffects(): void {
    this.#effects.length = 0;
  }

  protected report(event: Event): void {
    this.#events.push(event);
  }

  /** Nobody need act any more on what was not taken. */
  protected reportLast(event: Event): void {
    this.#events.length = 0;
    this.#events.push(event);
  }

  /** From now on everything goes to the connection. */
  protected handOver(connection: Connection): void {
    this.#successor = connection;
    this.#deadline.clear();
  }

  /** Sets the only deadline; `null` means never. */
  protected setDeadline(name: "open" | "close", now: Instant, timeout: Duration | null): void {
    this.#deadlineName = name;
    if (timeout === null) this.#deadline.clear();
    else this.#deadline.set(now + timeout);
  }

  protected clearDeadline(): void {
    this.#deadline.clear();
  }
}
