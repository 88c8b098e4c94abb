// The process of a fuzzing campaign: `node fuzz-process.mjs <minutes> <first seed>` prints JSON, and
// `node fuzz-process.mjs <target> <seed>` runs one seed again.

import { runFuzz, runOnce } from "./fuzz.ts";

const [what, seed] = process.argv.slice(2) as [string, string];
if (Number.isNaN(Number(what))) {
  runOnce(what, Number(seed));
  process.stdout.write("nothing is wrong\n");
} else {
  const report = runFuzz(Number(what), Number(seed), (target, at, error) =>
    process.stderr.write(`${target}, seed ${at}: ${error.stack}\n\n`),
  );
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  if (report.failures.length > 0) process.exitCode = 1;
}
