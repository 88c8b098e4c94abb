// What every client under test does: opens its connections, keeps a number of messages under way on each, and measures
// itself. Works on Node, Deno and Bun.

import process from "node:process";
import { buildPayload } from "../load/frames.mjs";
import { hasWorked } from "../load/window.mjs";
import { cpuMicros } from "../support/process-cost.mjs";

/** @type {{ scenario: import("../scenarios.mjs").Scenario, port: number, limitPid: number, warmupMs: number, measureMs: number, limitMs: number }} */
export const job = JSON.parse(process.argv.at(-1));
export const url = `ws://127.0.0.1:${job.port}/`;
export const payload = buildPayload(job.scenario.content, job.scenario.bytes);

process.stdin.on("end", () => process.exit(1));
process.stdin.resume();

/**
 * @param {(received: (byteLength: number, firstByte: number) => void, failed: (error: Error) => void) => Promise<() => void>} open
 * opens one connection and resolves to a function that sends one message with `payload`
 */
export async function runClient(open) {
  const timer = setTimeout(() => finish({ error: `not done after ${job.limitMs} ms` }), job.limitMs);
  timer.unref?.();
  let done = 0;
  const connect = async () => {
    let send = () => {};
    const received = (byteLength, firstByte) => {
      if (byteLength !== payload.length || firstByte !== payload[0]) finish({ error: "a reply is wrong" });
      done++;
      send();
    };
    send = await open(received, (error) => finish({ error: `a connection failed: ${error?.message ?? error}` }));
    return send;
  };
  try {
    const connections = [];
    for (let at = 0; at < job.scenario.connections; at++) connections.push(await connect());
    for (const send of connections) for (let count = 0; count < job.scenario.inFlight; count++) send();

    await hasWorked(process.pid, job.warmupMs);
    const before = read(done);
    await hasWorked(process.pid, job.measureMs);
    const after = read(done);
    const elapsedMs = after.at - before.at;
    finish({
      done: after.done - before.done,
      elapsedMs,
      perSecond: ((after.done - before.done) * 1000) / elapsedMs,
      cpuMicrosPerUnit: (after.cpu - before.cpu) / (after.done - before.done),
      busy: (after.cpu - before.cpu) / 1000 / elapsedMs,
      generatorBusy: (after.limitCpu - before.limitCpu) / 1000 / elapsedMs,
      runtime: runtimeName(),
    });
  } catch (error) {
    finish({ error: error.message });
  }
}

function read(done) {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), done, cpu: user + system, limitCpu: cpuMicros(job.limitPid) };
}

let finished = false;
function finish(result) {
  if (finished) return;
  finished = true;
  process.stdout.write(`${JSON.stringify({ result })}\n`, () => process.exit(0));
}

function runtimeName() {
  if (globalThis.Bun !== undefined) return `Bun ${process.versions.bun}`;
  if (globalThis.Deno !== undefined) return `Deno ${globalThis.Deno.version.deno}`;
  return `Node ${process.version}`;
}
