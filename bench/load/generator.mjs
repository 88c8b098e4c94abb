// The load generator's process: node generator.mjs JOB, where JOB is JSON. Prints one line of JSON and ends.
// It ends by itself when the runner's end of its input is gone, or when the job has taken too long.

import { createInterface } from "node:readline";
import { runBroadcastLoad } from "./broadcast-load.mjs";
import { runChurnLoad } from "./churn-load.mjs";
import { runEchoLoad } from "./echo-load.mjs";
import { runIdleLoad } from "./idle-load.mjs";

const job = JSON.parse(process.argv[2]);
const loads = { echo: runEchoLoad, broadcast: runBroadcastLoad, churn: runChurnLoad, idle: runIdleLoad };

let proceed = () => {};
createInterface({ input: process.stdin })
  .on("line", () => proceed())
  .on("close", () => process.exit(1));
setTimeout(() => finish({ error: `not done after ${job.limitMs} ms` }), job.limitMs).unref();

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function finish(result) {
  process.stdout.write(`${JSON.stringify({ result })}\n`, () => process.exit(0));
}

/** Tells the runner that the server is at rest, and waits until it has looked. */
function settled(phase) {
  return new Promise((resolve) => {
    proceed = resolve;
    print({ phase });
  });
}

try {
  finish(await loads[job.scenario.kind](job, settled));
} catch (error) {
  finish({ error: error.message });
}
