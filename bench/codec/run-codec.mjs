// Decoding and encoding without a network: how fast, and how much garbage.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasPeer } from "../peers/resolve.mjs";
import { figure, table } from "../report/format.mjs";
import { Child } from "../runner/processes.mjs";
import { nodeBinary } from "../runner/runtimes.mjs";
import { median } from "../runner/statistics.mjs";

const program = fileURLToPath(new URL("codec-process.mjs", import.meta.url));
const engine = fileURLToPath(new URL("../../packages/protocol/dist/index.js", import.meta.url));
const plainWs = { WS_NO_BUFFER_UTIL: "1", WS_NO_UTF_8_VALIDATE: "1" };
const unlessBuilt = () => (existsSync(engine) ? undefined : "@sansock/protocol is not built");

/** @type {Record<string, { title: string, role: string, file: string, env?: object, missing: () => string | undefined }>} */
export const codecs = {
  "sansock-cursor": { title: "sansock, frame cursor", role: "ours", file: "sansock-cursor", missing: unlessBuilt },
  sansock: { title: "sansock, whole connection", role: "ours", file: "sansock", missing: unlessBuilt },
  ws: { title: "ws, plain JavaScript", role: "peer", file: "ws", env: plainWs, missing: () => undefined },
  "ws-native": {
    title: "ws with native add-ons",
    role: "peer",
    file: "ws",
    missing: () => (hasPeer("bufferutil") ? undefined : "bufferutil has no binary for this machine"),
  },
  driver: { title: "websocket-driver", role: "peer", file: "driver", missing: () => undefined },
  memcpy: { title: "memcpy", role: "limit", file: "memcpy", missing: () => undefined },
};

/** Payload bytes of the frames. */
export const frameSizes = [16, 125, 1024, 64 * 1024];

export const directions = {
  decode: "decoding masked frames (a server)",
  encode: "encoding (a server)",
  encodeMasked: "encoding with masks (a client)",
};

/**
 * @param {{ rounds: number, warmupMs: number, measureMs: number, node: string, deadline: number, say: (line: string) => void }} options
 * @returns figures by size and codec, and the `report` to print
 */
export async function runCodec(options) {
  const missing = {};
  const names = Object.keys(codecs).filter((name) => (missing[name] = codecs[name].missing()) === undefined);
  /** @type {Record<number, Record<string, object[]>>} */
  const rounds = Object.fromEntries(
    frameSizes.map((size) => [size, Object.fromEntries(names.map((name) => [name, []]))]),
  );
  for (let round = 0; round < options.rounds && performance.now() < options.deadline; round++) {
    for (const size of frameSizes) {
      for (const name of names) {
        if (missing[name] !== undefined) continue;
        const result = await measureCodec(codecs[name], size, options).catch((error) => ({ error: error.message }));
        if (result.error === undefined) rounds[size][name].push(result);
        else missing[name] = result.error;
      }
    }
    options.say(`  codec: round ${round + 1} of ${options.rounds}`);
  }
  const figures = summarise(rounds);
  return { figures, missing, report: report(figures, missing) };
}

async function measureCodec({ file, env }, frameBytes, { warmupMs, measureMs, node }) {
  const job = { codec: file, frameBytes, warmupMs: warmupMs / 3, measureMs: measureMs / 3 };
  const flags = ["--expose-gc", "--max-semi-space-size=64", "--min-semi-space-size=64"];
  const child = new Child(`codec ${file}`, nodeBinary(node), [...flags, program, JSON.stringify(job)], env);
  try {
    return (await child.read(60_000)).result;
  } finally {
    await child.stop();
  }
}

/** Medians: `figures[direction][name][size]`. */
function summarise(rounds) {
  const figures = {};
  for (const direction of Object.keys(directions)) {
    figures[direction] = {};
    for (const name of Object.keys(codecs)) {
      for (const size of frameSizes) {
        const measured = rounds[size][name]?.flatMap((result) => result[direction] ?? []) ?? [];
        if (measured.length === 0) continue;
        figures[direction][name] ??= {};
        figures[direction][name][size] = {
          gigabytesPerSecond: median(measured.map((each) => each.gigabytesPerSecond)),
          garbageBytesPerFrame: median(measured.map((each) => each.garbageBytesPerFrame)),
        };
      }
    }
  }
  return figures;
}

function report(figures, missing) {
  const parts = [];
  for (const [direction, title] of Object.entries(directions)) {
    const rows = Object.entries(figures[direction]).map(([name, sizes]) => [
      codecs[name].title,
      ...frameSizes.map((size) => figure(sizes[size]?.gigabytesPerSecond)),
      ...frameSizes.map((size) => figure(sizes[size] && Math.max(0, sizes[size].garbageBytesPerFrame))),
    ]);
    if (rows.length === 0) continue;
    const head = [
      "codec",
      ...frameSizes.map((size) => `${frameLabel(size)} GB/s`),
      ...frameSizes.map((size) => `${frameLabel(size)} garbage`),
    ];
    parts.push(
      `### Codec: ${title}\n\nPayload in GB/s of CPU time; bytes of garbage per frame.\n\n${table(head, rows)}`,
    );
  }
  for (const [name, reason] of Object.entries(missing)) {
    if (reason !== undefined) parts.push(`Not measured: ${codecs[name].title} (${reason}).`);
  }
  return parts.join("\n\n");
}

/** A frame size for people. */
export const frameLabel = (bytes) => (bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`);
