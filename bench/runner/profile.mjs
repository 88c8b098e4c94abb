// Where a server's CPU time goes: V8's sampling profiler on one measurement, summed up by function.

import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure, table } from "../report/format.mjs";

/** How many functions the summary shows. */
const shown = 30;

/** A folder for one profile, and the flags that have Node write it there. */
export function profiling() {
  const folder = mkdtempSync(join(tmpdir(), "bench-profile-"));
  return { folder, flags: ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=200"] };
}

/** The profile in `folder` as text: self time by function, the most expensive first. */
export function profileReport(folder) {
  const [name] = readdirSync(folder);
  if (name === undefined) return "No profile was written.";
  const file = join(folder, name);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8"));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map();
  let total = 0;
  for (const [at, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    if (functionName === "(idle)") continue;
    const place = url === "" ? "" : ` ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
    const label = `${functionName || "(anonymous)"}${place}`;
    self.set(label, (self.get(label) ?? 0) + timeDeltas[at]);
    total += timeDeltas[at];
  }
  const rows = [...self]
    .sort(([, one], [, other]) => other - one)
    .slice(0, shown)
    .map(([label, micros]) => [label, `${figure((micros / total) * 100)} %`]);
  return `${table(["function", "self time"], rows)}\n\nThe whole profile: ${file}`;
}
