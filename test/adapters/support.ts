// What the tests of the adapters share, in any runtime.

import { readFileSync } from "node:fs";
import type { Message } from "@sansock/protocol";
import type { Session } from "@sansock/protocol/driver";

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

/** A certificate and its key from the fixtures. */
export function certificate(name: string): { readonly cert: string; readonly key: string } {
  return { cert: fixture(`${name}.pem`), key: fixture(`${name}-key.pem`) };
}

/** The authority that all but `self-signed` are issued by. */
export const authority: string = fixture("ca.pem");

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}
