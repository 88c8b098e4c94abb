// Which Pings of ours wait for their Pongs, and which a Pong settles (RFC 6455 §5.5.2, §5.5.3). It knows payloads and
// instants, not frames or options.

import { equalBytes } from "../bytes/bytes.ts";
import type { AcknowledgedPing } from "../vocabulary/event.ts";
import type { Instant } from "../vocabulary/time.ts";

interface PendingPing {
  readonly id: number;
  readonly payload: Uint8Array;
  readonly queuedAt: Instant;
}

const NONE: readonly AcknowledgedPing[] = [];

/** The Pings that were queued and not answered, oldest first. */
export class PingLedger {
  #pending: PendingPing[] | undefined;
  #lastId = 0;

  /** How many are waiting. */
  get size(): number {
    return this.#pending === undefined ? 0 : this.#pending.length;
  }

  /** Whether a Ping with this payload is waiting. */
  has(payload: Uint8Array): boolean {
    return this.#pending?.some((ping) => equalBytes(ping.payload, payload)) ?? false;
  }

  /** Remembers a Ping and gives it an id. `payload` must not change afterwards. */
  add(now: Instant, payload: Uint8Array): number {
    const id = ++this.#lastId;
    (this.#pending ??= []).push({ id, payload, queuedAt: now });
    return id;
  }

  /**
   * What a Pong that arrived at `now` answers: the Ping with its payload and every earlier one, oldest first, since a
   * peer may answer only the most recent Ping (§5.5.3). Nothing, if it matches none, or arrived before the Ping that it
   * seems to match was queued. So no round trip is negative.
   */
  settle(now: Instant, payload: Uint8Array): readonly AcknowledgedPing[] {
    if (this.#pending === undefined) return NONE;
    const index = this.#pending.findIndex((ping) => ping.queuedAt <= now && equalBytes(ping.payload, payload));
    if (index === -1) return NONE;
    const settled = this.#pending.splice(0, index + 1);
    if (this.#pending.length === 0) this.#pending = undefined;
    return settled.map(({ id, queuedAt }) => ({ id, roundTrip: now - queuedAt }));
  }
}
