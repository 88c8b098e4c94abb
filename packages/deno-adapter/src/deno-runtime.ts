// What Deno brings beside connections.

import type { Runtime } from "@sansock/protocol/driver";
import { denoClock } from "./deno-clock.ts";
import { denoTextCodec } from "./deno-text-codec.ts";

/** What Deno brings to the engine beside connections: for those who write transports of their own. */
export const denoRuntime: Runtime = {
  clock: denoClock,
  random: (target) => crypto.getRandomValues(target),
  textCodec: denoTextCodec,
  wordBits: 64,
  observer: {},
  reportError: (error) => console.error(error),
};
