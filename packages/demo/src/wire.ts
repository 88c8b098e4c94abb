import type { Duration } from "@sansock/protocol";

/** How the relay treats one connection: whether each direction is held, and how long each takes. */
export interface Wire {
  /** From the browser to the server. */
  readonly up: boolean;
  /** From the server to the browser. */
  readonly down: boolean;
  /** Each way, in ms. */
  readonly delay: Duration;
}
