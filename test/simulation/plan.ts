// What a seed stands for: a link, two ends and how they are set, what their applications do, and what goes wrong. Drawn
// before anything happens, so that a plan can be read, and so that a change of the engine does not change the plan.

import type { ConnectionOptions } from "@sansock/protocol";
import type { SessionOptions } from "@sansock/protocol/driver";
import type { Conditions, Direction, SeededRandom } from "@sansock/protocol/testing";

export type Side = "client" | "server";
export const SIDES: readonly Side[] = ["client", "server"];

/** How an end is set. */
export type EndSettings = Partial<Omit<ConnectionOptions, "role" | "random">> & SessionOptions;

export const APPLICATIONS = [
  "echo",
  "echo with callbacks",
  "talker",
  "streamer",
  "reader",
  "slow reader",
  "piecewise reader",
  "asker",
  "lurker",
  "leaver",
  "pauser",
  "re-entrant",
  "thrower",
] as const;
export type ApplicationName = (typeof APPLICATIONS)[number];

/** How somebody ends it, if nothing else does before. */
export interface Ending {
  readonly side: Side | "both";
  readonly how: "close" | "goAway" | "abort";
  readonly code: number;
  readonly at: number;
}

export type Fault =
  | { readonly kind: "cut"; readonly direction: Direction | undefined; readonly healAfter: number | undefined }
  | { readonly kind: "reset" }
  | { readonly kind: "end"; readonly direction: Direction }
  | { readonly kind: "change"; readonly conditions: Partial<Conditions>; readonly direction: Direction | undefined }
  | { readonly kind: "zero window"; readonly direction: Direction; readonly duration: number }
  | { readonly kind: "fail writes"; readonly side: Side }
  | { readonly kind: "suspend"; readonly side: Side; readonly duration: number }
  | { readonly kind: "oversleep"; readonly side: Side; readonly by: number }
  | { readonly kind: "step"; readonly side: Side; readonly by: number }
  | { readonly kind: "freeze"; readonly side: Side; readonly duration: number }
  | { readonly kind: "fail randomness"; readonly side: Side };

export interface Plan {
  readonly seed: number;
  readonly link: {
    readonly both: Conditions;
    readonly toServer: Partial<Conditions>;
    readonly toClient: Partial<Conditions>;
  };
  readonly settings: Readonly<Record<Side, EndSettings>>;
  readonly applications: Readonly<Record<Side, ApplicationName>>;
  /** Ends with the opening handshake of RFC 6455 and perhaps RFC 7692, or with connections that are open already. */
  readonly handshake:
    | { readonly compress: boolean; readonly openTimeout: number; readonly authorizeAfter: number }
    | undefined;
  /** No end of it, but one that writes noise. */
  readonly noisy: Side | undefined;
  readonly ending: Ending;
  readonly faults: readonly { readonly at: number; readonly fault: Fault }[];
  /** What happens when so many bytes have been read in a direction. */
  readonly atByte:
    | { readonly direction: Direction; readonly count: number; readonly what: "reset" | "end" | "cut" }
    | undefined;
  /** Who sleeps now and then, while nothing else goes wrong. */
  readonly sleeper: Side | undefined;
  /** Whether readers wait between chunks, at one time or another. */
  readonly isReadSlowly: boolean;
  /** The largest message, so that slow links come to an end. */
  readonly maxLength: number;
}

export function drawPlan(seed: number, random: SeededRandom): Plan {
  const plan = drawAnyPlan(seed, random);
  return random.chance(0.05) ? withSleeper(plan, random) : plan;
}

function drawAnyPlan(seed: number, random: SeededRandom): Plan {
  const maxChunkBytes = random.pick([1, 2, 7, 100, 1460, 65_536]);
  const windowBytes = random.pick([50, 1000, 16_384, 65_536, 1_000_000]);
  const both: Conditions = {
    latency: random.pick([0, 0, 1, 20, 150]),
    jitter: random.pick([0, 0, 5, 100]),
    bytesPerMs: random.pick([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1000, 50]),
    windowBytes,
    maxChunkBytes,
    randomChunks: random.chance(0.5),
    readInterval: 0,
    partialWrites: random.chance(0.2),
  };
  const slow: Partial<Conditions> = random.chance(0.15) ? { readInterval: random.integer(1, 20) } : {};
  const throughput = Math.min(maxChunkBytes * 20, windowBytes * 10);
  const calm = random.chance(0.3);
  const horizon = random.pick([2000, 10_000, 60_000]);
  const faults = drawFaults(random, calm, horizon);
  return {
    seed,
    link: { both, toServer: random.chance(0.5) ? slow : {}, toClient: random.chance(0.5) ? slow : {} },
    settings: { client: drawSettings(random), server: drawSettings(random) },
    applications: { client: random.pick(APPLICATIONS), server: random.pick(APPLICATIONS) },
    handshake: random.chance(0.4)
      ? {
          compress: random.chance(0.4),
          openTimeout: random.pick([500, 5000]),
          authorizeAfter: random.pick([0, 0, 0, 100, 1000]),
        }
      : undefined,
    noisy: random.chance(0.1) ? random.pick(SIDES) : undefined,
    ending: {
      side: random.pick(["client", "server", "both"]),
      how: random.pick(["close", "close", "goAway", "goAway", "abort"]),
      code: random.pick([1000, 1001, 3000, 4999]),
      at: random.integer(0, horizon),
    },
    faults,
    atByte:
      !calm && random.chance(0.25)
        ? {
            direction: drawDirection(random),
            count: random.chance(0.5) ? random.integer(0, 300) : random.integer(0, 5000),
            what: random.pick(["reset", "reset", "end", "cut"]),
          }
        : undefined,
    sleeper: undefined,
    isReadSlowly:
      slow.readInterval !== undefined ||
      faults.some(({ fault }) => fault.kind === "change" && fault.conditions.readInterval !== undefined),
    maxLength: Math.max(20, Math.min(100_000, throughput)),
  };
}

/** A plan in which one side sleeps while Pongs are on their way to it, and nothing else goes wrong. */
function withSleeper(plan: Plan, random: SeededRandom): Plan {
  const sleeper = random.pick(SIDES);
  const awake = sleeper === "client" ? "server" : "client";
  const limits = { maxMessageBytes: null, maxQueuedBytes: null, autoPong: true };
  const settings = {
    [sleeper]: { ...plan.settings[sleeper], ...limits, pingInterval: 500, pingTimeout: random.pick([400, 2000]) },
    [awake]: { ...plan.settings[awake], ...limits, pingInterval: null },
  } as Plan["settings"];
  const naps = Array.from({ length: 3 }, () => ({
    at: random.integer(0, plan.ending.at),
    fault: { kind: "suspend", side: sleeper, duration: random.pick([500, 5000, 100_000]) } as const,
  }));
  return {
    ...plan,
    link: { both: { ...QUICK, latency: random.pick([20, 100]) }, toServer: {}, toClient: {} },
    settings,
    applications: { client: random.pick(["reader", "echo"]), server: random.pick(["talker", "reader"]) },
    handshake: undefined,
    noisy: undefined,
    ending: { ...plan.ending, at: plan.ending.at + 5000 },
    faults: naps.sort((a, b) => a.at - b.at),
    atByte: undefined,
    sleeper,
    isReadSlowly: false,
    maxLength: 1000,
  };
}

const QUICK: Conditions = {
  latency: 0,
  jitter: 0,
  bytesPerMs: Number.POSITIVE_INFINITY,
  windowBytes: 65_536,
  maxChunkBytes: 65_536,
  randomChunks: false,
  readInterval: 0,
  partialWrites: false,
};

function drawFaults(random: SeededRandom, calm: boolean, horizon: number): Plan["faults"] {
  if (calm) return [];
  const faults = Array.from({ length: random.integer(0, 4) }, () => ({
    at: random.chance(0.2) ? 0 : random.integer(0, horizon),
    fault: drawFault(random),
  }));
  return faults.sort((a, b) => a.at - b.at);
}

function drawSettings(random: SeededRandom): EndSettings {
  const highWaterBytes = random.pick([0, 1000, 65_536, 65_536]);
  return {
    pingInterval: random.pick([null, 500, 2000, 20_000]),
    pingTimeout: random.pick([null, 400, 2000, 20_000]),
    closeTimeout: random.pick([200, 1000, 5000, 10_000]),
    liveness: random.pick(["pong", "pong", "inbound", "progress"]),
    pausedReading: random.pick(["count", "suspend"]),
    pingJitter: random.pick([0, 0, 0.5, 1]),
    onPingTimeout: random.pick(["close", "close", "abort"]),
    maxMessageBytes: random.chance(0.1) ? random.pick([0, 10, 1000]) : null,
    autoPong: !random.chance(0.05),
    text: random.chance(0.15) ? "utf8" : "string",
    highWaterBytes,
    lowWaterBytes: Math.floor(highWaterBytes * random.pick([0, 0.25, 1])),
    maxQueuedBytes: random.pick([null, null, 5_000_000, 20_000]),
    readAheadBytes: random.pick([0, 300, 65_536, 65_536]),
  };
}

function drawFault(random: SeededRandom): Fault {
  const side = random.pick(SIDES);
  const direction = drawDirection(random);
  const either = random.chance(0.5) ? direction : undefined;
  const duration = random.pick([1, 50, 500, 3000, 30_000]);
  switch (random.integer(0, 11)) {
    case 0:
    case 1:
      return { kind: "cut", direction: either, healAfter: random.chance(0.6) ? duration : undefined };
    case 2:
      return { kind: "reset" };
    case 3:
      return { kind: "end", direction };
    case 4:
      return {
        kind: "change",
        direction: either,
        conditions: random.pick<Partial<Conditions>>([
          { maxChunkBytes: 1 },
          { randomChunks: true },
          { latency: 300, jitter: 500 },
          { readInterval: 30, maxChunkBytes: 200 },
          { partialWrites: true },
          { bytesPerMs: 5 },
        ]),
      };
    case 5:
      return { kind: "zero window", direction, duration };
    case 6:
      return { kind: "fail writes", side };
    case 7:
    case 8:
      return { kind: "suspend", side, duration };
    case 9:
      return { kind: "oversleep", side, by: random.pick([1, 3, 100, 2000]) };
    case 10:
      return random.chance(0.5)
        ? { kind: "step", side, by: random.pick([-10_000, -500, -3, 3, 500, 10_000]) }
        : { kind: "freeze", side, duration };
    default:
      return { kind: "fail randomness", side };
  }
}

function drawDirection(random: SeededRandom): Direction {
  return random.pick<Direction>(["toServer", "toClient"]);
}

/** Whether a plan has nothing in it that could keep a connection from living and closing as it should. */
export function isCalm(plan: Plan): boolean {
  return plan.faults.length === 0 && plan.atByte === undefined && plan.noisy === undefined;
}
