// What the tests that run in Deno share.

import { setImmediate as macrotask } from "node:timers/promises";
import {
  type ServeOptions,
  type Server,
  type ServerOpening,
  type SessionCallbacks,
  type SessionHandler,
  serve,
} from "@sansock/deno-adapter";

export { authority, certificate, contentOf, echo, nextOf } from "../support.ts";

/** A server on a port of its own choice, and where to find it. */
export async function start(
  handler: SessionHandler | SessionCallbacks<ServerOpening>,
  options: ServeOptions = {},
): Promise<Server & { url: string }> {
  const server = await serve({ hostname: "127.0.0.1", ...options }, handler);
  return Object.assign(server, { url: `ws://127.0.0.1:${server.port}/` });
}

/** How long a condition may take on a busy machine, in ms. Only a test that fails waits for so long. */
const LONGEST_WAIT = 30_000;

/** Looks again after each turn until it holds: for what follows, but nobody tells of. Throws if it never does. */
export async function eventually(condition: () => boolean): Promise<void> {
  const limit = performance.now() + LONGEST_WAIT;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`it never came true: ${condition}`);
    await macrotask();
  }
}
