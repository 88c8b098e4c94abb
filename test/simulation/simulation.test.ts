// Many applications over a simulated network, with faults drawn from a seed, and invariants after every step.
//
//     SEED=42 npx vitest run test/simulation       plays one seed again
//     npm run simulate -- --seeds 100000           a campaign

import { expect, test } from "vitest";
import { simulate } from "./world.ts";

const SEEDS = 300;
const { SEED } = process.env;

test(`${SEED === undefined ? `${SEEDS} simulated worlds keep` : `the simulated world ${SEED} keeps`} every invariant`, async () => {
  const first = SEED === undefined ? 1 : Number.parseInt(SEED, 10);
  const last = SEED === undefined ? SEEDS : first;
  const ends: Record<string, number> = {};
  let messages = 0;
  for (let seed = first; seed <= last; seed++) {
    const outcome = await simulate(seed);
    messages += outcome.messages;
    for (const end of Object.values(outcome.ends)) ends[end] = (ends[end] ?? 0) + 1;
  }

  if (SEED !== undefined) return;
  // The worlds are varied: connections end in every way there is, and a lot gets through.
  expect(messages).toBeGreaterThan(SEEDS);
  expect(Object.keys(ends)).toEqual(
    expect.arrayContaining(["handshake", "transport-lost", "aborted", "ping-timeout", "close-timeout", "violation"]),
  );
});
