// What another process has cost so far, seen from outside, so that the measured process needs no code for it.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * CPU time of a process with all its threads, user and system together, in microseconds.
 *
 * On Linux the scheduler's own account in nanoseconds (`/proc/PID/task/TID/schedstat`), elsewhere `ps`, in hundredths of a
 * second. Threads that have ended are missing from the former; nothing that is measured here ends threads meanwhile.
 */
export function cpuMicros(pid) {
  return cpuFromSchedstat(pid) ?? cpuFromPs(pid);
}

/** How `cpuMicros` knows, for the report. */
export function cpuSource() {
  return cpuFromSchedstat(process.pid) === undefined ? "ps -o cputime" : "/proc/PID/task/TID/schedstat";
}

function cpuFromSchedstat(pid) {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ", 1)[0]);
    }
    return nanoseconds / 1000;
  } catch {
    return undefined;
  }
}

function cpuFromPs(pid) {
  const text = execFileSync("ps", ["-o", "cputime=", "-p", String(pid)], { encoding: "utf8" }).trim();
  const seconds = text.split(/[-:]/).reduce((total, part) => total * 60 + Number.parseFloat(part), 0);
  return seconds * 1e6;
}

/** CPU time of all processes together, in microseconds, in steps of a hundredth of a second; NaN where nothing tells. */
export function machineCpuMicros() {
  try {
    const [, user, nice, system, , , interrupts, softInterrupts] = readFileSync("/proc/stat", "latin1").split(/\s+/, 8);
    return [user, nice, system, interrupts, softInterrupts].reduce((sum, ticks) => sum + Number(ticks), 0) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]) * 1024;
  } catch {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim()) * 1024;
  }
}

/** How many files and sockets this process may open, as far as the system tells. */
export function openFileLimit() {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))[1]);
  } catch {
    return Number(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim()) || 256;
  }
}
