// Where our servers and clients must stand: at most so many times the main figure of somebody else, in the same run.

/** By scenario, by whom we compare with. */
export const serverGoals = {
  a: { ws: 0.9, limit: 1.1 },
  b: { ws: 0.18, limit: 1.6, bun: 1.3 },
  c: { ws: 0.2, limit: 1.3, bun: 1.0 },
  d: { ws: 0.25, limit: 1.5, bun: 0.75 },
  e: { ws: 0.27, limit: 1.5, bun: 1.0 },
  f: { ws: 0.35, limit: 1.6, bun: 1.0 },
  g: { ws: 0.8, limit: 2 },
  h: { ws: 0.33, limit: 1.5, bun: 1.4 },
  i: { ws: 0.5, limit: 1.5 },
  cb: { ws: 0.5 },
  cc: { ws: 0.5 },
  cd: { ws: 0.5 },
};

/** The `for await` face beside the callback face. */
export const iterationGoal = { against: "sansock", atMost: 1.3 };

/** Our server on Deno beside Deno's own. */
export const denoGoals = { a: 1, b: 0.6, c: 0.6, d: 0.6, e: 0.6, f: 0.6 };

/** @returns {{ against: string, atMost: number }[]} the goals of one candidate in one scenario */
export function goalsOf(candidate, scenario) {
  // Text that is echoed: `ws` hands out the bytes of text, and never makes a string. So is it compared.
  const ours = scenario === "f" ? "sansock-utf8" : "sansock";
  if (candidate === ours) {
    return Object.entries(serverGoals[scenario] ?? {}).map(([against, atMost]) => ({ against, atMost }));
  }
  if (candidate === "sansock-iteration") return [iterationGoal];
  if (candidate === "sansock-deno" && scenario in denoGoals) return [{ against: "deno", atMost: denoGoals[scenario] }];
  return [];
}
