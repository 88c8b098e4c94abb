import type { Diagnosis } from "../vocabulary/event.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";

/** What happened on a connection, and when: what a diagnosis is made of. */
export class Activity {
  /** Whether we do not read from the transport. */
  readingPaused = false;
  /** Bytes that the transport holds, as it told us last. */
  transportBytes = 0;
  readonly #openedAt: Instant;
  #receivedAt: Instant | undefined = undefined;
  #transmittedAt: Instant | undefined = undefined;
  /** Bytes that effects asked to write, and how many of them the transport has handed on. */
  #writtenBytes = 0;
  #transmittedBytes = 0;

  constructor(now: Instant) {
    this.#openedAt = now;
  }

  received(now: Instant): void {
    this.#receivedAt = now;
  }

  written(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /** The transport holds `queuedBytes`. Returns whether it has handed on more than was known. */
  transportHolds(now: Instant, queuedBytes: number): boolean {
    this.transportBytes = queuedBytes;
    const transmitted = this.#writtenBytes - queuedBytes;
    if (transmitted <= this.#transmittedBytes) return false;
    this.#transmittedBytes = transmitted;
    this.#transmittedAt = now;
    return true;
  }

  /** Its part of a diagnosis. */
  diagnosis(now: Instant): Pick<Diagnosis, "age" | "sinceReceived" | "sinceTransmitted" | "readingPaused"> {
    return {
      age: now - this.#openedAt,
      sinceReceived: ageOf(this.#receivedAt, now),
      sinceTransmitted: ageOf(this.#transmittedAt, now),
      readingPaused: this.readingPaused,
    };
  }
}

/** How long ago something happened, `undefined` if it never did. */
export function ageOf(then: Instant | undefined, now: Instant): Duration | undefined {
  return then === undefined ? undefined : now - then;
}
