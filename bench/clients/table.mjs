// Which clients are measured, against the limit server.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasPeer } from "../peers/resolve.mjs";
import { bunBinary, denoBinary, nodeBinary } from "../runner/runtimes.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const ours = path("../../packages/node-adapter/dist/index.js");
const unlessBuilt = () => (existsSync(ours) ? undefined : "not built: node scripts/build.mjs");
const available = () => undefined;
const unless = (found, what) => () => (found() ? undefined : what);

const plainWs = { WS_NO_BUFFER_UTIL: "1", WS_NO_UTF_8_VALIDATE: "1" };

function node(file, { env, flags = [] } = {}) {
  return (job, { node: version, flags: more = [] }) => ({
    command: nodeBinary(version),
    args: [...flags, ...more, path(file), JSON.stringify(job)],
    ...(env && { env }),
  });
}

/** @type {Readonly<Record<string, Pick<import("../servers/table.mjs").Server, "title" | "role" | "start" | "missing">>>} */
export const clients = {
  sansock: { title: "sansock", role: "ours", start: node("sansock.mjs"), missing: unlessBuilt },
  "sansock-iteration": {
    title: "sansock, for await",
    role: "ours",
    start: node("sansock-iteration.mjs"),
    missing: unlessBuilt,
  },
  ws: { title: "ws, plain JavaScript", role: "peer", start: node("ws.mjs", { env: plainWs }), missing: available },
  "ws-native": {
    title: "ws with native add-ons",
    role: "peer",
    start: node("ws.mjs"),
    missing: unless(
      () => hasPeer("bufferutil") && hasPeer("utf-8-validate"),
      "bufferutil or utf-8-validate has no binary for this machine",
    ),
  },
  driver: { title: "websocket-driver", role: "peer", start: node("websocket-driver.mjs"), missing: available },
  websocket: {
    title: "websocket, with native add-ons if it has them",
    role: "peer",
    start: node("websocket.mjs"),
    missing: available,
  },
  node: {
    title: "Node's own WebSocket",
    role: "peer",
    // Node 20 has it behind a flag; later ones take the flag as a matter of course.
    start: node("standard.mjs", { flags: ["--experimental-websocket", "--no-warnings"] }),
    missing: available,
  },
  deno: {
    title: "Deno's own WebSocket",
    role: "peer",
    start: (job) => ({
      command: denoBinary(),
      args: ["run", "--quiet", "--node-modules-dir=manual", "--allow-all", path("standard.mjs"), JSON.stringify(job)],
    }),
    missing: unless(denoBinary, "no Deno for this machine"),
  },
  bun: {
    title: "Bun's own WebSocket",
    role: "peer",
    start: (job) => ({ command: bunBinary(), args: ["run", path("standard.mjs"), JSON.stringify(job)] }),
    missing: unless(bunBinary, "no Bun for this machine"),
  },
  limit: {
    title: "Node limit",
    role: "limit",
    start: node("node-limit.mjs"),
    missing: available,
  },
};

export const defaultClients = ["sansock", "sansock-iteration", "ws", "node", "bun", "limit"];
