// Which Pings of ours wait for their Pongs, which a Pong settles (RFC 6455 §5.5.2, §5.5.3), and how long they took. It
// knows payloads and instants, not frames or options.

import { equalBytes } from "../bytes/bytes.ts";
import type { RandomWords } from "../bytes/random-words.ts";
import type { AcknowledgedPing } from "../vocabulary/event.ts";
import type { Instant } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { type RoundTripStatistics, withRoundTrip } from "./round-trip.ts";

/** Pings of ours that may wait for their Pongs at once, so that a peer that never answers cannot grow our memory. */
export const MAX_PENDING_PINGS = 256;
/** Four random bytes tell our own Pings apart; they are no secret. */
const PING_PAYLOAD_BYTES = 4;
/** How often a payload is drawn, before randomness is taken to repeat itself. */
const MAX_PING_DRAWS = 8;

interface PendingPing {
  readonly id: number;
  readonly payload: Uint8Array;
  readonly queuedAt: Instant;
}

const NONE: readonly AcknowledgedPing[] = [];

/** The Pings that were queued and not answered, oldest first. */
export class PingLedger {
  /** When the last Pong arrived that settled any. */
  settledAt: Instant | undefined = undefined;
  /** Of all round trips; `undefined` before the first. */
  roundTrips: RoundTripStatistics | undefined = undefined;
  #pending: PendingPing[] | undefined;
  #lastId = 0;

  /** How many are waiting. */
  get size(): number {
    return this.#pending === undefined ? 0 : this.#pending.length;
  }

  /** Throws `UsageError` "too-many-pings" if no other may wait, "duplicate-ping" if one with `payload` does. */
  check(payload: Uint8Array | undefined): void {
    if (this.size >= MAX_PENDING_PINGS) {
      throw new UsageError("too-many-pings", `${MAX_PENDING_PINGS} pings are waiting for their pongs`);
    }
    if (payload !== undefined && this.has(payload)) {
      throw new UsageError("duplicate-ping", "already waiting for a pong with the same data");
    }
  }

  /**
   * Random bytes that no waiting Ping has. They tell Pings apart and are no secret, so where randomness fails, or goes on
   * repeating itself, counting takes its place.
   */
  draw(random: RandomWords): Uint8Array {
    const payload = new Uint8Array(PING_PAYLOAD_BYTES);
    for (let draws = 0; ; draws++) {
      if (draws < MAX_PING_DRAWS) writeWord(payload, random.next() ?? 0);
      else payload[draws % PING_PAYLOAD_BYTES] = draws >> 2;
      if (!this.has(payload)) return payload;
    }
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
    this.settledAt = now;
    // The Ping that the Pong is for counts: the earlier ones waited for it.
    this.roundTrips = withRoundTrip(this.roundTrips, now - settled[index]!.queuedAt);
    return settled.map(({ id, queuedAt }) => ({ id, roundTrip: now - queuedAt }));
  }
}

function writeWord(target: Uint8Array, word: number): void {
  target[0] = word >>> 24;
  target[1] = word >>> 16;
  target[2] = word >>> 8;
  target[3] = word;
}
