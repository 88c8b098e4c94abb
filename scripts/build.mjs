// Builds `dist` of every package: esbuild makes the JavaScript, the TypeScript compiler the declarations.

import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run, tool } from "./setup.mjs";

/** Published packages, those that others are built on first. */
const packages = ["protocol", "node-adapter", "deno-adapter", "browser", "demo"];

/** Builds all packages. */
export async function buildPackages() {
  const { build } = await import("esbuild");
  for (const name of packages) {
    const folder = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const entries = entryPoints(manifest).filter((entry) => existsSync(join(folder, entry)));
    rmSync(join(folder, "dist"), { recursive: true, force: true });
    if (entries.length === 0) continue;
    await build({
      absWorkingDir: folder,
      entryPoints: entries,
      outbase: "src",
      outdir: "dist",
      bundle: true,
      splitting: true, // the entry points of a package share their classes
      format: "esm",
      target: "es2022",
      platform: "neutral",
      packages: "external",
      external: ["node:*"],
      sourcemap: true,
      legalComments: "none",
      logLevel: "warning",
    });
    const page = join(folder, "src", "page"); // what a browser is served, as it is
    if (existsSync(page)) cpSync(page, join(folder, "dist", "page"), { recursive: true });
    if (!manifest.private) declare(name);
  }
}

function entryPoints(manifest) {
  return Object.values(manifest.exports ?? {}).flatMap((target) => {
    const source = target["@sansock/source"];
    return source === undefined ? [] : [source.slice(2)];
  });
}

function declare(name) {
  const folder = join("packages", name);
  const asPublished = ["--customConditions", "null"]; // other packages by their declarations, not by their sources
  run(tool("tsc"), ["-p", folder, "--rootDir", join(folder, "src"), ...asPublished, "--emitDeclarationOnly"]);
}

if (process.argv[1] === import.meta.filename) await buildPackages();
