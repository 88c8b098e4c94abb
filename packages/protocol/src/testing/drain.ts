import type { Effect } from "../vocabulary/effect.ts";
import type { Machine } from "../vocabulary/machine.ts";
import type { Instant } from "../vocabulary/time.ts";
import { YIELD } from "../vocabulary/yield.ts";

/** Everything that a machine had to say. */
export interface Drained<Event> {
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
  readonly deadline: Instant | undefined;
}

/**
 * Takes all events of a machine, then all effects, until there are none, and looks at its deadline: the three questions
 * at once, as plain data to compare. Where the machine yields it goes on at once.
 *
 * ```ts
 * connection.receive(0, new Uint8Array([0x89, 0x80, 0, 0, 0, 0])); // a Ping
 * drain(connection).events; // [{ kind: "ping", payload: new Uint8Array(0) }]
 * ```
 */
export function drain<Event>(machine: Machine<Event>): Drained<Event> {
  const events: Event[] = [];
  const effects: Effect[] = [];
  for (;;) {
    const before = events.length + effects.length;
    for (let event: Event | undefined; (event = machine.nextEvent()) !== undefined; ) {
      if (event !== YIELD) events.push(event);
    }
    for (let effect: Effect | undefined; (effect = machine.nextEffect()) !== undefined; ) {
      if (effect !== YIELD) effects.push(effect);
    }
    if (events.length + effects.length === before) return { events, effects, deadline: machine.deadline };
  }
}
