// One measurement: start a server, put it under load, stop both.

import { fileURLToPath } from "node:url";
import { clients } from "../clients/table.mjs";
import { servers } from "../servers/table.mjs";
import { openFileLimit, residentBytes } from "../support/process-cost.mjs";
import { Child } from "./processes.mjs";

const generator = fileURLToPath(new URL("../load/generator.mjs", import.meta.url));

/** What one measurement may take beyond its warm-up and its window before it is given up. */
const graceMs = 60_000;

/**
 * @param {string} id of a server; in a client scenario of a client
 * @param {import("../scenarios.mjs").Scenario} scenario
 * @param {{ warmupMs: number, measureMs: number, node: string, flags?: string[] }} options `flags` are for Node
 * @returns figures, or `{ unsupported }`, or `{ error }`; never rejects
 */
export async function measure(id, scenario, options) {
  try {
    if (scenario.kind === "client") return await measureClient(id, scenario, options);
    return await measureServer(id, scenario, options);
  } catch (error) {
    return { error: error.message };
  }
}

/** Why a pair is not measured at all, or undefined. */
export function unsupported(id, scenario) {
  if (scenario.kind === "client") return clients[id].missing();
  const server = servers[id];
  if (scenario.compression !== "off" && !server.compresses) return "has no permessage-deflate";
  return server.missing();
}

async function measureServer(id, scenario, options) {
  const fitting = fit(scenario);
  const server = await startServer(id, fitting, options);
  try {
    const { warmupMs, measureMs } = options;
    const limitMs = warmupMs + measureMs + graceMs;
    const job = { scenario: fitting, port: server.port, serverPid: server.child.pid, warmupMs, measureMs, limitMs };
    const load = new Child("the load generator", process.execPath, [generator, JSON.stringify(job)]);
    const memory = {};
    try {
      for (;;) {
        const { phase, result } = await load.read(limitMs + 5000);
        if (result) return { ...result, ...memoryPerConnection(memory, fitting), runtime: server.runtime };
        memory[phase] = await look(server.child);
        load.write("go on");
      }
    } finally {
      await load.stop();
    }
  } finally {
    await server.child.stop();
  }
}

async function startServer(id, scenario, { node, flags }) {
  const job = {
    behaviour: scenario.kind === "broadcast" ? "broadcast" : "echo",
    compression: scenario.compression !== "off",
    memory: scenario.kind === "idle",
    pingInterval: scenario.pingInterval,
    scenario,
  };
  const { command, args, env } = servers[id].start(job, { node, flags });
  const child = new Child(id, command, args, env);
  try {
    return { child, ...(await child.read(20_000)) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** A server's memory after a full collection, as far as its runtime lets us ask for one. */
async function look(child) {
  child.write("collect");
  const { heapBytes } = await child.read(30_000);
  return { residentBytes: residentBytes(child.pid), heapBytes };
}

function memoryPerConnection({ baseline, idle }, { connections }) {
  if (idle === undefined) return {};
  return {
    residentBytesPerConnection: (idle.residentBytes - baseline.residentBytes) / connections,
    heapBytesPerConnection: (idle.heapBytes - baseline.heapBytes) / connections,
  };
}

/** As many connections as this machine's limit on open files allows; the report says so. */
function fit(scenario) {
  const possible = openFileLimit() - 100;
  return scenario.connections <= possible ? scenario : { ...scenario, connections: possible };
}

async function measureClient(id, scenario, { warmupMs, measureMs, node, flags }) {
  const server = await startServer("limit", scenario, { node });
  try {
    const limitMs = warmupMs + measureMs + graceMs;
    const job = { scenario, port: server.port, warmupMs, measureMs, limitMs, limitPid: server.child.pid };
    const { command, args, env } = clients[id].start(job, { node, flags });
    const client = new Child(id, command, args, env);
    try {
      return (await client.read(limitMs + 5000)).result;
    } finally {
      await client.stop();
    }
  } finally {
    await server.child.stop();
  }
}
