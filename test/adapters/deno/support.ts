// What the tests that run in Deno share.

import { setImmediate as macrotask } from "node:timers/promises";
import {
  type Message,
  type ServeOptions,
  type Server,
  type ServerOpening,
  type Session,
  type SessionCallbacks,
  type SessionHandler,
  serve,
} from "@sansock/deno-adapter";

/** A server on a port of its own choice, and where to find it. */
export async function start(
  handler: SessionHandler | SessionCallbacks<ServerOpening>,
  options: ServeOptions = {},
): Promise<Server & { url: string }> {
  const server = await serve({ hostname: "127.0.0.1", ...options }, handler);
  return Object.assign(server, { url: `ws://127.0.0.1:${server.port}/` });
}

/** Serves a session by sending back what it gets. */
export async function echo(session: Session<unknown>): Promise<void> {
  for await (const message of session) await session.send(contentOf(message));
}

export function contentOf(message: Message): string | Uint8Array {
  return message.kind === "text" ? message.text : message.bytes;
}

/** The next message, or `undefined` at the end. */
export async function nextOf(session: AsyncIterable<Message>): Promise<Message | undefined> {
  for await (const message of session) return message;
  return undefined;
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

/** A certificate and its key from the fixtures. */
export function certificate(name: string): { readonly cert: string; readonly key: string } {
  return { cert: fixture(`${name}.pem`), key: fixture(`${name}-key.pem`) };
}

/** The authority that all but `self-signed` are issued by. */
export const authority: string = fixture("ca.pem");

function fixture(name: string): string {
  return Deno.readTextFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}
