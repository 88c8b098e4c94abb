// Fuzzes the engine, searches the states of a connection, and prints what came of it as JSON; failures go to stderr as
// they come.
//
//     npm run fuzz -- --minutes 60
//     npm run fuzz -- --target frames --seed 42        one input again

import { parseArgs } from "node:util";
import { runBundled } from "./campaign.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, target: { type: "string" }, seed: { type: "string" } },
});
// Without a seed every campaign begins somewhere else; the report says where.
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
await runBundled("simulation/fuzz/fuzz-process.ts", [values.target ?? values.minutes, seed]);
