// Percentiles of durations in constant memory: a histogram whose buckets are 3 % wide.

const bucketsPerOctave = 24;
const smallest = 0.001;

/** Durations in milliseconds, from 1 µs to an hour. */
export class LatencyHistogram {
  #counts = new Uint32Array(bucketsPerOctave * 32);
  #total = 0;
  #max = 0;

  record(milliseconds) {
    const octave = Math.log2(Math.max(milliseconds, smallest) / smallest);
    this.#counts[Math.min(this.#counts.length - 1, Math.floor(octave * bucketsPerOctave))]++;
    this.#total++;
    if (milliseconds > this.#max) this.#max = milliseconds;
  }

  clear() {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }

  /** The upper edge of the bucket that holds the given share of all recorded durations; undefined without any. */
  percentile(share) {
    if (this.#total === 0) return undefined;
    let left = Math.ceil(this.#total * share);
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return Math.min(this.#max, smallest * 2 ** ((bucket + 1) / bucketsPerOctave));
    }
    return this.#max;
  }

  summary() {
    return {
      samples: this.#total,
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      p999: this.percentile(0.999),
      max: this.#total === 0 ? undefined : this.#max,
    };
  }
}
