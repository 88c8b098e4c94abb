// The benchmarks' command line: `npm run bench`, or `node bench/run.mjs --help`.

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { clients, defaultClients } from "./clients/table.mjs";
import { runCodec } from "./codec/run-codec.mjs";
import { runLiveness } from "./liveness/run-liveness.mjs";
import { describeMachine, writeResults } from "./report/results.mjs";
import { goalsReport, scenarioReport } from "./report/tables.mjs";
import { measure } from "./runner/measure.mjs";
import { profileReport, profiling } from "./runner/profile.mjs";
import { describe, measureRounds } from "./runner/rounds.mjs";
import { installPeers, nodeBinary, nodeVersions } from "./runner/runtimes.mjs";
import { defaultScenarios, scenarios } from "./scenarios.mjs";
import { defaultServers, servers } from "./servers/table.mjs";
import { cpuSource } from "./support/process-cost.mjs";

const usage = `
node bench/run.mjs [parts] [options]

Parts (all of them unless named): servers, codec, liveness

  --scenario a,b      which scenarios (default: ${defaultScenarios.join(",")}; "all")
  --servers ws,limit  which servers (default: ${defaultServers.join(",")}; "all")
  --clients ws,node   which clients, in the scenarios that measure clients (default: ${defaultClients.join(",")}; "all")
  --rounds N          how often each is measured; the tables show medians (default 3)
  --warmup MS         CPU time of a server before it is measured (default 1000)
  --measure MS        CPU time of a server in a measurement (default 800)
  --quick             one round, short: to see that everything runs
  --full              every scenario, server and client, five rounds: about an hour
  --node this,lts     which Node the servers and clients run on: this, lts, oldest, or a path (default this)
  --minutes N         begin no further round after so long (default 30; 120 with --full)
  --json FILE         write the results there, too
  --profile           instead of tables, show where the CPU time of servers and clients on Node goes
  --publish           write results, charts and the tables of bench/README.md
  --no-install        leave the peers as they are
  --list              say what there is to choose from
`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    scenario: { type: "string" },
    servers: { type: "string" },
    clients: { type: "string" },
    rounds: { type: "string" },
    warmup: { type: "string" },
    measure: { type: "string" },
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    node: { type: "string", default: "this" },
    minutes: { type: "string" },
    json: { type: "string" },
    profile: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
    install: { type: "boolean", default: true },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (options.help) {
  console.log(usage);
} else if (options.list) {
  list();
} else {
  await main();
}

async function main() {
  const parts = choose(
    positionals.join(","),
    { servers, codec: runCodec, liveness: runLiveness },
    ["servers", "codec", "liveness"],
    "part",
  );
  const preset = options.full
    ? { rounds: 5, warmup: 1000, measure: 2000, minutes: 120 }
    : options.quick
      ? { rounds: 1, warmup: 200, measure: 300, minutes: 10 }
      : { rounds: 3, warmup: 1000, measure: 800, minutes: 30 };
  const chosen = {
    rounds: number("rounds", preset.rounds),
    warmupMs: number("warmup", preset.warmup),
    measureMs: number("measure", preset.measure),
    deadline: performance.now() + number("minutes", preset.minutes) * 60_000,
    say: (line) => process.stderr.write(`${line}\n`),
  };
  const all = (table) => Object.keys(table);
  const ids = choose(options.scenario, scenarios, options.full ? all(scenarios) : defaultScenarios, "scenario");
  const candidates = {
    servers: choose(options.servers, servers, options.full ? all(servers) : defaultServers, "server"),
    clients: choose(options.clients, clients, options.full ? all(clients) : defaultClients, "client"),
  };

  if (options.install) {
    chosen.say("  installing the peers, if they are not there yet");
    installPeers();
  }
  if (options.profile) return await profile(ids, candidates, chosen);
  const report = { machine: describeMachine(), cpuSource: cpuSource(), runs: [] };
  for (const node of options.node.split(",")) {
    const run = { node, title: `On ${nodeRelease(node)}`, servers: [], codec: undefined, liveness: undefined };
    report.runs.push(run);
    console.log(`## ${run.title}\n`);
    if (parts.includes("servers")) {
      for (const id of ids) {
        const result = await measureRounds(id, scenarios[id], { ...chosen, ...candidates, node });
        run.servers.push(result);
        console.log(`${scenarioReport(result)}\n`);
      }
      const goals = goalsReport(run.servers);
      if (goals !== undefined) console.log(`### Goals\n\n${goals}\n`);
    }
    if (parts.includes("codec")) {
      run.codec = await runCodec({ ...chosen, node });
      console.log(`${run.codec.report}\n`);
    }
    if (parts.includes("liveness")) {
      run.liveness = await runLiveness({ ...chosen, quick: options.quick, node });
      console.log(`${run.liveness.report}\n`);
    }
  }
  if (options.quick) console.log("A quick run shows that everything works; half of what it measured was warming up.");
  writeResults(report, { json: options.json, publish: options.publish });
}

async function profile(ids, candidates, { warmupMs, measureMs }) {
  for (const id of ids) {
    const scenario = scenarios[id];
    for (const name of scenario.kind === "client" ? candidates.clients : candidates.servers) {
      const { folder, flags } = profiling();
      const { error } = await measure(name, scenario, { warmupMs, measureMs, node: options.node, flags });
      const { title } = describe(name, scenario);
      console.log(`### (${id}) ${scenario.title}: ${title}\n\n${error ?? profileReport(folder)}\n`);
    }
  }
}

function choose(given, table, fallback, what) {
  if (given === undefined || given === "") return fallback;
  if (given === "all") return Object.keys(table);
  const names = given.split(",");
  const unknown = names.find((name) => !(name in table));
  if (unknown !== undefined) fail(`there is no ${what} "${unknown}"; there are: ${Object.keys(table).join(", ")}`);
  return names;
}

function number(name, fallback) {
  if (options[name] === undefined) return fallback;
  const value = Number(options[name]);
  if (!(value > 0)) fail(`--${name} wants a number above 0`);
  return value;
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}

/** Which Node it is, and which of the names that runs may use. */
function nodeRelease(node) {
  const release = execFileSync(nodeBinary(node), ["--version"], { encoding: "utf8" }).trim();
  return node in nodeVersions ? `Node ${release}, ${nodeVersions[node]}` : `Node ${release}`;
}

function list() {
  for (const [id, { title }] of Object.entries(scenarios)) console.log(`scenario ${id.padEnd(18)} ${title}`);
  for (const [id, { title }] of Object.entries(servers)) console.log(`server   ${id.padEnd(18)} ${title}`);
  for (const [id, { title }] of Object.entries(clients)) console.log(`client   ${id.padEnd(18)} ${title}`);
}
