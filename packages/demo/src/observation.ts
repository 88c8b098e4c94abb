// What the page and the server tell each other on /observe, as JSON in text messages. Nothing but the shapes, and the check
// of what comes from outside.

import type { ClosedEvent, DeadlineName, Diagnosis, Duration, RoundTripStatistics } from "@sansock/protocol";
import type { Wire } from "./wire.ts";

/** First, once: what holds for all connections. Times in ms. */
export interface Greeting {
  readonly kind: "greeting";
  readonly pingInterval: Duration;
  readonly pingTimeout: Duration;
  readonly closeTimeout: Duration;
  /** Where connections come through the relay. */
  readonly relayPort: number;
}

/** Several times a second: how things stand, and what is new since the last time. */
export interface Observation {
  readonly kind: "observation";
  readonly connections: readonly ObservedConnection[];
  /** Open connections, those included that are not listed because there are too many. */
  readonly open: number;
  /** Oldest first. */
  readonly ended: readonly EndedConnection[];
}

export interface Counts {
  readonly messages: number;
  readonly bytes: number;
}

/** One measured round trip. */
export interface Sample {
  readonly latency: Duration;
  /** How long ago the Pong came. */
  readonly age: Duration;
}

/** What stays the same while a connection lives. */
interface Identity {
  readonly id: number;
  /** The name that a page gave to a connection of its own. */
  readonly name: string | undefined;
  readonly peer: string;
}

export interface ObservedConnection extends Identity {
  readonly state: "open" | "closing" | "closed";
  /** How the relay treats it; `undefined` if it did not come through the relay. */
  readonly wire: Wire | undefined;
  readonly timer: { readonly name: DeadlineName; readonly remaining: Duration } | undefined;
  readonly rtt: RoundTripStatistics | undefined;
  /** Oldest first. */
  readonly samples: readonly Sample[];
  readonly received: Counts;
  readonly sent: Counts;
  readonly queuedBytes: number;
  readonly diagnosis: Diagnosis;
}

export interface EndedConnection extends Identity {
  readonly endedAgo: Duration;
  /** The one sentence. */
  readonly description: string;
  readonly event: Omit<ClosedEvent, "kind">;
  readonly received: Counts;
  readonly sent: Counts;
  /** Whether it came through the relay, whose side towards the browser may live on. */
  readonly relayed: boolean;
}

/** What the page asks for, about the connection `id`. */
export type Command = { readonly id: number } & (
  | { readonly kind: "ping" }
  | { readonly kind: "close" }
  /** A TCP reset towards both ends. */
  | { readonly kind: "reset" }
  | { readonly kind: "wire"; readonly wire: Wire }
);

/** No page asks for more. */
const MAX_DELAY: Duration = 2_000;

/** A command, or `undefined` for anything else. */
export function parseCommand(text: string): Command | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { kind, id } = value;
  if (typeof id !== "number") return undefined;
  if (kind === "ping" || kind === "close" || kind === "reset") return { kind, id };
  const wire = parseWire(value.wire);
  return kind === "wire" && wire !== undefined ? { kind, id, wire } : undefined;
}

function parseWire(value: unknown): Wire | undefined {
  if (!isObject(value)) return undefined;
  const { up, down, delay } = value;
  if (typeof up !== "boolean" || typeof down !== "boolean" || typeof delay !== "number") return undefined;
  return delay >= 0 && delay <= MAX_DELAY ? { up, down, delay } : undefined;
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null;
}
