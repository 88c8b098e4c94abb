// What every server under test is told and says. A server is a program of its own: its last argument is the job in JSON,
// it prints one line with its port when it listens, and it ends when its standard input does, so that none outlives the
// runner. Works on Node, Deno and Bun.

import process from "node:process";

/**
 * `behaviour` is "echo" or "broadcast"; `compression` whether permessage-deflate is to be accepted. `pingInterval`
 * in ms overrides a server's own, where keepalive is what is measured. `scenario` is for the limit servers alone, which
 * know the traffic beforehand.
 * @type {{ behaviour: "echo" | "broadcast", compression: boolean, pingInterval?: number, scenario: import("../scenarios.mjs").Scenario }}
 */
export const job = JSON.parse(process.argv.at(-1));

/** Tells the runner that connections are welcome. `notes` are shown with the results. */
export function listening(port, notes = []) {
  print({ port, runtime: runtimeName(), notes });
  process.stdin.on("data", (text) => {
    if (String(text).includes("collect")) print({ heapBytes: collectGarbage() });
  });
  process.stdin.on("end", () => process.exit(0));
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The runner allows it for the scenario that measures memory. */
function collectGarbage() {
  if (globalThis.Bun !== undefined) globalThis.Bun.gc(true);
  else for (let round = 0; round < 3; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function runtimeName() {
  if (globalThis.Bun !== undefined) return `Bun ${process.versions.bun}`;
  if (globalThis.Deno !== undefined) return `Deno ${globalThis.Deno.version.deno}`;
  return `Node ${process.version}`;
}
