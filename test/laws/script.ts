// What may happen to a connection, as data: any order of calls from its three neighbours, at any instants. Running the
// same script twice gives the same; that is what makes the laws testable.

import fc from "fast-check";
import {
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  type Effect,
  UsageError,
} from "../../packages/protocol/src/index.ts";
import { decodeFrames } from "../reference/frames.ts";
import { anyStream, chunked } from "../reference/streams.ts";
import { concat } from "../support/hex.ts";
import { Peer, type Role } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

/** One call, or one look at what there is. Calls with a time come `later` than the one before. */
export type Step =
  | { readonly do: "receive"; readonly later: number; readonly bytes: Uint8Array }
  | { readonly do: "receiveEnd" | "handleTransportClosed"; readonly later: number }
  | { readonly do: "receivePaused" | "receiveResumed"; readonly later: number }
  | { readonly do: "handleTransportQueue"; readonly later: number; readonly queuedBytes: number }
  /** Time passes up to the deadline, or a bit more; or a wake-up that nobody asked for. */
  | { readonly do: "wake"; readonly late: number }
  | { readonly do: "handleTimeout"; readonly later: number }
  | { readonly do: "sendText"; readonly text: string }
  | { readonly do: "sendBinary"; readonly bytes: Uint8Array }
  | { readonly do: "sendFragment"; readonly content: string | Uint8Array; readonly fin: boolean }
  | { readonly do: "ping"; readonly later: number; readonly payload: Uint8Array | undefined }
  /** The peer's Pong for the newest Ping that was written. */
  | { readonly do: "answerPing"; readonly later: number }
  | { readonly do: "pong"; readonly payload: Uint8Array }
  | { readonly do: "close"; readonly later: number; readonly code: number; readonly reason: string }
  | { readonly do: "abort"; readonly later: number }
  | { readonly do: "nextEvent"; readonly most: number }
  | { readonly do: "nextEffect"; readonly most: number };

export interface Script {
  readonly options: { readonly role: Role } & Partial<ConnectionOptions>;
  readonly steps: readonly Step[];
  /** How it goes on after the last step: not at all, alone with its clock, or with the end of the transport. */
  readonly ending: "stop" | "wait" | "gone";
}

/** What was seen, in order. */
export type Observation =
  | { readonly step: number; readonly event: ConnectionEvent }
  | { readonly step: number; readonly effect: Effect }
  | { readonly step: number; readonly now: number; readonly deadline: number | undefined; readonly state: string };

const later = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, fc.constantFrom(1, 2, 49, 50, 51, 1_000, -10));

const text = fc.string({ unit: "binary", maxLength: 20 });
const bytes = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 20 }), weight: 20 },
  fc.constantFrom(125, 126, 300, 16_384, 70_000).map(many),
);

/** Bytes that a counterexample shows by their number. */
function many(length: number): Uint8Array {
  const filled = new Uint8Array(length).fill(length);
  return Object.defineProperty(filled, fc.toStringMethod, { value: () => `many(${length})` });
}

function ownSteps(): fc.Arbitrary<Step>[] {
  return [
    fc.record({ do: fc.constant("sendText" as const), text }),
    fc.record({ do: fc.constant("sendBinary" as const), bytes }),
    fc.record({ do: fc.constant("sendFragment" as const), content: fc.oneof(text, bytes), fin: fc.boolean() }),
    fc.record({ do: fc.constant("ping" as const), later, payload: fc.option(smallPayload, { nil: undefined }) }),
    fc.record({ do: fc.constant("pong" as const), payload: smallPayload }),
    fc.record({ do: fc.constant("nextEvent" as const), most: fc.constantFrom(1, 2, 100) }),
    fc.record({ do: fc.constant("nextEvent" as const), most: fc.constant(100) }),
    fc.record({ do: fc.constant("nextEffect" as const), most: fc.constantFrom(1, 100) }),
    fc.record({ do: fc.constant("nextEffect" as const), most: fc.constant(100) }),
    fc.record({ do: fc.constant("wake" as const), late: fc.constantFrom(0, 0, 0, 1, 5, 1_000, -1, -10) }),
    fc.record({ do: fc.constant("wake" as const), late: fc.constant(0) }),
    fc.record({ do: fc.constant("wake" as const), late: fc.constant(0) }),
    fc.record({ do: fc.constant("handleTimeout" as const), later }),
    fc.record({ do: fc.constant("answerPing" as const), later }),
    fc.record({ do: fc.constant("answerPing" as const), later }),
    fc.record({ do: fc.constantFrom("receivePaused" as const, "receiveResumed" as const), later }),
    fc.record({ do: fc.constant("handleTransportQueue" as const), later, queuedBytes: fc.nat({ max: 100_000 }) }),
  ];
}

const smallPayload = fc.uint8Array({ maxLength: 3 });

function endingSteps(): fc.Arbitrary<Step>[] {
  return [
    fc.record({ do: fc.constantFrom("receiveEnd" as const, "handleTransportClosed" as const), later }),
    fc.record({
      do: fc.constant("close" as const),
      later,
      code: fc.constantFrom(1000, 1006, 3000, 4999, 5000),
      reason: fc.constantFrom("", "bye", "😀".repeat(31)),
    }),
    fc.record({ do: fc.constant("abort" as const), later }),
  ];
}

/** Any script: a peer's stream in pieces, with everything else in between. */
export function anyScript(): fc.Arbitrary<Script> {
  const options = fc.record({
    pingInterval: fc.constantFrom(50, 50, null),
    pingTimeout: fc.constantFrom(30, 80, null),
    closeTimeout: fc.constantFrom(40, 40, 40, null),
    liveness: fc.constantFrom("pong" as const, "inbound" as const, "progress" as const),
    pausedReading: fc.constantFrom("count" as const, "suspend" as const),
    pingJitter: fc.constantFrom(0, 0, 1),
    onPingTimeout: fc.constantFrom("close" as const, "abort" as const),
    delivery: fc.constantFrom("messages" as const, "messages" as const, "fragments" as const),
    wordBits: fc.constantFrom(32 as const, 64 as const),
    autoPong: fc.constantFrom(true, true, false),
  });
  return fc
    .tuple(
      options,
      anyStream().chain(({ rules, bytes: sent }) => fc.tuple(fc.constant(rules), chunked(sent))),
    )
    .chain(([chosen, [rules, chunks]]) => {
      const steps = fc.array(
        fc.oneof(
          ...ownSteps().map((arbitrary) => ({ arbitrary, weight: 6 })),
          ...endingSteps().map((arbitrary) => ({ arbitrary, weight: 1 })),
          { arbitrary: fc.constant("chunk" as const), weight: 50 },
        ),
        { maxLength: 40, size: "max" },
      );
      return fc
        .tuple(steps, fc.constantFrom("stop" as const, "wait" as const, "gone" as const))
        .map(([drawn, ending]) => {
          const left = [...chunks];
          return {
            ending,
            options: { ...chosen, role: rules.role, maxMessageBytes: rules.maxMessageBytes },
            steps: drawn.flatMap((step): Step[] => {
              if (step !== "chunk") return [step];
              const chunk = left.shift();
              return chunk === undefined ? [] : [{ do: "receive", later: 1, bytes: chunk }];
            }),
          };
        });
    });
}

/** Runs a script, and looks after every step. */
export class Run {
  readonly connection: Connection;
  readonly observations: Observation[] = [];
  /** What was thrown that is no `UsageError`, and by calls that must not throw at all. */
  readonly thrown: unknown[] = [];
  now = 0;
  /** The latest instant of all: a clock that steps backwards is taken to stand still. */
  latest = 0;
  #step = 0;
  readonly #role: Role;
  #written: Uint8Array = new Uint8Array(0);

  constructor(options: Script["options"]) {
    this.#role = options.role;
    this.connection = new Connection(0, { random: countingRandom(), ...options });
  }

  get events(): ConnectionEvent[] {
    return this.observations.flatMap((observation) => ("event" in observation ? [observation.event] : []));
  }

  get effects(): Effect[] {
    return this.observations.flatMap((observation) => ("effect" in observation ? [observation.effect] : []));
  }

  /** Everything that was written, in one piece. */
  get written(): Uint8Array {
    return this.#written;
  }

  perform(step: Step): void {
    const { connection } = this;
    if ("later" in step) this.now += step.later;
    try {
      switch (step.do) {
        case "receive":
          connection.receive(this.now, step.bytes.slice());
          break;
        case "answerPing":
          connection.receive(this.now, this.#pongForLastPing());
          break;
        case "handleTransportQueue":
          connection.handleTransportQueue(this.now, step.queuedBytes);
          break;
        case "wake":
          this.now = Math.max(this.now, (connection.deadline ?? this.now) + step.late);
          connection.handleTimeout(this.now);
          break;
        case "receiveEnd":
        case "handleTransportClosed":
        case "receivePaused":
        case "receiveResumed":
        case "handleTimeout":
        case "abort":
          connection[step.do](this.now);
          break;
        case "nextEvent":
          this.#takeEvents(step.most);
          break;
        case "nextEffect":
          this.#takeEffects(step.most);
          break;
        default:
          this.#command(step);
      }
    } catch (error) {
      this.thrown.push(error);
    }
    this.latest = Math.max(this.latest, this.now);
    const { deadline, state } = connection;
    this.observations.push({ step: this.#step++, now: this.now, deadline, state });
  }

  /** Takes what is left, and goes on as the script says. */
  finish(ending: Script["ending"]): void {
    this.#drain();
    if (ending === "gone") this.perform({ do: "handleTransportClosed", later: 1 });
    for (let wakeUps = 0; ending === "wait" && wakeUps < 10 && this.connection.deadline !== undefined; wakeUps++) {
      this.perform({ do: "wake", late: 0 });
      this.#drain();
    }
    this.#drain();
  }

  #drain(): void {
    this.perform({ do: "nextEvent", most: 1e6 });
    this.perform({ do: "nextEffect", most: 1e6 });
  }

  #command(step: Extract<Step, { do: "sendText" | "sendBinary" | "sendFragment" | "ping" | "pong" | "close" }>): void {
    const { connection } = this;
    try {
      if (step.do === "sendText") connection.sendText(step.text);
      else if (step.do === "sendBinary") connection.sendBinary(step.bytes);
      else if (step.do === "sendFragment") connection.sendFragment(step.content, step.fin);
      else if (step.do === "ping") connection.ping(this.now, step.payload);
      else if (step.do === "pong") connection.pong(step.payload);
      else connection.close(this.now, step.code, step.reason);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }

  #takeEvents(most: number): void {
    for (let taken = 0; taken < most; taken++) {
      const event = this.connection.nextEvent();
      if (event === undefined) return;
      this.observations.push({ step: this.#step, event });
    }
  }

  #takeEffects(most: number): void {
    for (let taken = 0; taken < most; taken++) {
      const effect = this.connection.nextEffect();
      if (effect === undefined) return;
      this.observations.push({ step: this.#step, effect });
      if (effect.kind === "write") this.#written = concat(this.#written, effect.bytes);
    }
  }

  #pongForLastPing(): Uint8Array {
    const pings = decodeFrames(this.#written).frames.filter(({ opcode }) => opcode === 9);
    return new Peer(this.#role).pong(pings.at(-1)?.payload);
  }
}

/** Runs a whole script, and takes what is left at its end. */
export function run({ options, steps, ending }: Script): Run {
  const running = new Run(options);
  for (const step of steps) running.perform(step);
  running.finish(ending);
  return running;
}
