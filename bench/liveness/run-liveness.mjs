// What keepalive costs: 100,000 connections in virtual time, and 10,000 real ones.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { figure, table } from "../report/format.mjs";
import { measure } from "../runner/measure.mjs";
import { Child } from "../runner/processes.mjs";
import { typical } from "../runner/rounds.mjs";
import { nodeBinary } from "../runner/runtimes.mjs";
import { median } from "../runner/statistics.mjs";
import { scenarios } from "../scenarios.mjs";
import { servers } from "../servers/table.mjs";

const program = fileURLToPath(new URL("virtual-time.mjs", import.meta.url));
const engine = fileURLToPath(new URL("../../packages/protocol/dist/driver/index.js", import.meta.url));

/** Real connections are pinged more often than by default, so that a short look sees many Pings. */
const realInterval = 5000;
/** It takes long, and differs little. */
const mostRounds = 2;
/** Who pings, and how it was told to. */
const pinging = { sansock: "keepalive", ws: "the heartbeat of its README" };

/**
 * @param {{ rounds: number, quick: boolean, node: string, deadline: number, say: (line: string) => void }} given
 * @returns figures, and the `report` to print
 */
export async function runLiveness(given) {
  const options = { ...given, rounds: Math.min(mostRounds, given.rounds) };
  const virtual = await measureVirtualTime(options);
  const real = await measureRealConnections(options);
  return { virtual, real, report: report(virtual, real) };
}

async function measureVirtualTime({ rounds, quick, node, deadline, say }) {
  if (!existsSync(engine)) return { error: "@sansock/protocol is not built: node scripts/build.mjs" };
  const job = { connections: quick ? 10_000 : 100_000, intervals: 3 };
  const results = [];
  for (let round = 0; round < rounds && performance.now() < deadline; round++) {
    const child = new Child("virtual time", nodeBinary(node), ["--expose-gc", program, JSON.stringify(job)]);
    try {
      const { result } = await child.read(120_000);
      if (result.error !== undefined) return result;
      results.push(result);
    } finally {
      await child.stop();
    }
    say(`  liveness in virtual time: round ${round + 1} of ${rounds}`);
  }
  const middle = (key) => median(results.map((result) => result[key]));
  return {
    connections: job.connections,
    cpuMicrosPerPing: middle("cpuMicrosPerPing"),
    bytesPerConnection: middle("bytesPerConnection"),
    bytesOfKeepalive: middle("bytesOfKeepalive"),
  };
}

/** `measured[server]` has one entry a round. */
async function measureRealConnections({ rounds, quick, node, deadline, say }) {
  const scenario = { ...scenarios.g, pingInterval: realInterval };
  const options = { node, warmupMs: realInterval, measureMs: quick ? realInterval : 2 * realInterval };
  const measured = {};
  const missing = {};
  for (let round = 0; round < rounds && performance.now() < deadline; round++) {
    for (const name of Object.keys(pinging)) {
      missing[name] ??= servers[name].missing();
      if (missing[name] !== undefined) continue;
      const result = await measure(name, scenario, options);
      if (result.error === undefined) (measured[name] ??= []).push(result);
      else missing[name] = result.error;
    }
    say(`  liveness of real connections: round ${round + 1} of ${rounds}`);
  }
  return { measured, missing };
}

function report(virtual, { measured, missing }) {
  const parts = [];
  if (virtual.error === undefined) {
    parts.push(
      "### Keepalive in virtual time",
      "Sessions on the engine's driver and alarms, pinged every 20 s and answered after 40 ms, without system calls.",
      table(
        ["connections", "CPU µs/ping", "of one core", "heap B each", "B of them keepalive"],
        [
          [
            figure(virtual.connections),
            figure(virtual.cpuMicrosPerPing),
            `${figure(((virtual.connections * virtual.cpuMicrosPerPing) / 20_000_000) * 100)} %`,
            figure(virtual.bytesPerConnection),
            figure(virtual.bytesOfKeepalive),
          ],
        ],
      ),
    );
  } else parts.push(`Keepalive in virtual time was not measured: ${virtual.error}`);
  const rows = Object.entries(measured).map(([name, rounds]) => {
    const pings = typical(rounds, "pingsAnswered");
    const cpu = median(rounds.map((round) => (round.busy * round.elapsedMs * 1000) / round.pingsAnswered));
    return [
      `${servers[name].title}, ${pinging[name]}`,
      figure(typical(rounds, "done")),
      figure(pings),
      figure(cpu),
      `${figure(((typical(rounds, "done") * cpu) / 20_000_000) * 100)} %`,
      figure(typical(rounds, "residentBytesPerConnection")),
    ];
  });
  if (rows.length > 0) {
    parts.push(
      "### Keepalive of real connections",
      `Pinged every ${realInterval / 1000} s; "of one core" is what the same Pings would take every 20 s.`,
      table(["server", "connections", "pings", "CPU µs/ping", "of one core", "resident B each"], rows),
    );
  }
  for (const [name, reason] of Object.entries(missing)) {
    if (reason !== undefined) parts.push(`Not measured: ${servers[name].title} (${reason}).`);
  }
  return parts.join("\n\n");
}
