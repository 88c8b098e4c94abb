/** A reading of a monotonic clock, in milliseconds. The origin is arbitrary; only differences mean anything. */
export type Instant = number;

/** A span of time, in milliseconds. */
export type Duration = number;
