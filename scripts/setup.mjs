// Brings the workspace into a state in which everything runs: dependencies as the lockfile says, and a build of the
// sources. Both are skipped when nothing has changed since the last time.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules", ".sansock");

/** Runs a command in the workspace and ends this process if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The path of a tool of the workspace. */
export function tool(name) {
  return join(root, "node_modules", ".bin", name);
}

/** Installs what the lockfile says, if it has changed. */
export function install() {
  const { packageManager, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  checkNode(engines.node);
  const manifests = packageFolders().map((folder) => join(folder, "package.json"));
  const stamp = hashOf(["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]);
  if (isStamped("install", stamp)) return;
  console.log(`Installing dependencies with ${packageManager} ...`);
  // pnpm through npx: nothing but Node needs to be there. Its notices would only distract.
  run("npx", ["--yes", packageManager, "install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=error"], {
    env: { ...process.env, CI: "true" },
  });
  setStamp("install", stamp);
}

/** Builds the packages, if a source has changed. */
export async function build() {
  const sources = packageFolders().flatMap((folder) => filesBelow(join(folder, "src")));
  const stamp = hashOf([...sources, "scripts/build.mjs", "pnpm-lock.yaml"]);
  if (isStamped("build", stamp)) return;
  const { buildPackages } = await import("./build.mjs");
  await buildPackages();
  setStamp("build", stamp);
}

function checkNode(range) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node ${range} is needed; this is ${process.version}.`);
  process.exit(1);
}

function packageFolders() {
  return readdirSync(join(root, "packages")).map((name) => join("packages", name));
}

function filesBelow(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      return statSync(join(root, file)).isDirectory() ? filesBelow(file) : [file];
    });
}

function hashOf(files) {
  const hash = createHash("sha256").update(process.version);
  for (const file of files) {
    const path = join(root, file);
    hash.update(file).update("\0");
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

function isStamped(name, stamp) {
  const file = join(stamps, name);
  return existsSync(file) && readFileSync(file, "utf8") === stamp;
}

function setStamp(name, stamp) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), stamp);
}
