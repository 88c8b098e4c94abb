// The code in the documentation: what it imports exists, its types are right, and what can be run does what is said.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect } from "@sansock/node-adapter";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextOf } from "../adapters/support.ts";

const root = join(import.meta.dirname, "../..");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
  ...readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md")),
].filter((name) => name.endsWith(".md") && existsSync(join(root, name)));
// Below test/, so that packages resolve and the test's compiler options hold.
const folder = join(root, "test/.snippets");
const denoFolder = join(root, "packages/deno-adapter/.snippets");

interface Snippet {
  readonly name: string;
  readonly code: string;
}

/** Blocks of TypeScript that stand alone: they begin with what they import. Others are parts of one that does. */
const snippets: readonly Snippet[] = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(import [\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  return blocks.map((code, index) => ({ name: `${page.replaceAll(/\W/g, "-")}-${index + 1}`, code }));
});

beforeAll(() => {
  for (const each of [folder, denoFolder]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each, { recursive: true });
  }
});
afterAll(() => {
  for (const each of [folder, denoFolder]) rmSync(each, { recursive: true, force: true });
});

describe("the snippets of the documentation", () => {
  test("are there", () => {
    expect(snippets.length).toBeGreaterThan(4);
  });

  test("have the right types", () => {
    const [forDeno, others] = [true, false].map((wanted) =>
      snippets.filter(({ code }) => code.includes("@sansock/deno-adapter") === wanted),
    );
    expect(typeErrors(others!, folder, { extends: "../tsconfig.json", include: ["*.ts"] })).toBe("");
    const include = ["*.ts", "../node-builtins.d.ts"];
    expect(typeErrors(forDeno!, denoFolder, { extends: "../tsconfig.json", include })).toBe("");
  }, 120_000);

  test("embed the engine by hand, on one screen", async () => {
    const port = await freePort();
    const embedding = snippets.find(({ code }) => code.includes("createServer({ allowHalfOpen: true }"));
    const file = join(folder, "embedded.ts");
    // A module of its own, that can be closed.
    const code = embedding!.code
      .replace("createServer({", "export const server = createServer({")
      .replace(".listen(9001)", `.listen(${port}, "127.0.0.1")`);
    writeFileSync(file, code);
    const { server } = (await import(/* @vite-ignore */ file)) as { server: import("node:net").Server };
    const client = await connect(`ws://127.0.0.1:${port}/`);
    void client.send("by hand");
    expect(await nextOf(client)).toEqual({ kind: "text", text: "by hand" });
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await client.close(4000, "thanks")).toMatchObject({ code: 4000, clean: true });
    server.close();
  });
});

/** What the compiler says about snippets, written to a folder below the configuration that they are to be checked with. */
function typeErrors(some: readonly Snippet[], where: string, config: object): string {
  for (const { name, code } of some) {
    const usesTest = /\btest\(/.test(code) && !code.includes('from "vitest"');
    writeFileSync(join(where, `${name}.ts`), usesTest ? `import { expect, test } from "vitest";\n${code}` : code);
  }
  const compilerOptions = { noEmit: true, rootDir: root, noUnusedLocals: false, noUnusedParameters: false };
  writeFileSync(join(where, "tsconfig.json"), JSON.stringify({ ...config, compilerOptions }));
  const { stdout, status } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", where], { encoding: "utf8" });
  return status === 0 ? stdout : `${stdout} (${status})`;
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
