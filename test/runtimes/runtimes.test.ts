// The engine, as it is built, runs unchanged wherever ECMAScript 2023 and TextDecoder are.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../support/deno.ts";

/** What `converse` comes to in every runtime. */
const expected = {
  machines: {
    texts: [true],
    pings: 2,
    latency: 80,
    now: 120_000,
    cause: { kind: "ping-timeout" },
  },
  sessions: {
    answers: ["true", "1,2,3"],
    latency: 30,
    code: 4000,
    clean: true,
    ends: ["ping-timeout", "handshake"],
    errors: [],
  },
};

test("two ends converse in Bun", () => {
  const script = `
    import { converse } from "./conversation.ts";
    const engine = Bun.resolveSync("@sansock/protocol", import.meta.dir);
    console.log(JSON.stringify({ engine, result: await converse() }));
  `;
  const { stdout, stderr } = spawnSync(join(root, "node_modules/.bin/bun"), ["--no-install", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const engine = join(root, "packages/protocol/dist/index.js");
  expect(JSON.parse(stdout)).toEqual({ engine, result: expected });
});

/** The globals of ECMAScript 2023. */
const es2023 = `
  AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
  FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number
  Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError
  URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent
  encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape
`
  .trim()
  .split(/\s+/);

/** What later editions have added to its objects, as far as it may be used by accident. */
const later = [
  "Promise.withResolvers",
  "Promise.try",
  "Object.groupBy",
  "Map.groupBy",
  "Array.fromAsync",
  "Symbol.dispose",
  "Symbol.asyncDispose",
  "RegExp.escape",
  "Error.captureStackTrace",
  "Uint8Array.fromHex",
  "Uint8Array.fromBase64",
  "ArrayBuffer.prototype.transfer",
  "ArrayBuffer.prototype.resize",
  "Uint8Array.prototype.toHex",
  "Uint8Array.prototype.setFromHex",
  "Set.prototype.union",
  "String.prototype.isWellFormed",
  "String.prototype.toWellFormed",
];

test("two ends converse in a context with nothing but ECMAScript 2023 and TextDecoder", async () => {
  const context = createContext({ TextDecoder }, { codeGeneration: { strings: false, wasm: false } });
  const strip = `
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (!${JSON.stringify([...es2023, "TextDecoder"])}.includes(name)) delete globalThis[name];
    }
    for (const path of ${JSON.stringify(later)}) {
      const names = path.split(".");
      const last = names.pop();
      delete names.reduce((object, name) => object[name], globalThis)[last];
    }
    Object.getOwnPropertyNames(globalThis).join(" ");
  `;
  const left = (runInContext(strip, context) as string).split(" ");
  expect(left.sort()).toEqual([...es2023, "TextDecoder"].sort());
  const result = runInContext(`${await bundle()}\nconversation.converse().then(JSON.stringify)`, context);
  expect(JSON.parse((await result) as string)).toEqual(expected);
});

/** One script that brings the built engine along. */
async function bundle(): Promise<string> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["test/runtimes/conversation.ts"],
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    globalName: "conversation",
    target: "es2023",
    platform: "neutral",
    logLevel: "error",
  });
  const foreign = Object.keys(metafile.inputs).filter(
    (name) => !name.startsWith("packages/protocol/dist/") && !name.includes("@noble/hashes"),
  );
  expect(foreign).toEqual(["test/runtimes/conversation.ts"]);
  return outputFiles[0]!.text;
}
