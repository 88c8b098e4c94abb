// Many connections that exchange one message each and then say nothing, answering pings only.

import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros } from "../support/process-cost.mjs";
import { FrameReader } from "./frame-reader.mjs";
import { buildFrames, buildPong } from "./frames.mjs";
import { openMany } from "./raw-connection.mjs";

/** Each source address has its own range of ports. */
const connectionsPerAddress = 20_000;

/**
 * @param {object} job
 * @param {(phase: "baseline" | "idle") => Promise<void>} settled lets the runner look at the server while nothing happens
 */
export async function runIdleLoad(job, settled) {
  const { scenario } = job;
  const frames = buildFrames(scenario);
  const state = { pings: 0, failure: undefined };

  // The baseline is a server that has already worked: its code is compiled and its pools exist.
  const first = await exchange(await openMany({ port: job.port }, 200), frames, state);
  for (const connection of first) connection.destroy();
  await sleep(500);
  await settled("baseline");

  const connections = [];
  for (let left = scenario.connections; left > 0; left -= connectionsPerAddress) {
    // Choosing an address means choosing a port too, and that finds none among those of connections lately closed; so the
    // first address is left to the system.
    const block = connections.length / connectionsPerAddress;
    const target = block === 0 ? { port: job.port } : { port: job.port, localAddress: `127.0.0.${1 + block}` };
    const opened = await openMany(target, Math.min(left, connectionsPerAddress), 256);
    connections.push(...(await exchange(opened, frames, state)));
  }
  await sleep(job.warmupMs);
  await settled("idle");

  state.pings = 0;
  const before = cpuMicros(job.serverPid);
  const startedAt = performance.now();
  await sleep(job.measureMs);
  const elapsedMs = performance.now() - startedAt;
  const cpu = cpuMicros(job.serverPid) - before;
  if (state.failure !== undefined) throw new Error(state.failure);
  for (const connection of connections) connection.destroy();
  return {
    done: connections.length,
    elapsedMs,
    idleCpuMicrosPerConnectionAndMinute: (cpu * 60_000) / elapsedMs / connections.length,
    busy: cpu / 1000 / elapsedMs,
    pingsAnswered: state.pings,
  };
}

/** One message there and back on every connection. */
async function exchange(connections, frames, state) {
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise((resolve, reject) => {
          const reader = new FrameReader((first, payload) => {
            if ((first & 0x0f) === 0x9) {
              state.pings++;
              connection.write(buildPong(payload));
            } else if (payload.equals(frames.payload)) resolve();
            else reject(new Error("a reply is wrong"));
          }, true);
          connection.listener = {
            received: (bytes, start, end) => reader.read(bytes, start, end),
            closed: (error) => {
              state.failure ??= `the server dropped a connection: ${error?.message ?? "end of stream"}`;
              reject(new Error(state.failure));
            },
          };
          connection.write(frames.request);
        }),
    ),
  );
  return connections;
}
