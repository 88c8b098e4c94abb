// The process of a campaign: `node campaign-process.mjs <first> <seeds> <failures>`; JSON comes out.

import { runCampaign } from "./campaign.ts";

const [first, seeds, failures] = process.argv.slice(2).map(Number) as [number, number, number];
const campaign = await runCampaign({
  first,
  seeds,
  failures,
  onFailure: (_seed, error) => process.stderr.write(`${error.stack}\n\n`),
});
process.stdout.write(`${JSON.stringify(campaign, undefined, 2)}\n`);
if (campaign.failures.length > 0) process.exitCode = 1;
