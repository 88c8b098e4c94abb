// Measures DEFLATE as permessage-deflate uses it, and prints tables as in README.md:
//
//     node bench/deflate/run.mjs                                       about half an hour
//     node bench/deflate/run.mjs --quick                               about three minutes
//     node bench/deflate/run.mjs large bombs                           some sections; there are small and windows, too
//     PAKO=/elsewhere/node_modules/pako node bench/deflate/run.mjs     with pako, which is not a dependency
//
// It runs the sources, bundled on the fly. Every figure is the median of several rounds in processes of their own; the
// contenders take turns, so that what else the machine does hits all of them.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 3;
const everybody = ["portable", "node", "ws", "zlib-sync", "zlib-handle", ...(process.env.PAKO ? ["pako"] : [])];
/** Our defaults, and what compresses as well with zlib; `websockets` for Python has chosen the same. */
const usual = { windowBits: 12, memoryLevel: 6, zlibMemLevel: 5 };
/** The largest window: zlib's defaults, and what compresses nearly as well with ours. */
const largest = { windowBits: 15, memoryLevel: 8, zlibMemLevel: 8 };

const folder = mkdtempSync(join(tmpdir(), "sansock-deflate-"));
const root = fileURLToPath(new URL("../..", import.meta.url));
const measureProgram = fileURLToPath(new URL("measure.mjs", import.meta.url));
const run = promisify(execFile);

try {
  const bundle = join(folder, "deflate.mjs");
  await build({
    stdin: {
      contents: `export { nodeDeflate } from "./packages/node-adapter/src/node-deflate.ts";
        export { portableDeflate } from "@sansock/protocol";`,
      resolveDir: root,
    },
    // Of the engine, only this.
    alias: { "@sansock/protocol": join(root, "packages/protocol/src/deflate/portable-deflate.ts") },
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: bundle,
    logLevel: "warning",
  });
  process.env.SANSOCK_DEFLATE = pathToFileURL(bundle).href;
  console.log(`Node ${process.version}, ${rounds} round(s)\n`);
  const sections = { small: smallMessages, windows, large: largeMessages, bombs };
  const asked = Object.keys(sections).filter((name) => process.argv.includes(name));
  for (const name of asked.length > 0 ? asked : Object.keys(sections)) await sections[name]();
} finally {
  rmSync(folder, { recursive: true });
}

async function smallMessages() {
  for (const [connections, messagesEach] of [
    [1, quick ? 10_000 : 20_000],
    [100, quick ? 100 : 200],
    [10_000, quick ? 8 : 30],
  ]) {
    const results = await measure(everybody, { kind: "connections", ...usual, connections, messagesEach });
    const [{ bytes }] = Object.values(results);
    const columns = { ...cpuColumns(results), ...(connections > 1 && memoryColumns(results)) };
    heading(`Small JSON (${bytes.toFixed(0)} bytes), window of 12 bits, ${connections} connection(s)`);
    table(results, columns);
  }
}

async function windows() {
  const many = { kind: "connections", connections: 2_000, messagesEach: quick ? 60 : 160 };
  const results = await measure(["portable", "node", "ws", "zlib-handle"], { ...many, ...largest });
  heading("The same with a window of 15 bits, 2000 connections");
  table(results, { ...cpuColumns(results), ...memoryColumns(results) });

  const rows = {};
  for (const [windowBits, memoryLevel] of [8, 9, 10, 11, 12, 13, 14, 15]
    .map((bits) => [bits, Math.min(9, bits - 6)])
    .concat(
      [2, 3, 4, 5].map((level) => [12, level]),
      [6, 7, 8].map((level) => [15, level]),
    )) {
    const { portable } = await measure(["portable"], { ...many, windowBits, memoryLevel }, 1);
    rows[`${windowBits} bits, level ${memoryLevel}`] = portable;
  }
  heading("What the window and the memory level are worth (portable, 2000 connections)");
  const { "ws takes": _, ...columns } = cpuColumns({});
  table(rows, { ...columns, "KiB a connection": (r) => kib(memoryOf(r)) });
}

function cpuColumns({ ws }) {
  return {
    ratio: (r) => r.ratio.toFixed(3),
    "deflate, µs": (r) => r.deflateCpu.toFixed(1),
    "inflate, µs": (r) => r.inflateCpu.toFixed(1),
    both: (r) => (r.deflateCpu + r.inflateCpu).toFixed(1),
    "ws takes": (r) => factor(ws.deflateCpu + ws.inflateCpu, r.deflateCpu + r.inflateCpu),
  };
}

function memoryColumns({ ws }) {
  return {
    "KiB a connection": (r) => kib(memoryOf(r)),
    "ws takes ": (r) => factor(memoryOf(ws), memoryOf(r)),
  };
}

/** What the process grew by; over few connections that is too coarse, but what V8 knows of is a lower bound. */
function memoryOf({ rssBytes, trackedBytes }) {
  return Math.max(rssBytes, trackedBytes);
}

async function largeMessages() {
  for (const messageBytes of [64 << 10, 1 << 20]) {
    const results = await measure(everybody, { kind: "large", ...usual, messageBytes });
    heading(`Long text, messages of ${messageBytes >> 10} KiB, window of 12 bits`);
    table(results, {
      ratio: (r) => r.ratio.toFixed(3),
      "deflate, MB/s": (r) => r.deflateSpeed.toFixed(0),
      "inflate, MB/s": (r) => r.inflateSpeed.toFixed(0),
      "deflate one, ms": (r) => (messageBytes / r.deflateSpeed / 1_000).toFixed(1),
      "inflate one, ms": (r) => (messageBytes / r.inflateSpeed / 1_000).toFixed(1),
    });
  }
}

async function bombs() {
  const { portable } = await measure(["portable"], { kind: "bombs" }, quick ? 1 : 3);
  heading("10,000 bombs of 64 MiB each, with a limit of 1 MiB");
  table(
    { portable },
    {
      "ms for each": (r) => r.ms.toFixed(2),
      "bytes made": (r) => String(r.produced),
      "KiB held afterwards": (r) => kib(r.heldBytes),
      "MiB more at most": (r) => (r.peakBytes / 2 ** 20).toFixed(1),
    },
  );
}

/** Medians for each contender, which take turns. */
async function measure(names, job, count = rounds) {
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    for (const name of names) {
      // With a small young generation, memory is that of the connections, not of what awaits collection.
      const flags = job.connections > 1 || job.kind === "bombs" ? ["--max-semi-space-size=1"] : [];
      const args = ["--expose-gc", ...flags, measureProgram, JSON.stringify({ ...job, contender: name })];
      const { stdout } = await run(process.execPath, args);
      results[name].push(JSON.parse(stdout));
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return Object.fromEntries(
    names.map((name) => {
      const keys = Object.keys(results[name][0]);
      return [name, Object.fromEntries(keys.map((key) => [key, median(results[name].map((result) => result[key]))]))];
    }),
  );
}

function heading(text) {
  console.log(`**${text}**\n`);
}

function table(rows, columns) {
  console.log(`| | ${Object.keys(columns).join(" | ")} |`);
  console.log(`|---|${"---:|".repeat(Object.keys(columns).length)}`);
  for (const [name, result] of Object.entries(rows)) {
    console.log(
      `| ${name} | ${Object.values(columns)
        .map((format) => format(result))
        .join(" | ")} |`,
    );
  }
  console.log();
}

function factor(a, b) {
  return `${(a / b).toFixed(a / b < 10 ? 1 : 0)}×`;
}

function kib(bytes) {
  return (bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0);
}
