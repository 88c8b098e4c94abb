// Plays simulated worlds, seed after seed, and prints what came of them as JSON; failures go to stderr as they come.
//
//     npm run simulate -- --seeds 100000
//     npm run simulate -- --first 42 --seeds 1         one of them again

import { parseArgs } from "node:util";
import { runBundled } from "./campaign.mjs";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    failures: { type: "string", default: "20" },
  },
});
await runBundled("simulation/campaign-process.ts", [values.first, values.seeds, values.failures]);
