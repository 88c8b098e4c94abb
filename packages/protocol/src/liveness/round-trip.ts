import type { Duration } from "../vocabulary/time.ts";

/** Statistics of the round trips of a connection, in ms. */
export interface RoundTripStatistics {
  /** The last one. */
  readonly latest: Duration;
  /** The shortest one. */
  readonly min: Duration;
  /** The exponentially weighted mean (SRTT of RFC 6298, smoothed_rtt of RFC 9002). */
  readonly smoothed: Duration;
  /** The exponentially weighted mean deviation (RTTVAR, rttvar). */
  readonly variation: Duration;
  /** How many there were. */
  readonly samples: number;
}

/** The statistics after one more round trip (RFC 6298 §2, RFC 9002 §5.3, without an acknowledgement delay). */
export function withRoundTrip(before: RoundTripStatistics | undefined, latest: Duration): RoundTripStatistics {
  if (before === undefined) return { latest, min: latest, smoothed: latest, variation: latest / 2, samples: 1 };
  return {
    latest,
    min: Math.min(before.min, latest),
    // The variation is computed first, with the old mean.
    variation: (3 * before.variation + Math.abs(before.smoothed - latest)) / 4,
    smoothed: (7 * before.smoothed + latest) / 8,
    samples: before.samples + 1,
  };
}
