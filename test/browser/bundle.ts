import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** What a page loads, minified: as a script that leaves `sansock` behind, or as a module. */
export async function bundle(format: "iife" | "esm"): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["packages/browser/src/index.ts"],
    conditions: ["@sansock/source"],
    bundle: true,
    minify: true,
    format,
    globalName: "sansock",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text;
}
