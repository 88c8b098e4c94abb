// The measured stretch of time, cut out of a load that is already running.

import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros, machineCpuMicros } from "../support/process-cost.mjs";

/** How much longer than asked for a stretch may take by the clock, on a machine that is busy with other things. */
const mostStretch = 4;
const pollMs = 20;

/**
 * Waits until a process has worked for so long. Not by the clock: what matters is how much the server has compiled and
 * done, and a busy machine gives it less of the time.
 */
export async function hasWorked(pid, milliseconds) {
  const goal = cpuMicros(pid) + milliseconds * 1000;
  const latest = performance.now() + milliseconds * mostStretch;
  while (cpuMicros(pid) < goal && performance.now() < latest) await sleep(pollMs);
}

/**
 * Lets a running load warm up, then counts for a while; both in CPU time of the server. The server's CPU clock and the work done are read in one go at
 * both ends, so that they belong together however late a timer fires.
 *
 * @param {{ serverPid: number, warmupMs: number, measureMs: number }} job
 * @param {{ done: () => number, beginMeasuring?: () => void }} load `done` may have fractions: half a large message is half
 */
export async function measureWindow({ serverPid, warmupMs, measureMs }, load) {
  await hasWorked(serverPid, warmupMs);
  load.beginMeasuring?.();
  const before = read(serverPid, load);
  await hasWorked(serverPid, measureMs);
  const after = read(serverPid, load);
  const elapsedMs = after.at - before.at;
  const done = after.done - before.done;
  const serverCpuMicros = after.serverCpu - before.serverCpu;
  const generatorCpuMicros = after.generatorCpu - before.generatorCpu;
  return {
    done,
    elapsedMs,
    perSecond: (done * 1000) / elapsedMs,
    cpuMicrosPerUnit: serverCpuMicros / done,
    busy: serverCpuMicros / 1000 / elapsedMs,
    generatorBusy: generatorCpuMicros / 1000 / elapsedMs,
    othersBusy: (after.machineCpu - before.machineCpu - serverCpuMicros - generatorCpuMicros) / 1000 / elapsedMs,
  };
}

function read(serverPid, load) {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    done: load.done(),
    serverCpu: cpuMicros(serverPid),
    generatorCpu: user + system,
    machineCpu: machineCpuMicros(),
  };
}
