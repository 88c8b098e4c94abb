import type { Clock } from "@sansock/protocol/driver";

/** The part of a clock that a client uses. */
export type ClientClock = Pick<Clock, "now" | "alarm">;

/** `setTimeout` fires at once above 2^31 - 1 ms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The monotonic clock of the page. An alarm may ring early where a timer cannot be set for so long: ask the time. */
export const browserClock: ClientClock = {
  now: () => performance.now(),
  alarm(at, wake) {
    const timer = setTimeout(wake, Math.min(LONGEST_DELAY, Math.ceil(at - performance.now())));
    return () => clearTimeout(timer);
  },
};
