// The states of one connection: a breadth-first search over the real engine, with a small alphabet of what a peer, the
// application, the transport and the clock may do. A state cannot be copied, so every step of the search plays the way to
// it again; and what cannot be told apart from outside, by anything that was done or can be seen, counts as one state.

import {
  Connection,
  type ConnectionEvent,
  decodeFrames,
  encodeFrame,
  UsageError,
  type UsageErrorCode,
} from "@sansock/protocol";
import { countingRandom } from "@sansock/protocol/testing";
import { Wiretap } from "./wiretap.ts";

export type Role = "client" | "server";

/** Small times, so that few steps go a long way. */
const TIMES = { pingInterval: 4, pingTimeout: 2, closeTimeout: 3 };
/** How long after its deadline a late wake-up comes. */
const LATE = 10;

/** Something that can happen, with the name that it has in the diagram. */
export interface Action {
  readonly name: string;
  /** What several actions have in common, for the diagram. */
  readonly group: string;
  /** Does it. `undefined` means that it cannot happen now. */
  readonly happen: (walk: Walk) => boolean | undefined;
}

/** What went wrong, and the way there. */
export class StateSpaceFailure extends Error {
  override readonly name = "StateSpaceFailure";

  constructor(role: Role, path: readonly Action[], what: string) {
    super(`${role}: ${what}\n  after ${path.map(({ name }) => name).join(", ")}`);
  }
}

/** One way through the states of a connection. */
export class Walk {
  readonly role: Role;
  readonly connection: Connection;
  now = 0;
  /** Whether the application takes events at the moment. */
  takesEvents = true;
  events: ConnectionEvent[] = [];
  /** What the connection was told, and asked. */
  peer = { insideMessage: false, insideFrame: false, ended: false };
  sending = false;
  paused = false;
  transport: "open" | "ended" | "destroyed" | "gone" = "open";
  /** Payloads of Pings that were written, and not answered by the peer. */
  readonly pings: Uint8Array[] = [];
  readonly path: Action[] = [];
  readonly #wiretap: Wiretap;
  #closed = 0;
  #state = 0;

  constructor(role: Role) {
    this.role = role;
    this.connection = new Connection(0, { role, random: countingRandom, ...TIMES });
    this.#wiretap = new Wiretap(role, false, (what) => this.fail(`wrote ${what}`));
  }

  /** Does an action and judges what comes of it. Returns whether it can happen at all. */
  take(action: Action): boolean {
    this.path.push(action);
    if (action.happen(this) === undefined) return false;
    this.#drain();
    this.#judge();
    return true;
  }

  fail(what: string): never {
    throw new StateSpaceFailure(this.role, this.path, what);
  }

  /** Bytes of the peer arrive. */
  receive(
    ...frames: readonly { opcode: number; fin?: boolean; payload?: Uint8Array; rsv?: number }[]
  ): boolean | undefined {
    if (this.peer.insideFrame) return undefined;
    for (const { opcode, fin = true, payload = new Uint8Array(0), rsv = 0 } of frames) {
      this.receiveBytes(
        encodeFrame({ opcode, fin, payload, rsv, maskKey: this.role === "server" ? 0x01020304 : undefined }),
      );
    }
    return true;
  }

  receiveBytes(bytes: Uint8Array): boolean | undefined {
    if (this.peer.ended || this.transport === "gone" || this.transport === "destroyed") return undefined;
    this.connection.receive(this.now, bytes);
    return true;
  }

  /** A call of the application; a mistake of its must throw as it is documented, and change nothing. */
  call(expected: UsageErrorCode | undefined, call: () => void): boolean {
    const before = this.fingerprint;
    try {
      call();
    } catch (error) {
      if (!(error instanceof UsageError)) this.fail(`threw ${error}`);
      const isOpen = this.connection.state === "open";
      if (error.code !== (isOpen ? expected : "not-open"))
        this.fail(`threw ${error.code}, being ${this.connection.state}`);
      if (this.fingerprint !== before) this.fail(`threw ${error.code}, and changed`);
      return false;
    }
    if (expected !== undefined) this.fail(`did not throw ${expected}`);
    return true;
  }

  /** Time passes until `now`, and the connection is woken. */
  wake(now: number): true {
    this.now = now;
    const { deadline } = this.connection;
    const before = this.fingerprint;
    this.connection.handleTimeout(now);
    const after = this.connection.deadline;
    if (after !== undefined && after <= now) this.fail(`was woken at ${now}, and waits for ${after}`);
    if ((deadline === undefined || now < deadline) && before !== this.fingerprint)
      this.fail("changed, woken too early");
    return true;
  }

  /** What tells this state from others, as a string. */
  get fingerprint(): string {
    const { connection, peer } = this;
    const { ending, deadline } = connection;
    const diagnosis = connection.diagnose(this.now);
    return JSON.stringify([
      connection.state,
      connection.deadlineName,
      deadline === undefined ? undefined : Math.max(-1, deadline - this.now),
      connection.hasUnread,
      connection.discardsInput,
      connection.outgoingBytes > 0,
      ending && [ending.cause, ending.received, ending.sent, ending.first, ending.clean],
      ending === undefined ? [diagnosis.unansweredPings, diagnosis.readingPaused] : undefined,
      peer,
      this.sending,
      this.paused,
      this.transport,
      this.takesEvents,
      this.pings.length,
      this.#closed,
    ]);
  }

  /** The name of this state in the diagram. */
  get place(): string {
    const { ending, state, discardsInput } = this.connection;
    if (ending === undefined) return "open";
    if (state === "closed") return "closed";
    const { received, sent } = ending;
    if (received !== undefined && sent !== undefined) return "both Closes seen";
    if (sent !== undefined) return discardsInput ? "failed" : "Close sent";
    return received !== undefined ? "Close received" : "end received";
  }

  #drain(): void {
    if (this.takesEvents) {
      for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
        if (this.#closed > 0) this.fail(`${event.kind} behind the end`);
        if (event.kind === "closed") this.#closed++;
        this.events.push(event);
      }
    }
    for (let effect = this.connection.nextEffect(); effect !== undefined; effect = this.connection.nextEffect()) {
      if (this.transport === "gone") this.fail(`${effect.kind} although the transport is gone`);
      if (this.transport === "destroyed") this.fail(`${effect.kind} behind destroy`);
      if (effect.kind === "destroy") this.transport = "destroyed";
      else if (this.transport === "ended") this.fail(`${effect.kind} behind the end`);
      else if (effect.kind === "end") {
        this.transport = "ended";
        this.#wiretap.end();
      } else if (effect.kind === "write") this.#written(effect.bytes);
    }
  }

  #written(bytes: Uint8Array): void {
    this.#wiretap.write(bytes);
    for (const { opcode, payload } of decodeFrames(bytes).frames) if (opcode === 9) this.pings.push(payload);
  }

  #judge(): void {
    const { connection } = this;
    const state = ["open", "closing", "closed"].indexOf(connection.state);
    if (state < this.#state) this.fail("went back to an earlier state");
    this.#state = state;
    if (this.#closed > 1) this.fail("closed twice");
    if (this.takesEvents && connection.hasUnread && !connection.discardsInput) this.fail("left something unread");
    if (this.takesEvents && connection.state === "closed" && this.#closed === 0)
      this.fail("is closed, and did not say so");
    if (this.#closed > 0 && connection.deadline !== undefined) this.fail("waits for something behind the end");
    if ((connection.deadline === undefined) !== (connection.deadlineName === undefined))
      this.fail("waits for it knows not what");
    if (connection.state === "closing" && connection.deadline === undefined) this.fail("may be closing for ever");
  }
}

const peer = (name: string, group: string, happen: Action["happen"]): Action => ({
  name: `peer: ${name}`,
  group,
  happen,
});
const text = new Uint8Array([0x61]);

/** What may happen to a connection. */
export const ACTIONS: readonly Action[] = [
  peer("text", "data", (walk) => (walk.peer.insideMessage ? undefined : walk.receive({ opcode: 1, payload: text }))),
  peer("first fragment", "data", (walk) => {
    if (walk.peer.insideMessage || walk.receive({ opcode: 1, fin: false, payload: text }) === undefined)
      return undefined;
    return (walk.peer.insideMessage = true);
  }),
  peer("last fragment", "data", (walk) => {
    if (!walk.peer.insideMessage || walk.receive({ opcode: 0, payload: text }) === undefined) return undefined;
    walk.peer.insideMessage = false;
    return true;
  }),
  peer("half a frame", "data", (walk) => {
    const byte = new Uint8Array([walk.peer.insideMessage ? 0x80 : 0x81]);
    if (walk.peer.insideFrame || walk.receiveBytes(byte) === undefined) return undefined;
    return (walk.peer.insideFrame = true);
  }),
  peer("the other half", "data", (walk) => {
    const rest = walk.role === "server" ? new Uint8Array([0x80, 0, 0, 0, 0]) : new Uint8Array([0]);
    if (!walk.peer.insideFrame || walk.receiveBytes(rest) === undefined) return undefined;
    walk.peer.insideFrame = false;
    walk.peer.insideMessage = false;
    return true;
  }),
  peer("Ping", "control", (walk) => walk.receive({ opcode: 9, payload: text })),
  peer("Pong to the last Ping", "control", (walk) => {
    const payload = walk.pings.at(-1);
    if (payload === undefined || walk.receive({ opcode: 10, payload: payload.slice() }) === undefined) return undefined;
    walk.pings.length = 0;
    return true;
  }),
  peer("Pong to nothing", "control", (walk) => walk.receive({ opcode: 10, payload: new Uint8Array([9, 9]) })),
  peer("Close 1000", "Close arrives", (walk) => walk.receive({ opcode: 8, payload: new Uint8Array([3, 232]) })),
  peer("Close without a code", "Close arrives", (walk) => walk.receive({ opcode: 8 })),
  peer("illegal frame", "violation", (walk) => walk.receive({ opcode: 3 })),
  peer("Close with an illegal code", "violation", (walk) =>
    walk.receive({ opcode: 8, payload: new Uint8Array([0, 1]) }),
  ),
  peer("end", "end arrives", (walk) => {
    if (walk.peer.ended || walk.transport === "gone" || walk.transport === "destroyed") return undefined;
    walk.connection.receiveEnd(walk.now);
    return (walk.peer.ended = true);
  }),
  {
    name: "the transport is gone",
    group: "transport gone",
    happen: (walk) => {
      if (walk.transport === "gone") return undefined;
      walk.connection.handleTransportClosed(walk.now);
      walk.transport = "gone";
      return true;
    },
  },
  {
    name: "sendText",
    group: "send",
    happen: (walk) => walk.call(walk.sending ? "message-in-progress" : undefined, () => walk.connection.sendText("a")),
  },
  {
    name: "sendFragment",
    group: "send",
    happen: (walk) => {
      walk.sending = walk.call(undefined, () => walk.connection.sendFragment("a", false)) || walk.sending;
      return true;
    },
  },
  {
    name: "sendFragment, the last",
    group: "send",
    happen: (walk) => {
      if (walk.call(undefined, () => walk.connection.sendFragment("a", true))) walk.sending = false;
      return true;
    },
  },
  {
    name: "ping()",
    group: "send",
    happen: (walk) => {
      if (walk.pings.length > 1) return undefined; // so that there are not more and more states
      return walk.call(undefined, () => walk.connection.ping(walk.now));
    },
  },
  { name: "pong()", group: "send", happen: (walk) => walk.call(undefined, () => walk.connection.pong(text)) },
  { name: "close()", group: "close()", happen: (walk) => walk.call(undefined, () => walk.connection.close(walk.now)) },
  {
    name: "close(1005)",
    group: "close()",
    happen: (walk) => {
      const before = walk.fingerprint;
      try {
        walk.connection.close(walk.now, 1005);
      } catch (error) {
        if (!(error instanceof UsageError) || error.code !== "bad-close-code") walk.fail(`threw ${error}`);
        if (before !== walk.fingerprint) walk.fail("threw, and changed");
        return undefined; // the same state, always
      }
      return walk.fail("took an illegal code");
    },
  },
  { name: "abort()", group: "abort()", happen: (walk) => walk.call(undefined, () => walk.connection.abort(walk.now)) },
  {
    name: "failOverflow()",
    group: "failOverflow()",
    happen: (walk) => walk.call(undefined, () => walk.connection.failOverflow(walk.now)),
  },
  {
    name: "events are taken, or not any more",
    group: "",
    happen: (walk) => {
      walk.takesEvents = !walk.takesEvents;
      return true;
    },
  },
  {
    name: "reading stops, or goes on",
    group: "",
    happen: (walk) => {
      if (walk.transport === "gone" || walk.transport === "destroyed") return undefined;
      walk.paused = !walk.paused;
      if (walk.paused) walk.connection.receivePaused(walk.now);
      else walk.connection.receiveResumed(walk.now);
      return true;
    },
  },
  { name: "1 ms", group: "deadline", happen: (walk) => walk.wake(walk.now + 1) },
  {
    name: "deadline",
    group: "deadline",
    happen: (walk) => {
      const { deadline } = walk.connection;
      return deadline === undefined ? undefined : walk.wake(Math.max(walk.now, deadline));
    },
  },
  {
    name: "deadline, late",
    group: "deadline",
    happen: (walk) => {
      const { deadline } = walk.connection;
      return deadline === undefined ? undefined : walk.wake(Math.max(walk.now, deadline) + LATE);
    },
  },
];

export interface StateSpace {
  readonly role: Role;
  /** How many states were found, and how many steps from one to the next were played. */
  readonly states: number;
  readonly steps: number;
  /** The longest way to a state, of the shortest ways. */
  readonly depth: number;
  /** Whether there are no others. */
  readonly complete: boolean;
  /** For the diagram: from place, to place, by which groups of actions. */
  readonly transitions: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Searches until there are no more states, `maxStates` were found, or `until()` says so. */
export function searchStates(role: Role, maxStates: number, isOver: () => boolean = () => false): StateSpace {
  const transitions = new Map<string, Set<string>>();
  const known = new Set<string>([new Walk(role).fingerprint]);
  let frontier: (readonly Action[])[] = [[]];
  let depth = 0;
  let steps = 0;
  while (frontier.length > 0) {
    const next: (readonly Action[])[] = [];
    for (const path of frontier) {
      for (const action of ACTIONS) {
        if (known.size >= maxStates || isOver())
          return { role, states: known.size, steps, depth, complete: false, transitions };
        const walk = replay(role, path);
        const from = walk.place;
        if (!walk.take(action)) continue;
        steps++;
        note(transitions, from, walk.place, action.group);
        const { fingerprint } = walk;
        if (known.has(fingerprint)) continue;
        known.add(fingerprint);
        next.push([...path, action]);
      }
    }
    frontier = next;
    if (next.length > 0) depth++;
  }
  return { role, states: known.size, steps, depth, complete: true, transitions };
}

function replay(role: Role, path: readonly Action[]): Walk {
  const walk = new Walk(role);
  for (const action of path) walk.take(action);
  return walk;
}

function note(transitions: Map<string, Set<string>>, from: string, to: string, group: string): void {
  if (from === to || group === "") return;
  const key = `${from}\n${to}`;
  const groups = transitions.get(key) ?? new Set();
  groups.add(group);
  transitions.set(key, groups);
}
