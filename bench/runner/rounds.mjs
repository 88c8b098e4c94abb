// Scenarios times servers times rounds, interleaved.

import { clients } from "../clients/table.mjs";
import { servers } from "../servers/table.mjs";
import { measure, unsupported } from "./measure.mjs";
import { median } from "./statistics.mjs";

/**
 * @typedef {object} ScenarioResult
 * @property {string} id
 * @property {import("../scenarios.mjs").Scenario} scenario
 * @property {Record<string, object[]>} rounds by server: one figure set a round, in the order of rounds
 * @property {Record<string, string>} missing by server: why there are none
 */

/**
 * @param {string} id
 * @param {import("../scenarios.mjs").Scenario} scenario
 * @param {{ servers: string[], clients: string[], rounds: number, warmupMs: number, measureMs: number, node: string,
 *   deadline: number, say: (line: string) => void }} options `deadline`: no further round begins after it
 * @returns {Promise<ScenarioResult>}
 */
export async function measureRounds(id, scenario, options) {
  const candidates = scenario.kind === "client" ? options.clients : options.servers;
  const result = { id, scenario, rounds: {}, missing: {} };
  const running = [];
  for (const candidate of candidates) {
    if (scenario.kind !== "client" && servers[candidate].only?.includes(id) === false) continue;
    const reason = unsupported(candidate, scenario);
    if (reason === undefined) running.push(candidate);
    else result.missing[candidate] = reason;
  }
  // Memory hardly differs between rounds, and takes long.
  const rounds = scenario.kind === "idle" ? Math.min(2, options.rounds) : options.rounds;
  for (let round = 0; round < rounds && performance.now() < options.deadline; round++) {
    // Everybody goes first once.
    const order = running.map((_, at) => running[(at + round) % running.length]);
    for (const candidate of order) {
      if (result.missing[candidate] !== undefined) continue;
      const figures = await measure(candidate, scenario, options);
      const reason = figures.error ?? figures.unsupported;
      if (reason !== undefined) {
        result.missing[candidate] = reason;
        options.say(`  ${id} ${candidate}: ${reason}`);
        continue;
      }
      result.rounds[candidate] ??= [];
      result.rounds[candidate][round] = figures;
    }
    options.say(`  ${id}: round ${round + 1} of ${rounds}`);
  }
  for (const candidate of Object.keys(result.missing)) delete result.rounds[candidate];
  return result;
}

/** The figure that a scenario is about. */
export function mainFigure(scenario) {
  return scenario.kind === "idle" ? "residentBytesPerConnection" : "cpuMicrosPerUnit";
}

/** All rounds' values of one figure; `path` may go into nested objects. */
export function values(rounds, path) {
  return rounds.map((figures) => path.split(".").reduce((value, key) => value?.[key], figures));
}

/** The median over rounds of one figure. */
export function typical(rounds, path) {
  return median(values(rounds, path));
}

/** The table row of a server or client. */
export function describe(id, scenario) {
  return scenario.kind === "client" ? clients[id] : servers[id];
}
