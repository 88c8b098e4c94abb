// Those who look on from a page: they are told several times a second how things stand, and may ask for things to happen.

import {
  CloseCode,
  type ClosedEvent,
  type Message,
  type ServerOpening,
  type ServerSession,
  type SessionCallbacks,
} from "@sansock/node-adapter";
import type { Duration } from "@sansock/protocol";
import { type Greeting, type Observation, parseCommand } from "./observation.ts";
import type { Cursor, Roster } from "./roster.ts";

/** The page moves smoothly in between. */
const TELL_EVERY: Duration = 200;

export class Observers implements SessionCallbacks<ServerOpening> {
  readonly #roster: Roster;
  readonly #greeting: () => Greeting;
  readonly #cursors = new Map<ServerSession, Cursor>();
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(roster: Roster, greeting: () => Greeting) {
    this.#roster = roster;
    this.#greeting = greeting;
  }

  open(session: ServerSession): void {
    void session.send(JSON.stringify(this.#greeting()));
    this.#cursors.set(session, { sequence: 0 });
    this.#timer ??= setInterval(() => this.#tellAll(), TELL_EVERY);
    this.#tellAll();
  }

  message(session: ServerSession, message: Message): void {
    const command = message.kind === "text" ? parseCommand(message.text) : undefined;
    if (command === undefined) void session.close(CloseCode.PolicyViolation, "not a command");
    else {
      this.#roster.carryOut(command);
      this.#tellAll();
    }
  }

  close(session: ServerSession, _event: ClosedEvent): void {
    this.#cursors.delete(session);
    if (this.#cursors.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tellAll(): void {
    for (const [session, cursor] of this.#cursors) {
      // Whoever is slow is told less often, and misses nothing: what is new is new since the last time.
      if (session.state === "open" && session.queuedBytes === 0) this.#tell(session, cursor);
    }
  }

  #tell(session: ServerSession, cursor: Cursor): void {
    const observation: Observation = {
      kind: "observation",
      connections: this.#roster.connections(cursor),
      open: this.#roster.openConnections,
      ended: this.#roster.ended(cursor),
    };
    this.#roster.advance(cursor);
    void session.send(JSON.stringify(observation));
  }
}
