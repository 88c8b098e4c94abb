// Where results go besides the terminal.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { charts } from "./charts.mjs";
import { goalsReport, scenarioReport } from "./tables.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What the figures depend on. */
export function describeMachine() {
  const [{ model }] = cpus();
  return {
    system: `${process.platform} ${process.arch}`,
    cpu: model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    generatorNode: process.version,
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
    date: new Date().toISOString().slice(0, 10),
  };
}

/**
 * @param {{ machine: object, cpuSource: string, runs: object[] }} report
 * @param {{ json: string | undefined, publish: boolean }} to
 */
export function writeResults(report, { json, publish }) {
  const text = `${JSON.stringify(report, undefined, 1)}\n`;
  if (json !== undefined) writeFileSync(json, text);
  if (!publish) return;
  mkdirSync(path("../results"), { recursive: true });
  writeFileSync(path("../results/results.json"), text);
  const sections = report.runs.map((run) => publishRun(run));
  const readme = path("../README.md");
  const marker = /<!-- results -->[\s\S]*<!-- \/results -->/;
  const body = `<!-- results -->\n\n${[machineLine(report), ...sections].join("\n\n")}\n\n<!-- /results -->`;
  writeFileSync(
    readme,
    readFileSync(readme, "utf8").replace(marker, () => body),
  );
  format();
}

/** What is published is checked in, so it has to be as the project's formatter wants it. */
function format() {
  const biome = path("../../node_modules/.bin/biome");
  execFileSync(biome, ["format", "--write", "bench/README.md", "bench/results"], {
    cwd: path("../.."),
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Writes a run's charts and returns its part of the page. */
function publishRun(run) {
  const suffix = run.node === "this" ? "" : `-${run.node.replaceAll(/[^a-z0-9]+/gi, "-")}`;
  const images = Object.entries(charts(run)).map(([name, svg]) => {
    const file = name.replace(".svg", `${suffix}.svg`);
    writeFileSync(path(`../results/${file}`), svg);
    return `![${name.replace(".svg", "")}](results/${file})`;
  });
  const goals = goalsReport(run.servers);
  return [
    `## ${run.title}`,
    images.join("\n\n"),
    ...run.servers.map((result) => scenarioReport(result)),
    ...(goals === undefined ? [] : [`### Goals\n\n${goals}`]),
    ...[run.codec, run.liveness].flatMap((part) => part?.report ?? []),
  ].join("\n\n");
}

function machineLine({ machine, cpuSource }) {
  return (
    `Measured on ${machine.date}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; ` +
    `CPU time from \`${cpuSource}\`.`
  );
}
