// Small statistics over rounds.

/** The middle value; undefined of nothing. */
export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times `reference` a figure is: the median of the ratios within each round, so that a machine which is slower
 * in one round than in the next disturbs neither.
 */
export function ratio(values, reference) {
  return median(values.map((value, round) => value / (reference[round] ?? Number.NaN)));
}
