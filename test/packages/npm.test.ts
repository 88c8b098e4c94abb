// What would be published on npm: the build, as somebody has it who installs the packages.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deno, denoEnvironment, root } from "../support/deno.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const packages = join(root, "packages");
const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as Manifest;
const names = readdirSync(packages).filter((name) => manifestOf(name).private !== true);
/** Where they are installed. */
const folder = mkdtempSync(join(tmpdir(), "sansock-installed-"));
const packed = new Map<string, { readonly manifest: Manifest; readonly files: readonly string[] }>();

beforeAll(() => {
  for (const name of names) {
    const cwd = join(packages, name);
    const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd, encoding: "utf8" });
    const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    const manifest = manifestOf(name);
    packed.set(name, { manifest, files: files.map(({ path }) => path) });
    for (const { path } of files) {
      const target = join(folder, "node_modules", manifest.name, path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(cwd, path), target);
    }
  }
  symlinkSync(join(root, "packages/protocol/node_modules/@noble"), join(folder, "node_modules/@noble"));
  mkdirSync(join(folder, "node_modules/@types"));
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(names)("%s on npm", (name) => {
  test("has everything that it exports, its sources, its license and something to read", () => {
    const { manifest, files } = packed.get(name)!;
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    const targets = Object.values(manifest.exports).flatMap((target) => Object.values(target));
    expect(targets.length).toBeGreaterThan(2);
    for (const target of targets) expect(files).toContain(target.slice("./".length));
    for (const file of files) expect(file).toMatch(/^(dist|src)\/|^(LICENSE|README\.md|package\.json)$/);
  });
});

test.each(names)(
  "%s is Latin-1 once built: with one other character in a comment, V8 keeps a file in two bytes each",
  (name) => {
    const programs = packed.get(name)!.files.filter((file) => file.endsWith(".js"));
    expect(programs.length).toBeGreaterThan(0);
    for (const file of programs) {
      const text = readFileSync(join(folder, "node_modules", packed.get(name)!.manifest.name, file), "utf8");
      expect(/[\u0100-\uffff].*/.exec(text)?.[0], file).toBeUndefined();
    }
  },
);

/** A program that talks to itself, with either adapter. */
const program = (adapter: string, where: string): string => `
  import { connect, permessageDeflate, serve } from "@sansock/${adapter}";
  const extensions = [permessageDeflate()];
  const server = await serve({ port: 0, ${where}: "127.0.0.1", extensions }, async (session) => {
    for await (const message of session) await session.send(message);
  });
  const client = await connect(\`ws://127.0.0.1:\${server.port}/\`, { extensions });
  await client.send("installed ".repeat(100));
  for await (const message of client) {
    if (message.kind === "text") console.log(message.text.length, (await client.ping()) >= 0);
    break;
  }
  console.log((await client.close()).clean);
  await server.close();
`;

test("the Node adapter runs as it is installed, and so do its types", () => {
  writeFileSync(join(folder, "on-node.mts"), program("node-adapter", "host"));
  writeFileSync(join(folder, "on-node.mjs"), program("node-adapter", "host"));
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), [...options, "--noEmit", "on-node.mts"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([tsc.stdout, tsc.status]).toEqual(["", 0]);
  const node = spawnSync(process.execPath, ["on-node.mjs"], { cwd: folder, encoding: "utf8" });
  expect([node.stderr, node.stdout]).toEqual(["", "1000 true\ntrue\n"]);
});

test("the Deno adapter runs as it is installed, and so do its types, with no permission but for the network", () => {
  writeFileSync(join(folder, "on-deno.ts"), program("deno-adapter", "hostname"));
  const { stdout, stderr } = spawnSync(
    deno,
    ["run", "--quiet", "--check", "--no-remote", "--allow-net", "on-deno.ts"],
    {
      cwd: folder,
      env: denoEnvironment,
      encoding: "utf8",
    },
  );
  expect([stderr, stdout]).toEqual(["", "1000 true\ntrue\n"]);
});
