import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Connection,
  type ConnectionEvent,
  type Fragment,
  type MessageTransform,
  UsageError,
} from "../../packages/protocol/src/index.ts";
import { concat } from "../support/hex.ts";
import { countingRandom } from "../support/random.ts";
import { ReferenceEndpoint, type ReferenceEvent, type ReferenceOutput } from "./endpoint.ts";
import { decodeFrames, encodeFrame, shortestForm } from "./frames.ts";
import { type ReadingRules, type ReferenceExtension, readStream } from "./reader.ts";
import { seeded } from "./seed.ts";
import { anyStream, chunked, type PeerStream } from "./streams.ts";

/** One thing that happens to an endpoint. */
type Step =
  | { readonly do: "receive"; readonly bytes: Uint8Array }
  /** Takes so many events; with `effects`, all effects after each. */
  | { readonly do: "events"; readonly count: number; readonly effects: boolean }
  | { readonly do: "effects" }
  | { readonly do: "end" }
  | { readonly do: "gone" }
  | LocalCall;

type LocalCall =
  | { readonly do: "sendText"; readonly text: string }
  | { readonly do: "sendBinary"; readonly bytes: Uint8Array }
  | { readonly do: "sendFragment"; readonly content: string | Uint8Array; readonly fin: boolean }
  | { readonly do: "ping"; readonly payload: Uint8Array }
  | { readonly do: "pong"; readonly payload: Uint8Array }
  | { readonly do: "close"; readonly code: number; readonly reason: string }
  | { readonly do: "abort" };

/** What was observed at one step. */
type Observation = unknown;

interface Endpoint {
  receive(bytes: Uint8Array): void;
  end(): void;
  gone(): void;
  call(call: LocalCall): unknown;
  nextEvent(): ReferenceEvent | undefined;
  outputs(): ReferenceOutput[];
  readonly state: string;
}

/** Runs the steps and then everything to its end: each observation in order. */
function run(endpoint: Endpoint, steps: readonly Step[]): Observation[] {
  const observations: Observation[] = [];
  const events = (count: number, effects: boolean): void => {
    for (let taken = 0; taken < count; taken += 1) {
      const event = endpoint.nextEvent();
      observations.push(event);
      if (effects) observations.push(endpoint.outputs());
      if (event === undefined) return;
    }
  };
  const toTheEnd: readonly Step[] = [
    { do: "events", count: 1000, effects: true },
    { do: "end" },
    { do: "events", count: 1000, effects: true },
    { do: "gone" },
    { do: "events", count: 1000, effects: true },
  ];
  for (const step of [...steps, ...toTheEnd]) {
    if (step.do === "receive") endpoint.receive(step.bytes);
    else if (step.do === "events") events(step.count, step.effects);
    else if (step.do === "effects") observations.push(endpoint.outputs());
    else if (step.do === "end") endpoint.end();
    else if (step.do === "gone") endpoint.gone();
    else observations.push([step.do, endpoint.call(step)]);
    observations.push(endpoint.state);
  }
  return observations;
}

class EngineUnderTest implements Endpoint {
  readonly #connection: Connection;
  readonly #role: "client" | "server";

  constructor({ role, maxMessageBytes, extension }: ReadingRules) {
    this.#role = role;
    const transform = extension === undefined ? undefined : transformOf(extension);
    const options = { role, maxMessageBytes, random: countingRandom(), pingInterval: null, wordBits: 64 } as const;
    this.#connection = new Connection(0, options, transform);
  }

  receive(bytes: Uint8Array): void {
    this.#connection.receive(0, bytes.slice());
  }

  end(): void {
    this.#connection.receiveEnd(0);
  }

  gone(): void {
    this.#connection.handleTransportClosed(0);
  }

  call(call: LocalCall): unknown {
    try {
      switch (call.do) {
        case "sendText":
          return this.#connection.sendText(call.text);
        case "sendBinary":
          return this.#connection.sendBinary(call.bytes);
        case "sendFragment":
          return this.#connection.sendFragment(call.content, call.fin);
        case "ping":
          return this.#connection.ping(0, call.payload);
        case "pong":
          return this.#connection.pong(call.payload);
        case "close":
          return this.#connection.close(0, call.code, call.reason);
        case "abort":
          return this.#connection.abort(0);
      }
    } catch (error) {
      if (error instanceof UsageError) return `throws ${error.code}`;
      throw error;
    }
  }

  nextEvent(): ReferenceEvent | undefined {
    const event = this.#connection.nextEvent();
    return event === undefined ? undefined : comparable(event);
  }

  /** Each effect has to be whole frames, or an end of the transport. */
  outputs(): ReferenceOutput[] {
    const outputs: ReferenceOutput[] = [];
    let bytes: Uint8Array = new Uint8Array(0);
    for (let effect = this.#connection.nextEffect(); effect !== undefined; effect = this.#connection.nextEffect()) {
      if (effect.kind === "write") bytes = concat(bytes, effect.bytes);
      const { frames, rest } = decodeFrames(bytes);
      bytes = rest;
      for (const frame of frames) {
        // §5.1, §5.2: what every frame of ours has to be.
        expect(frame.masked).toBe(this.#role === "client");
        expect(frame.rsv).toBe(0);
        expect(frame.lengthBits).toBe(shortestForm(frame.payload.length));
        outputs.push({ opcode: frame.opcode, fin: frame.fin, payload: [...frame.payload] });
      }
      if (effect.kind === "end" || effect.kind === "destroy") outputs.push(effect.kind);
    }
    expect(bytes).toHaveLength(0);
    return outputs;
  }

  get state(): string {
    return this.#connection.state;
  }
}

/** An extension of the reference for the engine, on what is received only. */
function transformOf({ bit, decode }: ReferenceExtension): MessageTransform {
  let pushed: Uint8Array = new Uint8Array(0);
  return {
    rsv: bit === 4 ? 0x40 : bit === 2 ? 0x20 : 0x10,
    wants: () => false,
    encode: (bytes) => bytes,
    push(bytes) {
      pushed = concat(pushed, bytes);
    },
    pull(maxBytes) {
      if (pushed.length === 0) return undefined;
      const piece = decode(pushed.subarray(0, maxBytes));
      pushed = pushed.subarray(maxBytes);
      return piece;
    },
  };
}

function comparable(event: ConnectionEvent): ReferenceEvent {
  switch (event.kind) {
    case "binary":
      return { kind: "binary", bytes: [...event.bytes] };
    case "ping":
      return { kind: "ping", payload: [...event.payload] };
    case "pong":
      return { kind: "pong", payload: [...event.payload], acknowledged: event.acknowledged.map(({ id }) => id) };
    case "closed": {
      const { diagnosis: _, ...rest } = event;
      return rest;
    }
    case "fragment":
    case "utf8":
    case "yield":
      throw new Error(`${event.kind}, although whole, short messages and strings were asked for`);
    default:
      return event;
  }
}

class Reference implements Endpoint {
  readonly #endpoint: ReferenceEndpoint;

  constructor(rules: ReadingRules) {
    this.#endpoint = new ReferenceEndpoint(rules);
  }

  receive(bytes: Uint8Array): void {
    this.#endpoint.receive(bytes);
  }

  end(): void {
    this.#endpoint.receiveEnd();
  }

  gone(): void {
    this.#endpoint.transportClosed();
  }

  call(call: LocalCall): unknown {
    try {
      switch (call.do) {
        case "sendText":
          return this.#endpoint.sendText(call.text);
        case "sendBinary":
          return this.#endpoint.sendBinary(call.bytes);
        case "sendFragment":
          return this.#endpoint.sendFragment(call.content, call.fin);
        case "ping":
          return this.#endpoint.ping(call.payload);
        case "pong":
          return this.#endpoint.pong(call.payload);
        case "close":
          return this.#endpoint.close(call.code, call.reason);
        case "abort":
          return this.#endpoint.abort();
      }
    } catch (error) {
      if (typeof error === "string") return `throws ${error}`;
      throw error;
    }
  }

  nextEvent(): ReferenceEvent | undefined {
    return this.#endpoint.nextEvent();
  }

  outputs(): ReferenceOutput[] {
    return this.#endpoint.takeOutputs();
  }

  get state(): string {
    return this.#endpoint.state;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

const anyText = fc.oneof(
  fc.string({ maxLength: 6 }),
  // Surrogates, alone and in pairs.
  fc
    .array(fc.constantFrom("a", "é", "\ud83d", "\ude00", "\ud83d\ude00", "\uffff"), { maxLength: 5 })
    .map((s) => s.join("")),
);
const anyBytes = fc.uint8Array({ maxLength: 8 });
const controlPayload = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 1 }), weight: 6 },
  { arbitrary: fc.nat({ max: 127 }).map((length) => new Uint8Array(length).fill(1)), weight: 1 },
);

const localCall: fc.Arbitrary<LocalCall> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant("sendText" as const), text: anyText }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant("sendBinary" as const), bytes: anyBytes }), weight: 4 },
  {
    arbitrary: fc.record({
      do: fc.constant("sendFragment" as const),
      content: fc.oneof(anyText, anyBytes),
      fin: fc.boolean(),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant("ping" as const), payload: controlPayload }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant("pong" as const), payload: controlPayload }), weight: 2 },
  {
    arbitrary: fc.record({
      do: fc.constant("close" as const),
      code: fc.constantFrom(1000, 1001, 1014, 3000, 4999, 999, 1005, 1006, 1015, 2000, 5000, -1, 1000.5),
      reason: fc.oneof(anyText, fc.constantFrom("x".repeat(123), "x".repeat(124), "é".repeat(61), "é".repeat(62))),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant("abort" as const) }), weight: 1 },
);

const draining: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.constant({ do: "effects" } as const), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constant("events" as const),
      count: fc.constantFrom(1, 2, 1000),
      effects: fc.boolean(),
    }),
    weight: 3,
  },
);

/** A stream in chunks, with other things happening between them. */
function scenario(between: fc.Arbitrary<Step>): fc.Arbitrary<{ rules: ReadingRules; steps: Step[] }> {
  return anyStream().chain(({ rules, bytes }) =>
    chunked(bytes)
      .chain((chunks) =>
        fc.tuple(...chunks.map((chunk) => fc.tuple(fc.constant(chunk), fc.array(between, { maxLength: 3 })))),
      )
      .chain((parts) =>
        fc.tuple(
          fc.constant(parts.flatMap(([chunk, after]): Step[] => [{ do: "receive", bytes: chunk }, ...after])),
          fc.array(between, { maxLength: 4 }),
          fc.array(between, { maxLength: 4 }),
        ),
      )
      .map(([received, before, after]) => ({ rules, steps: [...before, ...received, ...after] })),
  );
}

describe("the engine and the reference", () => {
  test("make the same of every stream, whole and in any chunks", () => {
    fc.assert(
      fc.property(
        anyStream({ longPayloads: true }).chain(({ rules, bytes }) =>
          fc.record({ rules: fc.constant(rules), bytes: fc.constant(bytes), chunks: chunked(bytes) }),
        ),
        ({ rules, bytes, chunks }) => {
          const drain: Step = { do: "events", count: 1000, effects: true };
          const expected = new Reference(rules);
          const inOne = run(expected, [{ do: "receive", bytes }, drain]);
          expect(run(new EngineUnderTest(rules), [{ do: "receive", bytes }, drain])).toEqual(inOne);
          // In chunks there are more moments at which nothing happens.
          const steps = chunks.flatMap((chunk): Step[] => [{ do: "receive", bytes: chunk }, drain]);
          expect(something(run(new EngineUnderTest(rules), steps))).toEqual(something(inOne));
        },
      ),
      seeded(800),
    );
  });

  /** Byte by byte: every event has to come with the byte that makes it certain, and every failure too. */
  function agreeByteByByte({ rules, bytes }: PeerStream): void {
    const located = readStream(bytes, rules);
    const engine = new EngineUnderTest(rules);
    for (let length = 1; length <= bytes.length; length += 1) {
      engine.receive(bytes.subarray(length - 1, length));
      const happened = [];
      for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent()) happened.push(event.kind);
      const failed = engine.outputs().some((output) => isClose(output)) && !happened.includes("closing");
      const expected = located.filter(({ at }) => at === length).map(({ incident }) => incident.kind);
      expect([...happened, ...(failed ? ["violation"] : [])]).toEqual(
        expected.map((kind) => (kind === "close" ? "closing" : kind)),
      );
    }
  }

  test("agree about every stream byte by byte: each event comes with the byte that makes it certain", () => {
    fc.assert(fc.property(anyStream(), agreeByteByByte), seeded(800));
  });

  test("agree byte by byte, and as a whole, when an extension claims a bit and rewrites payloads", () => {
    const extensions = ([1, 2, 4] as const).map((bit) => ({
      bit,
      decode: (payload: Uint8Array) => payload.map((byte) => byte ^ 0x15),
    }));
    fc.assert(
      fc.property(
        fc.constantFrom(...extensions).chain((extension) => anyStream({ extension })),
        (stream) => {
          agreeByteByByte(stream);
          const steps: Step[] = [{ do: "receive", bytes: stream.bytes }];
          expect(run(new EngineUnderTest(stream.rules), steps)).toEqual(run(new Reference(stream.rules), steps));
        },
      ),
      seeded(800),
    );
  });

  test("agree with local calls between the chunks, events taken late and effects taken late", () => {
    fc.assert(
      fc.property(
        scenario(fc.oneof({ arbitrary: localCall, weight: 3 }, { arbitrary: draining, weight: 3 })),
        ({ rules, steps }) => {
          expect(run(new EngineUnderTest(rules), steps)).toEqual(run(new Reference(rules), steps));
        },
      ),
      seeded(2000),
    );
  });

  test("agree about floods of Pings whose answers are not taken, and about hundreds of Pings of our own", () => {
    const rules = fc.constantFrom<ReadingRules>(
      { role: "client", maxMessageBytes: 100 },
      { role: "server", maxMessageBytes: 100 },
    );
    const numbered = (opcode: number, number: number, { role }: ReadingRules): Uint8Array => {
      const payload = Uint8Array.of(number >> 8, number & 255);
      return encodeFrame({ opcode, payload, maskKey: role === "server" ? KEY : undefined });
    };
    const pings = fc.record({ peer: fc.boolean(), count: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 300 })) });
    const other: fc.Arbitrary<Step> = fc.oneof(localCall, draining);
    const pong = fc.record({ pong: fc.nat({ max: 600 }) });
    fc.assert(
      fc.property(rules, fc.array(fc.oneof(pings, other, pong), { maxLength: 12 }), (rulesOfCase, parts) => {
        let last = 0;
        const steps = parts.flatMap((part): Step[] => {
          if ("do" in part) return [part];
          if ("pong" in part) return [{ do: "receive", bytes: numbered(10, part.pong, rulesOfCase) }];
          const numbers = Array.from({ length: part.count }, () => (last += 1));
          return part.peer
            ? [{ do: "receive", bytes: concat(...numbers.map((number) => numbered(9, number, rulesOfCase))) }]
            : numbers.map((number) => ({ do: "ping", payload: Uint8Array.of(number >> 8, number & 255) }));
        });
        expect(run(new EngineUnderTest(rulesOfCase), steps)).toEqual(run(new Reference(rulesOfCase), steps));
      }),
      seeded(300),
    );
  });

  test("agree when the transport ends or is lost at any moment", () => {
    const ends = fc.constantFrom<Step>({ do: "end" }, { do: "gone" });
    fc.assert(
      fc.property(
        scenario(
          fc.oneof(
            { arbitrary: ends, weight: 1 },
            { arbitrary: localCall, weight: 3 },
            { arbitrary: draining, weight: 3 },
          ),
        ),
        ({ rules, steps }) => {
          expect(run(new EngineUnderTest(rules), steps)).toEqual(run(new Reference(rules), steps));
        },
      ),
      seeded(2000),
    );
  });

  test("agree about messages that are delivered in fragments, once these are put together", () => {
    fc.assert(
      fc.property(
        anyStream({ longPayloads: true }).chain(({ rules, bytes }) =>
          fc.record({ rules: fc.constant(rules), chunks: chunked(bytes) }),
        ),
        ({ rules, chunks }) => {
          const { role, maxMessageBytes } = rules;
          const options = { role, maxMessageBytes, random: countingRandom(), pingInterval: null };
          const connection = new Connection(0, { ...options, delivery: "fragments" });
          const events: ReferenceEvent[] = [];
          let open: Fragment[] = [];
          for (const chunk of chunks) {
            connection.receive(0, chunk.slice());
            for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
              if (event.kind !== "fragment") {
                events.push(comparable(event));
                continue;
              }
              open.push(event);
              if (event.fin) {
                events.push(putTogether(open));
                open = [];
              }
            }
          }
          const expected = readStream(concat(...chunks), rules).flatMap(({ incident }) =>
            incident.kind === "violation" ? [] : [incident.kind === "close" ? "closing" : incident.kind],
          );
          expect(events.map(({ kind }) => kind)).toEqual(expected);
          const whole = run(new Reference(rules), [{ do: "receive", bytes: concat(...chunks) }]);
          for (const event of events) expect(whole).toContainEqual(event);
        },
      ),
      seeded(600),
    );
  });
});

/** Without the moments at which nothing happened. */
function something(observations: readonly Observation[]): Observation[] {
  return observations.filter((o) => o !== undefined && typeof o !== "string" && !(Array.isArray(o) && o.length === 0));
}

function isClose(output: ReferenceOutput): boolean {
  return typeof output !== "string" && output.opcode === 8;
}

/** The message that its pieces make; text must not be cut inside a character. */
function putTogether(pieces: readonly Fragment[]): ReferenceEvent {
  if (pieces[0]!.message === "text") {
    const texts = pieces.map((piece) => (piece.message === "text" ? piece.text : "?"));
    for (const text of texts) expect(text).not.toMatch(/[\ud800-\udfff]/u); // a lone surrogate
    return { kind: "text", text: texts.join("") };
  }
  return { kind: "binary", bytes: pieces.flatMap((piece) => (piece.message === "binary" ? [...piece.bytes] : [])) };
}
