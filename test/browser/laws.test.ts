// The laws of a client, for whatever happens to it, in any order.

import type { Client } from "@sansock/browser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageKeepalive, Reconnection } from "../../packages/protocol/src/liveness/index.ts";
import { SeededRandom } from "../../packages/protocol/src/testing/index.ts";
import { seeded } from "../reference/seed.ts";
import { type World, world } from "./support.ts";

/** Something that happens. Times in ms. */
type Step =
  | { readonly kind: "run"; readonly duration: number }
  | { readonly kind: "page"; readonly event: "online" | "offline" | "visible" | "suspended" | "resumed" }
  | { readonly kind: "server-closes"; readonly code: number }
  | { readonly kind: "throttle"; readonly by: number }
  | { readonly kind: SimpleKind };

type SimpleKind =
  | "send"
  | "ping"
  | "cut"
  | "heal"
  | "kill"
  | "restart"
  | "retry"
  | "sleep"
  | "wake"
  | "abort"
  | "close";

/** One of several steps that need no more to be said about them. */
function oneOf(...kinds: readonly SimpleKind[]) {
  return fc.constantFrom(...kinds).map((kind): Step => ({ kind }));
}

const pageEvent = fc.constantFrom("online" as const, "offline", "visible", "suspended", "resumed");
const code = fc.constantFrom(1000, 1001, 1011, 3003, 4000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("run" as const), duration: fc.nat(5_000) }) },
  { weight: 6, arbitrary: oneOf("send") },
  { weight: 6, arbitrary: oneOf("ping", "cut", "heal", "kill", "restart", "retry", "sleep", "wake") },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("page" as const), event: pageEvent }) },
  fc.record({ kind: fc.constant("server-closes" as const), code }),
  fc.record({ kind: fc.constant("throttle" as const), by: fc.constantFrom(0, 1_000, 60_000) }),
  oneOf("close", "abort"),
);

const options = fc.record({
  queue: fc.constantFrom(null, {}, { maxMessages: 2 }),
  keepalive: fc.constantFrom(null, {}, { interval: 1_000, timeout: 700, grace: 100 }),
  reconnect: fc.constantFrom(null, {}, { maxAttempts: 3 }, { minDelay: 10, maxDelay: 100 }),
  link: fc.constantFrom({ latency: 0 }, { latency: 30 }, { latency: 300, windowBytes: 200 }),
  isUp: fc.boolean(),
});

/** What becomes of each message: `undefined` while that is open. */
interface Sent {
  readonly text: string;
  fate: "sent" | "rejected" | undefined;
}

/** Plays the steps, and looks after each of them. */
async function play(steps: readonly Step[], drawn: object): Promise<{ world: World; sent: Sent[]; given: string[] }> {
  const abort = new AbortController();
  const sent: Sent[] = [];
  const given: string[] = [];
  const played = world({
    ...drawn,
    signal: abort.signal,
    callbacks: { message() {} },
    closeTimeout: 3_000,
    onSend(data, socket) {
      expect(socket.readyState).toBe(1);
      if (typeof data === "string" && !data.startsWith("sansock:")) given.push(data);
    },
  });
  const { browser, client } = played;
  for (const next of steps) {
    await perform(next, played, sent, abort);
    expect(browser.sockets.filter(({ readyState }) => readyState <= 1).length).toBeLessThanOrEqual(1);
    expect(client.retryIn ?? 0).toBeGreaterThanOrEqual(0);
    if (client.state === "open") expect(client.outage).toBeUndefined();
  }
  await settle(played, client);
  return { world: played, sent, given };
}

async function perform(next: Step, played: World, sent: Sent[], abort: AbortController): Promise<void> {
  const { browser, client, server } = played;
  switch (next.kind) {
    case "run":
      return played.run(next.duration);
    case "send": {
      const message: Sent = { text: `${sent.length}`, fate: undefined };
      sent.push(message);
      client.send(message.text).then(
        () => {
          message.fate = "sent";
        },
        () => {
          message.fate = "rejected";
        },
      );
      return;
    }
    case "ping":
      try {
        void client.ping();
      } catch {
        // there is no keepalive
      }
      return;
    case "cut":
      return browser.link?.cut();
    case "heal":
      return browser.link?.heal();
    case "kill":
      return played.kill();
    case "restart":
      return played.restart();
    case "retry":
      return client.retryNow();
    case "sleep":
      return browser.sleep();
    case "wake":
      return browser.wake();
    case "abort":
      return abort.abort();
    case "page":
      return browser.emit(next.event);
    case "server-closes":
      for (const session of server.sessions) void session.close(next.code);
      return;
    case "throttle":
      return browser.throttle(next.by);
    case "close":
      void client.close();
      return;
  }
}

/** Ends the client, whatever the state of the world. */
async function settle({ browser, run }: World, client: Client): Promise<void> {
  browser.wake();
  browser.throttle(0);
  void client.close();
  await run(10_000);
}

describe("whatever happens to a client", () => {
  const RUNS = 300;

  test("there are never two connections, every message is sent once or rejected, and nothing is left in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), options, async (steps, drawn) => {
        const { world: played, sent, given } = await play(steps, drawn);
        const { browser, calls, client, errors, server } = played;
        expect(client.state).toBe("stopped");
        // Nothing is lost without a rejection, nothing sent twice, and nothing out of order.
        expect(sent.filter(({ fate }) => fate === undefined)).toEqual([]);
        const told = sent.filter(({ fate }) => fate === "sent").map(({ text }) => text);
        expect(told).toEqual(given);
        expect(calls.filter((call) => call.startsWith("close"))).toHaveLength(1);
        expect(calls.at(-1)).toMatch(/^close/);
        // Each connection ends once.
        const ups = calls.filter((call, index) => call === "open" && calls[index + 1] === "open").length;
        const downs = calls.filter((call) => call.startsWith("down")).length;
        expect(downs).toBeGreaterThanOrEqual(ups);
        expect(errors).toEqual([]);
        expect(server.errors).toEqual([]);
        expect(browser.listeners).toBe(0);
        expect(browser.sockets.filter(({ readyState }) => readyState <= 1)).toEqual([]);
      }),
      seeded(RUNS),
    );
  });
});

describe("whatever is told to the machines, in any order and at any time", () => {
  const RUNS = 1_000;
  /** The clock steps forwards, hardly ever backwards, and sometimes says nothing sensible. */
  const elapsed = fc.oneof(
    { arbitrary: fc.nat(3_000), weight: 10 },
    fc.constantFrom(0, 1, 86_400_000, -500, Number.NaN),
  );

  test("a wake-up leaves no deadline in the past, at most one message waits for its answer, and failing is final", () => {
    const act = fc.constantFrom("answer", "other", "probe", "timeout", "transmitted", "take", "stop");
    const script = fc.array(fc.tuple(elapsed, act), { maxLength: 60 });
    const settings = fc.record({
      interval: fc.constantFrom(null, 1, 1_000),
      timeout: fc.constantFrom(null, 1, 700),
      jitter: fc.constantFrom(0, 1),
      liveness: fc.constantFrom("answer" as const, "inbound" as const, "progress" as const),
      grace: fc.constantFrom(1, 500),
    });
    fc.assert(
      fc.property(script, settings, fc.integer(), (steps, drawn, seed) => {
        const asked: number[] = [];
        const format = {
          ask: (id: number) => {
            expect(keepalive.answeredId).toBe(asked.length); // all that was asked before is answered
            asked.push(id);
            return `${id}`;
          },
          answered: (content: unknown) => (content === "other" ? undefined : Number(content)),
        };
        const keepalive = new MessageKeepalive(0, { ...drawn, format, random: new SeededRandom(seed).fill });
        let now = 0;
        let latest = 0;
        let failed = false;
        for (const [after, what] of steps) {
          now = Number.isNaN(after) ? now : now + after;
          const reading = Number.isNaN(after) ? Number.NaN : now;
          if (what !== "take" && what !== "stop" && !Number.isNaN(after)) latest = Math.max(latest, now); // it is told what time it is
          if (what === "answer") keepalive.receive(reading, `${asked.length}`);
          else if (what === "other") expect(keepalive.receive(reading, "other")).toBe(false);
          else if (what === "probe") keepalive.probe(reading);
          else if (what === "transmitted") keepalive.transmitted(reading);
          else if (what === "take") keepalive.nextMessage();
          else if (what === "stop") keepalive.stop();
          else {
            keepalive.handleTimeout(reading);
            expect(keepalive.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(latest);
          }
          expect(keepalive.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(latest);
          expect(keepalive.latency ?? 0).toBeGreaterThanOrEqual(0);
          if (failed) expect(keepalive.hasFailed).toBe(true);
          failed = keepalive.hasFailed;
          if (failed) expect(keepalive.deadline).toBeUndefined();
        }
        expect(asked).toEqual(asked.map((_, index) => index + 1));
      }),
      seeded(RUNS),
    );
  });

  test("a wake-up leaves no deadline in the past, and actions never make two connections", () => {
    const act = fc.constantFrom(
      ...(["opened", "closed", "final", "online", "offline", "suspend", "resume", "retry"] as const),
      ...(["timeout", "timeout", "timeout", "close", "stop", "take", "take"] as const),
    );
    const script = fc.array(fc.tuple(elapsed, act), { maxLength: 60 });
    const settings = fc.record({
      minDelay: fc.constantFrom(1, 500),
      factor: fc.constantFrom(1, 2),
      openTimeout: fc.constantFrom(null, 1_000),
      closeTimeout: fc.constantFrom(null, 1_000),
      maxAttempts: fc.constantFrom(null, 1, 4),
      grace: fc.constantFrom(1, 500),
    });
    fc.assert(
      fc.property(script, settings, fc.boolean(), fc.integer(), (steps, drawn, isOnline, seed) => {
        const reconnection = new Reconnection(0, { ...drawn, random: new SeededRandom(seed).fill }, isOnline);
        let now = 0;
        let latest = 0;
        /** Connections, and attempts, that the owner has. */
        let alive = 0;
        const take = (): void => {
          for (let next = reconnection.nextAction(); next !== undefined; next = reconnection.nextAction()) {
            if (next.kind === "connect") {
              alive++;
              expect(reconnection.state).toBe("connecting");
            } else alive--;
            expect(alive).toBeGreaterThanOrEqual(0);
            expect(alive).toBeLessThanOrEqual(1);
          }
        };
        for (const [after, what] of steps) {
          now = Number.isNaN(after) ? now : now + after;
          const reading = Number.isNaN(after) ? Number.NaN : now;
          if (what !== "take" && what !== "stop" && !Number.isNaN(after)) latest = Math.max(latest, now); // it is told what time it is
          if (what === "take") take();
          else if (what === "opened") {
            take();
            reconnection.opened(reading);
          } else if (what === "closed" || what === "final") {
            take(); // what was abandoned says nothing any more
            alive = 0;
            reconnection.closed(reading, what === "final" ? 1000 : 1006, "");
          } else if (what === "online") reconnection.online(reading);
          else if (what === "offline") reconnection.offline(reading);
          else if (what === "suspend") reconnection.suspend(reading);
          else if (what === "resume") reconnection.resume(reading);
          else if (what === "retry") reconnection.retryNow(reading);
          else if (what === "close") reconnection.close(reading);
          else if (what === "stop") reconnection.stop();
          else {
            reconnection.handleTimeout(reading);
            expect(reconnection.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(latest);
          }
          expect(reconnection.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(latest);
          expect(reconnection.stopReason === undefined).toBe(reconnection.state !== "stopped");
        }
        take();
        const { state } = reconnection;
        expect(alive).toBe(state === "connecting" || state === "open" || state === "closing" ? 1 : 0);
      }),
      seeded(RUNS),
    );
  });
});
