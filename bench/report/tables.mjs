// Results as text.

import { goalsOf } from "../goals.mjs";
import { describe, mainFigure, typical, values } from "../runner/rounds.mjs";
import { median, ratio } from "../runner/statistics.mjs";
import { figure, percent, table } from "./format.mjs";

/** Whom everybody is compared with. */
const references = ["ws", "limit"];

/** A generator that works this much of the time decides the pace itself. */
const saturated = 0.9;

/**
 * One scenario's table, and below it what could not be measured and what must be known to read it.
 * @param {import("../runner/rounds.mjs").ScenarioResult} result
 */
export function scenarioReport({ id, scenario, rounds, missing }) {
  const present = Object.keys(rounds);
  if (present.length === 0)
    return `### (${id}) ${scenario.title}\n\nNothing could be measured.\n${missingLines(missing)}`;
  const columns = scenario.kind === "idle" ? idleColumns : loadColumns;
  const notes = [];
  const rows = present.map((name) => [
    describe(name, scenario).title,
    ...columns(scenario).map(({ cell }) => cell(rounds[name], rounds)),
  ]);
  const bound = present.filter((name) => isGeneratorBound(rounds[name]));
  if (bound.length > 0) {
    const names = bound.map((name) => describe(name, scenario).title).join("; ");
    const other = scenario.kind === "client" ? "limit server" : "load generator";
    notes.push(`The ${other} was the bottleneck for: ${names}. Their throughput is a lower bound.`);
  }
  notes.push(...othersNote(rounds));
  return [
    `### (${id}) ${scenario.title}`,
    "",
    table([scenario.kind === "client" ? "client" : "server", ...columns(scenario).map(({ title }) => title)], rows),
    "",
    ...notes,
    missingLines(missing, scenario),
  ]
    .join("\n")
    .trimEnd();
}

/** Above this share of a core, others on the machine are worth a word. */
const disturbing = 0.15;

function othersNote(rounds) {
  const others = median(Object.values(rounds).flatMap((own) => values(own, "othersBusy")));
  return others > disturbing ? [`Others on this machine took ${percent(others)} of a core meanwhile.`] : [];
}

function isGeneratorBound(rounds) {
  const generator = typical(rounds, "generatorBusy");
  return generator > saturated && generator > typical(rounds, "busy");
}

const compared = (path) =>
  references.map((reference) => ({
    title: reference === "ws" ? "× ws" : "× limit",
    cell: (own, all) =>
      all[reference] === undefined ? "–" : figure(ratio(values(own, path), values(all[reference], path))),
  }));

function loadColumns(scenario) {
  const path = mainFigure(scenario);
  const columns = [
    { title: `CPU µs/${scenario.unit}`, cell: (own) => withRange(values(own, path)) },
    ...compared(path),
    { title: `${plural(scenario.unit)}/s`, cell: (own) => figure(typical(own, "perSecond")) },
  ];
  if (scenario.kind !== "client") {
    for (const [title, key] of Object.entries({ "p50 ms": "p50", "p99 ms": "p99", "p99.9 ms": "p999" })) {
      columns.push({ title, cell: (own) => figure(typical(own, `latency.${key}`)) });
    }
  }
  if (scenario.compression !== "off") {
    columns.push({ title: "B/reply", cell: (own) => figure(typical(own, "bytesPerReply")) });
  }
  columns.push(
    { title: "busy", cell: (own) => percent(typical(own, "busy")) },
    {
      title: scenario.kind === "client" ? "limit busy" : "generator busy",
      cell: (own) => percent(typical(own, "generatorBusy")),
    },
  );
  return columns;
}

const plural = (unit) => (unit.endsWith("y") ? `${unit.slice(0, -1)}ies` : `${unit}s`);

function idleColumns(scenario) {
  const path = mainFigure(scenario);
  return [
    { title: "connections", cell: (own) => figure(typical(own, "done")) },
    { title: "resident B each", cell: (own) => withRange(values(own, path)) },
    ...compared(path),
    { title: "JS heap B each", cell: (own) => figure(typical(own, "heapBytesPerConnection")) },
  ];
}

function withRange(all) {
  const known = all.filter(Number.isFinite);
  if (known.length < 2) return figure(known[0]);
  return `${figure(median(known))} (${figure(Math.min(...known))}–${figure(Math.max(...known))})`;
}

function missingLines(missing, scenario) {
  return Object.entries(missing)
    .map(([name, reason]) => `Not measured: ${scenario ? describe(name, scenario).title : name} (${reason}).`)
    .join("\n");
}

/** The goals that this run can judge, one row each; undefined when there are none. */
export function goalsReport(results) {
  const rows = [];
  for (const { id, scenario, rounds } of results) {
    for (const name of Object.keys(rounds)) {
      for (const { against, atMost } of goalsOf(name, id)) {
        if (rounds[against] === undefined) continue;
        const path = mainFigure(scenario);
        const measured = ratio(values(rounds[name], path), values(rounds[against], path));
        rows.push([
          `(${id}) ${describe(name, scenario).title}`,
          describe(against, scenario).title,
          `≤ ${atMost}`,
          figure(measured),
          measured <= atMost ? "yes" : "no",
        ]);
      }
    }
  }
  return rows.length === 0 ? undefined : table(["what", "against", "goal", "measured", "reached"], rows);
}
