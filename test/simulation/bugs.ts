// Planted bugs: small changes of the engine's sources that the simulation has to find. Each is a file in `bugs/`: what is
// wrong, which file, and what is replaced there by what.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const SOURCES = fileURLToPath(new URL("../../packages/protocol/src/", import.meta.url));
const BUGS = new URL("./bugs/", import.meta.url);

export interface Bug {
  readonly name: string;
  readonly what: string;
  /** The file with the bug in it. */
  readonly path: string;
  readonly contents: string;
}

/** All bugs. Throws if one does not fit the sources any more: then it has to be adapted. */
export function readBugs(): readonly Bug[] {
  return readdirSync(BUGS)
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, BUGS), "utf8");
      const parts = /^([^\n]+)\n([^\n]+)\n<<<<<<<\n(.+?)\n=======\n(.*?)\n?>>>>>>>\n$/s.exec(text);
      if (parts === null) throw new Error(`${file} is no bug`);
      const [, what, source, right, wrong] = parts as unknown as [string, string, string, string, string];
      const path = SOURCES + source;
      const contents = readFileSync(path, "utf8");
      if (contents.split(right).length !== 2) {
        throw new Error(`${file} does not fit ${source} any more: what it replaces must be there exactly once`);
      }
      return { name: file.replace(/\.patch$/, ""), what, path, contents: contents.replace(right, () => wrong) };
    });
}

/** Has esbuild see the bug in place of the source. */
export function plant({ path, contents }: Bug): Plugin {
  return {
    name: "planted-bug",
    setup: (build) => {
      build.onLoad({ filter: /\.ts$/ }, (file) => (file.path === path ? { contents, loader: "ts" } : undefined));
    },
  };
}
