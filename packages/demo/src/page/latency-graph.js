// The round trips of the last minute as a line that moves with time. The scale is logarithmic, from 0.1 ms to 10 s, and the
// same for every connection, so that a wire of this machine and one around the world can be compared, and the deadline
// is never off the chart.

/** In units of the drawing: 10 to a second, 20 to a power of ten. */
const WIDTH = 600;
const HEIGHT = 100;
const UNITS_PER_MS = 0.01;
const SPAN = WIDTH / UNITS_PER_MS;

export class LatencyGraph {
  /** @type {{ at: number, latency: number }[]} */
  #samples = [];
  #epoch = performance.now();
  /** When a Ping went out that has no Pong, and when that was given up. @type {[since: number, until: number]} */
  #missing = [0, 0];
  #svg;
  #history;
  #line;
  #area;
  #points;
  #waiting;

  /**
   * @param {Element} svg
   * @param {number} pingTimeout
   */
  constructor(svg, pingTimeout) {
    const find = (/** @type {string} */ selector) => /** @type {Element} */ (svg.querySelector(selector));
    this.#svg = svg;
    this.#history = find(".history");
    this.#line = find(".line");
    this.#area = find(".area");
    this.#points = find(".points");
    this.#waiting = find(".waiting");
    find(".deadline").setAttribute("d", `M0 ${heightOf(pingTimeout)}H${WIDTH}`);
  }

  /**
   * @param {number} at
   * @param {number} latency
   */
  add(at, latency) {
    this.#samples.push({ at, latency });
    // One more than can be seen, so that the line reaches the edge.
    while (this.#samples[1] !== undefined && this.#samples[1].at < at - SPAN) this.#samples.shift();
    this.#drawHistory();
  }

  /**
   * A Ping went out at `since` and has had no Pong up to now, or up to `until`, when nobody waited any more.
   *
   * @param {number} since
   * @param {number} until
   */
  miss(since, until) {
    this.#missing = [since, until];
  }

  /** @param {number} now */
  draw(now) {
    this.#history.setAttribute("transform", `translate(${WIDTH - (now - this.#epoch) * UNITS_PER_MS} 0)`);
    const [since, until] = this.#missing;
    this.#waiting.setAttribute("d", now <= since ? "" : waitingPath(since, Math.min(now, until), now));
  }

  #drawHistory() {
    const places = this.#samples.map(({ at, latency }) => `${this.#x(at)} ${heightOf(latency)}`);
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return;
    const line = `M${places.join("L")}`;
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", `${line}V${HEIGHT}H${this.#x(first.at)}Z`);
    this.#points.setAttribute("d", places.map((place) => `M${place}h0`).join(""));
    const latencies = this.#samples.map(({ latency }) => latency);
    const [least, most] = [Math.min(...latencies), Math.max(...latencies)].map((ms) => ms.toFixed(2));
    const label = `Latency of the last minute: now ${last.latency.toFixed(2)} ms, from ${least} to ${most} ms`;
    this.#svg.setAttribute("aria-label", label);
    this.#svg.setAttribute("data-samples", String(this.#samples.length));
  }

  /** @param {number} at */
  #x(at) {
    return ((at - this.#epoch) * UNITS_PER_MS).toFixed(2);
  }
}

/**
 * How long the Pong has been missing, at every instant since its Ping: the latency is at least this.
 *
 * @param {number} since
 * @param {number} until
 * @param {number} now
 */
function waitingPath(since, until, now) {
  if (until <= since) return "";
  const steps = 24;
  const places = Array.from({ length: steps + 1 }, (_, step) => {
    const elapsed = (until - since) * (step / steps) ** 3; // closer together where the curve is steep
    return `${(WIDTH - (now - since - elapsed) * UNITS_PER_MS).toFixed(2)} ${heightOf(elapsed)}`;
  });
  return `M${places.join("L")}`;
}

/**
 * How far below the top a latency is drawn, in percent of the height.
 *
 * @param {number} ms
 */
export function heightOf(ms) {
  const decades = Math.log10(Math.min(10_000, Math.max(0.1, ms))) + 1;
  return (HEIGHT - decades * 20).toFixed(2);
}
