// Runs the original Autobahn|Testsuite against both adapters, in both roles:
//
//     npm run autobahn -- [--runtimes node,deno] [--roles server,client] [--cases "1.*,7.*"] [--output FOLDER]
//
// The suite is `wstest` where that is on the PATH, otherwise the container image crossbario/autobahn-testsuite with docker
// or podman. Ends with 0 if every case of every report is as it should be, with 1 if one is not, and with 2 if the suite
// could not be run. All cases of one runtime and role take about ten minutes, nearly all of them for compression.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { summarize } from "./autobahn/summary.mjs";
import { root, tool } from "./setup.mjs";

const IMAGE = "crossbario/autobahn-testsuite";
const PATIENCE = 30_000;

const { values } = parseArgs({
  options: {
    runtimes: { type: "string", default: "node,deno" },
    roles: { type: "string", default: "server,client" },
    cases: { type: "string", default: "*" },
    output: { type: "string", default: join("reports", "autobahn") },
  },
});
const runtimes = listOf(values.runtimes, ["node", "deno"], "--runtimes");
const roles = listOf(values.roles, ["server", "client"], "--roles");
const cases = values.cases.split(",");
const output = resolve(root, values.output);

const suite = findSuite();
if (suite === undefined) {
  console.error(
    `The Autobahn testsuite needs \`wstest\` on the PATH, or docker or podman for its image (${IMAGE}). None of them is here.`,
  );
  process.exit(2);
}

/** What must not outlive this process. */
const running = new Set();
process.on("exit", () => {
  for (const stop of running) stop();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
try {
  if (roles.includes("server")) for (const runtime of runtimes) await testServer(runtime);
  if (roles.includes("client")) await testClients();
} catch (error) {
  console.error(`The suite could not be run: ${error.message}`);
  process.exit(2);
}

const { lines, passed } = summarize(
  roles.map((role) => join(output, `${role}s`)),
  { complete: cases.includes("*"), agents: runtimes.map(agentOf) },
);
for (const line of lines) console.log(line);
process.exit(passed ? 0 : 1);

/** The suite's client against our server. */
async function testServer(runtime) {
  const port = await freePort();
  const server = startEndpoint(runtime, ["server", String(port)]);
  await portOpens(port, server);
  const config = writeConfig(`fuzzingclient-${runtime}.json`, {
    outdir: suite.path("servers", runtime),
    servers: [{ agent: agentOf(runtime), url: `ws://${suite.ourHost}:${port}` }],
    cases,
    "exclude-cases": [],
    "exclude-agent-cases": {},
  });
  mkdirSync(join(output, "servers", runtime), { recursive: true });
  const client = suite.start("fuzzingclient", config, port);
  const code = await client.ended;
  if (code !== 0) throw new Error(`the fuzzing client ended with ${code}`);
  if (server.hasEnded) throw new Error(`our server on ${runtime} has ended before its time`);
  await server.stop();
}

/** Our clients against the suite's server, one after the other. */
async function testClients() {
  const port = await freePort();
  const config = writeConfig("fuzzingserver.json", {
    url: `ws://${suite.bindHost}:${port}`,
    outdir: suite.path("clients"),
    cases,
    "exclude-cases": [],
    "exclude-agent-cases": {},
  });
  mkdirSync(join(output, "clients"), { recursive: true });
  const server = suite.start("fuzzingserver", config, port);
  await portOpens(port, server);
  for (const runtime of runtimes) {
    const client = startEndpoint(runtime, ["client", `ws://127.0.0.1:${port}`, agentOf(runtime)]);
    const code = await client.ended;
    if (code !== 0) throw new Error(`our client on ${runtime} ended with ${code}`);
  }
  await server.stop();
}

function agentOf(runtime) {
  return `sansock-${runtime}`;
}

function startEndpoint(runtime, args) {
  const endpoint = join(root, "scripts", "autobahn", "endpoint.mjs");
  return runtime === "node"
    ? start(process.execPath, [endpoint, ...args])
    : start(tool("deno"), ["run", "--quiet", "--allow-net", "--allow-read", "--allow-env", endpoint, ...args]);
}

/** How the suite is run here; `path` says how it sees the folders below `output`. */
function findSuite() {
  if (works("wstest", ["--help"])) {
    return {
      ourHost: "127.0.0.1",
      bindHost: "127.0.0.1",
      path: (...names) => join(output, ...names),
      start: (mode, config) => start("wstest", suiteArguments(mode, join(output, config))),
    };
  }
  const engine = ["docker", "podman"].find((command) => works(command, ["info"]));
  if (engine === undefined) return undefined;
  // Only on Linux do containers share the host's network.
  const shared = process.platform === "linux";
  return {
    ourHost: shared ? "127.0.0.1" : "host.docker.internal",
    bindHost: shared ? "127.0.0.1" : "0.0.0.0",
    path: (...names) => ["/reports", ...names].join("/"),
    start: (mode, config, port) => {
      const network = shared ? ["--network=host"] : mode === "fuzzingserver" ? ["-p", `${port}:${port}`] : [];
      const name = `sansock-autobahn-${mode}-${process.pid}`;
      const command = ["wstest", ...suiteArguments(mode, `/reports/${config}`)];
      return start(
        engine,
        ["run", "--rm", "--name", name, ...network, "-v", `${output}:/reports`, IMAGE, ...command],
        () => spawnSync(engine, ["rm", "--force", name]),
      );
    },
  };
}

/** Its server would serve pages too, on port 8080, which may be taken. */
function suiteArguments(mode, config) {
  return ["-m", mode, "-s", config, "--webport", "0"];
}

/** Starts a program whose output is ours; `ended` resolves to its exit code, and `hasEnded` says that it has. */
function start(command, args, cleanUp = () => {}) {
  // In a process group of its own: some commands are wrappers, which do not pass signals on.
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], detached: true });
  const stop = () => {
    running.delete(stop);
    try {
      process.kill(-child.pid);
    } catch {
      // It has ended already.
    }
    cleanUp();
    return ended.catch(() => {});
  };
  running.add(stop);
  const ended = new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => settle(code));
  });
  const program = { ended, stop, hasEnded: false };
  const noteEnd = () => {
    running.delete(stop);
    program.hasEnded = true;
  };
  ended.then(noteEnd, noteEnd);
  return program;
}

async function portOpens(port, program) {
  for (const since = Date.now(); Date.now() - since < PATIENCE; ) {
    if (program.hasEnded) throw new Error(`what should listen on port ${port} has ended`);
    if (await isOpen(port)) return;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error(`nothing listens on port ${port}`);
}

function freePort() {
  return new Promise((settle) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => settle(port));
    });
  });
}

function isOpen(port) {
  return new Promise((settle) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      settle(true);
    });
    socket.on("error", () => settle(false));
  });
}

function works(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "ignore", timeout: PATIENCE });
  return error === undefined && status === 0;
}

function writeConfig(name, config) {
  writeFileSync(join(output, name), JSON.stringify(config, undefined, 2));
  return name;
}

function listOf(text, known, option) {
  const names = text.split(",");
  if (names.every((name) => known.includes(name))) return names;
  console.error(`${option} takes any of ${known.join(", ")}, not "${text}".`);
  process.exit(2);
}
