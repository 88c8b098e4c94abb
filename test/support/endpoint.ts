// One connection and its neighbours, moved by hand: what a driver does, without a driver.

import {
  type ClosedEvent,
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  type Effect,
  type MessageTransform,
} from "../../packages/protocol/src/index.ts";
import { type DecodedFrame, decodeFrames } from "../reference/frames.ts";
import { concat } from "./hex.ts";
import type { Role } from "./peer.ts";
import { countingRandom } from "./random.ts";

/** A connection that opened at 0. */
export function open(role: Role, options: Partial<ConnectionOptions> = {}, transform?: MessageTransform): Connection {
  return new Connection(0, { role, random: countingRandom(), ...options }, transform);
}

/** What came out of a connection. */
export interface Drained {
  readonly events: readonly ConnectionEvent[];
  readonly effects: readonly Effect[];
  /** What the `write` effects carry, in one piece. */
  readonly bytes: Uint8Array;
}

/** Takes everything there is to take: first the events, then the effects. */
export function drain(connection: Connection): Drained {
  return { events: takeEvents(connection), ...takeEffects(connection) };
}

export function takeEvents(connection: Connection): ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
    if (event.kind !== "yield") events.push(event);
  }
  return events;
}

export function takeEffects(connection: Connection): { effects: Effect[]; bytes: Uint8Array } {
  const effects: Effect[] = [];
  for (let effect = connection.nextEffect(); effect !== undefined; effect = connection.nextEffect()) {
    if (effect.kind !== "yield") effects.push(effect);
  }
  return { effects, bytes: concat(...effects.map((effect) => (effect.kind === "write" ? effect.bytes : EMPTY))) };
}

const EMPTY = new Uint8Array(0);

/** Bytes arrive at `now`, and everything is taken. The connection gets a copy of its own. */
export function receive(connection: Connection, now: number, ...chunks: readonly Uint8Array[]): Drained {
  connection.receive(now, concat(...chunks));
  return drain(connection);
}

/** The frames that were written; there must be nothing but whole ones. */
export function framesIn({ bytes }: { readonly bytes: Uint8Array }): readonly DecodedFrame[] {
  const { frames, rest } = decodeFrames(bytes);
  if (rest.length > 0) throw new Error(`${rest.length} bytes are no frame`);
  return frames;
}

/** What happened at one instant. */
export interface Moment extends Drained {
  readonly now: number;
}

/**
 * Lets time pass until `until` (included), waking the connection at each of its deadlines, never earlier or later, and
 * taking everything after each wake-up.
 */
export function passTime(connection: Connection, until: number): readonly Moment[] {
  const moments: Moment[] = [];
  for (let now = connection.deadline; now !== undefined && now <= until; now = connection.deadline) {
    connection.handleTimeout(now);
    moments.push({ now, ...drain(connection) });
    if (connection.deadline !== undefined && connection.deadline <= now) {
      throw new Error(`the wake-up at ${now} made no progress`);
    }
  }
  return moments;
}

/** The instants at which Pings were written, and their payloads. */
export function pingsIn(moments: readonly Moment[]): { now: number; payload: Uint8Array }[] {
  return moments.flatMap((moment) =>
    framesIn(moment)
      .filter((frame) => frame.opcode === 9)
      .map((frame) => ({ now: moment.now, payload: frame.payload })),
  );
}

/** The one `closed` event, which must be the last one. */
export function closedIn(...drained: readonly { readonly events: readonly ConnectionEvent[] }[]): ClosedEvent {
  const events = drained.flatMap((part) => part.events);
  const closed = events.filter((event) => event.kind === "closed");
  const last = events.at(-1);
  if (closed.length !== 1 || last?.kind !== "closed") {
    throw new Error(`closed ${closed.length} times; events: ${events.map((event) => event.kind).join(" ")}`);
  }
  return last;
}
