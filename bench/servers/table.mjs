// Who is measured. One row a server; nothing else in the benchmarks knows any of them by name, except the goals.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasPeer } from "../peers/resolve.mjs";
import { bunBinary, denoBinary, nodeBinary } from "../runner/runtimes.mjs";

/**
 * @typedef {object} Server
 * @property {string} title
 * @property {"ours" | "peer" | "limit"} role
 * @property {(job: object, options: { node: string, flags?: string[] }) => { command: string, args: string[], env?: Record<string, string> }} start
 * @property {() => string | undefined} missing why it cannot be run here, or undefined
 * @property {boolean} [compresses] whether it has permessage-deflate
 * @property {readonly string[]} [only] the scenarios in which it differs from another row
 */

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const ours = path("../../packages/node-adapter/dist/index.js");
const oursOnDeno = path("../../packages/deno-adapter/dist/mod.js");
const unlessBuilt = (built) => (existsSync(built) ? undefined : "not built: node scripts/build.mjs");
const available = () => undefined;
const unless = (found, what) => () => (found() ? undefined : what);

const plainWs = { WS_NO_BUFFER_UTIL: "1", WS_NO_UTF_8_VALIDATE: "1" };

/** A server that is a Node program. With `memory`, full collections can be asked for. */
function node(file, env) {
  return (job, { node: version, flags = [] }) => ({
    command: nodeBinary(version),
    args: [...flags, ...(job.memory ? ["--expose-gc"] : []), path(file), JSON.stringify(job)],
    ...(env && { env }),
  });
}

function deno(file) {
  return (job) => ({
    command: denoBinary(),
    args: [
      "run",
      "--quiet",
      "--node-modules-dir=manual",
      "--allow-all",
      ...(job.memory ? ["--v8-flags=--expose-gc"] : []),
      path(file),
      JSON.stringify(job),
    ],
  });
}

function bun(file) {
  return (job) => ({ command: bunBinary(), args: ["run", path(file), JSON.stringify(job)] });
}

/** @type {Readonly<Record<string, Server>>} */
export const servers = {
  sansock: {
    title: "sansock",
    role: "ours",
    start: node("sansock.mjs"),
    missing: () => unlessBuilt(ours),
    compresses: true,
  },
  "sansock-utf8": {
    title: "sansock, text as UTF-8",
    role: "ours",
    start: node("sansock-utf8.mjs"),
    missing: () => unlessBuilt(ours),
    only: ["f"],
  },
  "sansock-iteration": {
    title: "sansock, for await",
    role: "ours",
    start: node("sansock-iteration.mjs"),
    missing: () => unlessBuilt(ours),
  },
  "sansock-deno": {
    title: "sansock on Deno",
    role: "ours",
    start: deno("sansock-deno.mjs"),
    missing: () => unlessBuilt(oursOnDeno) ?? unless(denoBinary, "no Deno for this machine")(),
  },
  ws: {
    title: "ws, plain JavaScript",
    role: "peer",
    start: node("ws.mjs", plainWs),
    missing: available,
    compresses: true,
  },
  "ws-native": {
    title: "ws with native add-ons",
    role: "peer",
    start: node("ws.mjs"),
    missing: unless(
      () => hasPeer("bufferutil") && hasPeer("utf-8-validate"),
      "bufferutil or utf-8-validate has no binary for this machine",
    ),
    compresses: true,
  },
  driver: {
    title: "websocket-driver",
    role: "peer",
    start: node("websocket-driver.mjs"),
    missing: available,
    compresses: true,
  },
  websocket: {
    title: "websocket, with native add-ons if it has them",
    role: "peer",
    start: node("websocket.mjs"),
    missing: available,
  },
  deno: {
    title: "Deno, native",
    role: "peer",
    start: deno("deno-native.mjs"),
    missing: unless(denoBinary, "no Deno for this machine"),
  },
  bun: {
    title: "Bun, native",
    role: "peer",
    start: bun("bun-native.mjs"),
    missing: unless(bunBinary, "no Bun for this machine"),
    compresses: true,
  },
  limit: {
    title: "Node limit",
    role: "limit",
    start: node("node-limit.mjs"),
    missing: available,
    compresses: true,
  },
  "limit-own": {
    title: "Node limit, messages of their own",
    role: "limit",
    start: node("node-limit.mjs", { OWN_MESSAGES: "1" }),
    missing: available,
    only: ["e"],
  },
  "deno-limit": {
    title: "Deno limit",
    role: "limit",
    start: deno("deno-limit.mjs"),
    missing: unless(denoBinary, "no Deno for this machine"),
  },
  "c-limit": {
    title: "C epoll",
    role: "limit",
    start: (job) => ({ command: compiledEpollEcho(), args: [job.behaviour] }),
    missing: unless(compiledEpollEcho, "no C compiler, or not Linux"),
  },
};

/** What a plain run compares. */
export const defaultServers = ["sansock", "sansock-utf8", "sansock-iteration", "ws", "bun", "limit"];

/** The compiled C server's path; compiled when it is missing or older than its source. */
function compiledEpollEcho() {
  if (process.platform !== "linux") return undefined;
  const source = path("native/epoll-echo.c");
  const folder = path("../.cache");
  const binary = `${folder}/epoll-echo`;
  try {
    if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
    mkdirSync(folder, { recursive: true });
    execFileSync("cc", ["-O2", "-o", binary, source], { stdio: "ignore", timeout: 60_000 });
    return binary;
  } catch {
    return undefined;
  }
}
