// Which charts a run gives.

import { codecs, directions, frameLabel, frameSizes } from "../codec/run-codec.mjs";
import { describe, mainFigure, values } from "../runner/rounds.mjs";
import { median } from "../runner/statistics.mjs";
import { figure } from "./format.mjs";
import { barChart } from "./svg-chart.mjs";

/**
 * @param {{ servers: import("../runner/rounds.mjs").ScenarioResult[], codec?: object }} run
 * @returns {Record<string, string>} SVG by file name
 */
export function charts({ servers, codec }) {
  const drawn = {};
  const measured = servers.filter(({ rounds }) => Object.keys(rounds).length > 0);
  const groups = {
    "servers.svg": [
      "CPU time of the server (shorter is better; the line spans all rounds)",
      (kind) => kind !== "client",
    ],
    "clients.svg": [
      "CPU time of the client (shorter is better; the line spans all rounds)",
      (kind) => kind === "client",
    ],
  };
  for (const [file, [heading, belongs]] of Object.entries(groups)) {
    const panels = measured.filter(({ scenario }) => belongs(scenario.kind)).map(panel);
    if (panels.length > 0) drawn[file] = barChart(heading, panels);
  }
  if (codec !== undefined)
    drawn["codec.svg"] = barChart("Codec: payload in GB/s of CPU time (longer is better)", codecPanels(codec));
  return drawn;
}

function codecPanels({ figures }) {
  return Object.entries(figures).flatMap(([direction, byName]) =>
    frameSizes.map((size) => ({
      title: `${directions[direction]}, ${frameLabel(size)}`,
      bars: Object.entries(byName)
        .map(([name, sizes]) => {
          const value = sizes[size].gigabytesPerSecond;
          return { label: codecs[name].title, role: codecs[name].role, value, text: figure(value) };
        })
        .sort((one, other) => other.value - one.value),
    })),
  );
}

function panel({ id, scenario, rounds }) {
  const unit = scenario.kind === "idle" ? "bytes, resident" : "µs";
  const bars = Object.entries(rounds).map(([name, own]) => {
    const { title, role } = describe(name, scenario);
    const all = values(own, mainFigure(scenario)).filter(Number.isFinite);
    const value = median(all);
    const range = all.length > 1 ? { low: Math.min(...all), high: Math.max(...all) } : {};
    return { label: title, role, value, ...range, text: figure(value) };
  });
  return {
    title: `(${id}) ${scenario.title}: ${unit} per ${scenario.unit}`,
    bars: bars.sort((one, other) => one.value - other.value),
  };
}
