// The echo service, and the book that it keeps: which connections there are, what is known of each, and how the last ones
// ended. It is made of the callbacks of sessions, and of nothing else.

import {
  type ClosedEvent,
  type Message,
  nodeClock,
  type ServerOpening,
  type ServerSession,
  type SessionCallbacks,
} from "@sansock/node-adapter";
import { type Duration, describeClosed, type Instant, MAX_PENDING_PINGS } from "@sansock/protocol";
import type { Command, EndedConnection, ObservedConnection } from "./observation.ts";
import type { Pipe } from "./relay.ts";

/** How many connections are listed at once, and how many endings are remembered. */
const MAX_LISTED = 40;
const MAX_ENDED = 40;
/** Round trips that are remembered for each: two minutes at one Ping a second. */
const MAX_SAMPLES = 120;
/** A connection that the server gave up on keeps its broken wire for so long, unless the page mends it. */
const HEAL_AFTER: Duration = 60_000;

/** Where a session comes from, if it comes through a relay. */
export type FindPipe = (session: ServerSession) => Pipe | undefined;

/** One connection, from its opening to when it is forgotten. */
interface Entry {
  readonly id: number;
  readonly session: ServerSession;
  readonly pipe: Pipe | undefined;
  readonly samples: { readonly at: Instant; readonly latency: Duration; readonly sequence: number }[];
  readonly received: { messages: number; bytes: number };
  readonly sent: { messages: number; bytes: number };
  end: { readonly event: ClosedEvent; readonly at: Instant; readonly sequence: number } | undefined;
}

/** What somebody who looks has seen: nothing, at first. */
export interface Cursor {
  sequence: number;
}

export class Roster implements SessionCallbacks<ServerOpening> {
  readonly #findPipe: FindPipe;
  readonly #open = new Map<number, Entry>();
  readonly #ended = new Map<number, Entry>();
  #lastId = 0;
  /** Counts everything that is told once. */
  #sequence = 0;

  constructor(findPipe: FindPipe) {
    this.#findPipe = findPipe;
  }

  // ---- what happens on sessions ----

  open(session: ServerSession): void {
    const entry: Entry = {
      id: ++this.#lastId,
      session,
      pipe: this.#findPipe(session),
      samples: [],
      received: { messages: 0, bytes: 0 },
      sent: { messages: 0, bytes: 0 },
      end: undefined,
    };
    session.data = entry;
    this.#open.set(entry.id, entry);
    void session.ping(); // so that nobody waits an interval for the first round trip
  }

  message(session: ServerSession, message: Message): void {
    const { received, sent } = session.data as Entry;
    const content = message.kind === "text" ? message.text : message.bytes;
    const size = message.kind === "text" ? Buffer.byteLength(message.text) : message.bytes.length;
    received.messages++;
    received.bytes += size;
    void session.send(content);
    sent.messages++;
    sent.bytes += size;
  }

  pong(session: ServerSession, _payload: Uint8Array, latency: Duration | undefined): void {
    if (latency === undefined) return;
    const { samples } = session.data as Entry;
    samples.push({ at: nodeClock.now(), latency, sequence: ++this.#sequence });
    if (samples.length > MAX_SAMPLES) samples.shift();
  }

  close(session: ServerSession, event: ClosedEvent): void {
    const entry = session.data as Entry;
    entry.end = { event, at: nodeClock.now(), sequence: ++this.#sequence };
    this.#open.delete(entry.id);
    this.#ended.set(entry.id, entry);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(oldest!);
    const { pipe } = entry;
    if (pipe?.isHeld) setTimeout(() => pipe.heal(), HEAL_AFTER).unref();
  }

  // ---- what somebody who looks sees, and may do ----

  get openConnections(): number {
    return this.#open.size;
  }

  /** The connections that are open, with the round trips since `cursor`. */
  connections(cursor: Cursor): ObservedConnection[] {
    const entries = [...this.#open.values()].slice(0, MAX_LISTED);
    return entries.map((entry) => observe(entry, cursor));
  }

  /** The connections that have ended since `cursor`. */
  ended(cursor: Cursor): EndedConnection[] {
    const entries = [...this.#ended.values()];
    return entries.flatMap((entry) => describeEnd(entry, cursor) ?? []);
  }

  /** Has `cursor` seen everything. */
  advance(cursor: Cursor): void {
    cursor.sequence = this.#sequence;
  }

  /** Does what is asked for. A connection that is gone in the meantime is no mistake. */
  carryOut(command: Command): void {
    const entry = this.#open.get(command.id) ?? this.#ended.get(command.id);
    if (entry === undefined) return;
    switch (command.kind) {
      case "ping":
        if (entry.session.diagnose().unansweredPings < MAX_PENDING_PINGS) void entry.session.ping();
        break;
      case "close":
        void entry.session.close();
        break;
      case "reset":
        entry.pipe?.reset();
        break;
      case "wire":
        if (entry.pipe !== undefined) entry.pipe.wire = command.wire;
        break;
    }
  }
}

function observe(entry: Entry, cursor: Cursor): ObservedConnection {
  const { session, samples, pipe, received, sent } = entry;
  const { timer } = session;
  const now = nodeClock.now();
  return {
    ...identify(entry),
    state: session.state,
    wire: pipe?.wire,
    timer: timer && { name: timer.name, remaining: timer.remaining },
    rtt: session.rtt,
    samples: samples
      .filter(({ sequence }) => sequence > cursor.sequence)
      .map(({ at, latency }) => ({ latency, age: now - at })),
    received,
    sent,
    queuedBytes: session.queuedBytes,
    diagnosis: session.diagnose(),
  };
}

function describeEnd(entry: Entry, cursor: Cursor): EndedConnection | undefined {
  const { end, received, sent, pipe } = entry;
  if (end === undefined || end.sequence <= cursor.sequence) return undefined;
  return {
    ...identify(entry),
    endedAgo: nodeClock.now() - end.at,
    description: describeClosed(end.event),
    event: end.event,
    received,
    sent,
    relayed: pipe !== undefined,
  };
}

function identify({ id, session }: Entry): { id: number; name: string | undefined; peer: string } {
  const { request, peer } = session.opening;
  const name = new URLSearchParams(request.query).get("name") ?? undefined;
  return { id, name, peer: `${peer.address}, port ${peer.port}` };
}
