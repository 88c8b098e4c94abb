// The laws of a connection, for any script of calls. SEED and RUNS: test/reference/seed.ts.

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConnectionEvent, Effect } from "../../packages/protocol/src/index.ts";
import { decodeFrames } from "../reference/frames.ts";
import { readStream } from "../reference/reader.ts";
import { seeded } from "../reference/seed.ts";
import { anyStream, chunked } from "../reference/streams.ts";
import { drain, open, takeEffects, takeEvents } from "../support/endpoint.ts";
import { concat } from "../support/hex.ts";
import { anyScript, Run, run } from "./script.ts";

const RUNS = 250;

/** `expect(actual).toEqual(expected)`, quick for large arrays as long as it holds. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** How many items come after the first that fits. */
function itemsAfter<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): readonly Item[] {
  const index = items.findIndex(isFirst);
  return index === -1 ? [] : items.slice(index + 1);
}

describe("for every script", () => {
  const scripts = anyScript();

  test("no call throws because of what a peer sent, and closed comes at most once (sec/no-throw)", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { thrown, events } = run(script);
        expect(thrown).toEqual([]);
        expect(events.filter(({ kind }) => kind === "closed").length).toBeLessThanOrEqual(1);
      }),
      seeded(RUNS),
    );
  });

  test("nothing follows closed; nothing but a drop follows the end; nothing at all a drop", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { events, effects } = run(script);
        expect(itemsAfter<ConnectionEvent>(events, ({ kind }) => kind === "closed")).toEqual([]);
        const afterEnd = itemsAfter<Effect>(effects, ({ kind }) => kind === "end");
        expect(afterEnd.filter(({ kind }) => kind !== "destroy")).toEqual([]);
        expect(itemsAfter<Effect>(effects, ({ kind }) => kind === "destroy")).toEqual([]);
      }),
      seeded(RUNS),
    );
  });

  test("after closing, messages come only until the peer's Close was received", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { events } = run(script);
        const rest = itemsAfter<ConnectionEvent>(events, ({ kind }) => kind === "closing");
        expect(rest.filter(({ kind }) => kind !== "closed")).toEqual([]);
      }),
      seeded(RUNS),
    );
  });

  test("the state only goes on: open, closing, closed; and once closed there is no deadline", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const order = ["open", "closing", "closed"];
        let last = 0;
        for (const observation of run(script).observations) {
          if (!("state" in observation)) continue;
          const rank = order.indexOf(observation.state);
          expect(rank).toBeGreaterThanOrEqual(last);
          last = rank;
          if (observation.state === "closed") expect(observation.deadline).toBeUndefined();
        }
      }),
      seeded(RUNS),
    );
  });

  test("spurious wake-ups do nothing", () => {
    fc.assert(
      fc.property(scripts, fc.integer({ min: 1, max: 60 }), (script, early) => {
        const plain = run(script);
        const woken = new Run(script.options);
        for (const step of script.steps) {
          woken.perform(step);
          const { deadline } = woken.connection;
          if (deadline !== undefined && deadline <= woken.latest) continue;
          woken.connection.handleTimeout(woken.latest);
          woken.connection.handleTimeout(woken.latest - early);
        }
        woken.finish(script.ending);
        expectSame(woken.observations, plain.observations);
      }),
      seeded(RUNS),
    );
  });

  test("wake-ups make progress: after one, the deadline is later than now, or there is none", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const running = new Run(script.options);
        for (const step of script.steps) {
          running.perform(step);
          if (step.do !== "wake" && step.do !== "handleTimeout") continue;
          const { deadline } = running.connection;
          if (deadline !== undefined) expect(deadline).toBeGreaterThan(running.latest);
        }
      }),
      seeded(RUNS),
    );
  });

  test("every connection ends: alone with its clock it is closed, or waits for nothing that was switched off", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const running = run({ ...script, ending: "wait" });
        expect(running.connection.deadline).toBeUndefined();
        const { pingInterval, pingTimeout, closeTimeout, pausedReading } = script.options;
        const patient = closeTimeout === null || pingInterval === null || pingTimeout === null;
        if (running.connection.state === "closed") expect(running.events.at(-1)?.kind).toBe("closed");
        else expect(patient || pausedReading === "suspend").toBe(true);
      }),
      seeded(RUNS),
    );
  });

  test("the same inputs give the same outputs, byte for byte", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        expectSame(run(script).observations, run(script).observations);
      }),
      seeded(RUNS),
    );
  });

  test("Pings settle at most once, in the order of their ids, and no round trip is negative", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        let last = 0;
        for (const event of run(script).events) {
          if (event.kind !== "pong") continue;
          for (const { id, roundTrip } of event.acknowledged) {
            expect(id).toBeGreaterThan(last);
            expect(roundTrip).toBeGreaterThanOrEqual(0);
            last = id;
          }
        }
      }),
      seeded(RUNS),
    );
  });

  test("memory is bounded: by the limit and what was not asked for; drained, nothing waits to be sent", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const running = new Run(script.options);
        let unread = 0;
        for (const step of script.steps) {
          running.perform(step);
          if (step.do === "receive") unread += step.bytes.length;
          if (step.do === "nextEvent" && step.most === 100) unread = 0;
          const { maxMessageBytes } = script.options;
          // While it is collected, a message costs at most a sixteenth more than its bytes, or 256 bytes.
          const collected = (maxMessageBytes ?? 0) * (17 / 16) + 256;
          expect(running.connection.retainedBytes).toBeLessThanOrEqual(collected + unread + 125 + 14);
          if (step.do === "nextEffect" && step.most === 100) expect(running.connection.outgoingBytes).toBe(0);
        }
      }),
      seeded(RUNS),
    );
  });

  test("sending never writes to the caller's bytes", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const given = script.steps.flatMap((step) => {
          if (step.do === "sendBinary") return [step.bytes];
          if (step.do === "sendFragment" && typeof step.content !== "string") return [step.content];
          return (step.do === "ping" || step.do === "pong") && step.payload !== undefined ? [step.payload] : [];
        });
        const before = given.map((bytes) => bytes.slice());
        run(script);
        given.forEach((bytes, index) => {
          expect(Buffer.compare(bytes, before[index]!)).toBe(0);
        });
      }),
      seeded(RUNS),
    );
  });

  test("what we write is legal for our role, with one Close at most and no data behind it (sec/own-close-is-valid)", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { written, effects } = run(script);
        const role = script.options.role === "client" ? "server" : "client";
        const read = readStream(written, { role, maxMessageBytes: 1e9 });
        expect(read.filter(({ incident }) => incident.kind === "violation")).toEqual([]);
        const { frames, rest } = decodeFrames(written);
        const cutShort =
          effects.some(({ kind }) => kind === "destroy") ||
          script.ending === "gone" ||
          script.steps.some((step) => step.do === "handleTransportClosed");
        if (!cutShort) expect(rest).toHaveLength(0);
        expect(frames.filter(({ opcode }) => opcode === 8).length).toBeLessThanOrEqual(1);
        const behind = itemsAfter(frames, ({ opcode }) => opcode === 8);
        expect(behind.filter(({ opcode }) => opcode < 8)).toEqual([]);
      }),
      seeded(RUNS),
    );
  });
});

describe("chunking is invisible", () => {
  const streams = anyStream({ longPayloads: true }).chain((stream) =>
    fc.tuple(fc.constant(stream), chunked(stream.bytes), fc.array(fc.boolean(), { minLength: 1, maxLength: 20 })),
  );

  test("any cuts of the same bytes give the same events and the same bytes in return", () => {
    fc.assert(
      fc.property(streams, ([{ rules, bytes }, chunks, asks]) => {
        const whole = open(rules.role, rules);
        whole.receive(0, bytes.slice());
        const expected = drain(whole);

        // Events are asked for after some of the chunks, effects at the end, as for the whole.
        const cut = open(rules.role, rules);
        const events = chunks.flatMap((chunk, index) => {
          cut.receive(0, chunk.slice());
          return asks[index % asks.length] ? takeEvents(cut) : [];
        });
        events.push(...takeEvents(cut));
        expectSame(events, expected.events);
        expectSame(takeEffects(cut), { effects: expected.effects, bytes: expected.bytes });
      }),
      seeded(300),
    );
  });

  test("with delivery in fragments the pieces differ, their sum does not", () => {
    const joined = (events: readonly ConnectionEvent[]): unknown[] => {
      const sum: unknown[] = [];
      let text = "";
      let bytes: Uint8Array = new Uint8Array(0);
      for (const event of events) {
        if (event.kind !== "fragment") {
          if (event.kind !== "ping" && event.kind !== "pong") sum.push(event);
        } else if (event.message === "text") {
          text += event.text;
          if (event.fin) sum.push(text);
          if (event.fin) text = "";
        } else {
          bytes = concat(bytes, event.bytes);
          if (event.fin) sum.push(bytes);
          if (event.fin) bytes = new Uint8Array(0);
        }
      }
      return sum;
    };
    fc.assert(
      fc.property(streams, ([{ rules, bytes }, chunks]) => {
        const whole = open(rules.role, { ...rules, delivery: "fragments" });
        whole.receive(0, bytes.slice());
        const cut = open(rules.role, { ...rules, delivery: "fragments" });
        const events = chunks.flatMap((chunk) => {
          cut.receive(0, chunk.slice());
          return takeEvents(cut);
        });
        expectSame(joined(events), joined(takeEvents(whole)));
      }),
      seeded(300),
    );
  });
});
