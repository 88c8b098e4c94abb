// Where the runtimes are that servers and clients run on.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { peerFile } from "../peers/resolve.mjs";

const architecture = `${process.platform}-${process.arch}`;

/** How runs name their Node; any other value is the path of a binary. */
export const nodeVersions = {
  this: "the Node that runs the benchmarks",
  lts: "the current LTS release",
  oldest: "the oldest supported release",
};

/** The binary of a Node version; throws when it is not to be had here. */
export function nodeBinary(version) {
  if (version === "this") return process.execPath;
  if (!(version in nodeVersions)) return version;
  const binary = peerFile(`node-${version}-${architecture}/bin/node`);
  if (binary === undefined)
    throw new Error(`no ${nodeVersions[version]} of Node for ${architecture}; name a binary instead`);
  return binary;
}

export function bunBinary() {
  return peerFile(`@oven/bun-${architecture.replace("arm64", "aarch64")}/bin/bun`);
}

export function denoBinary() {
  return peerFile(`@deno/${architecture}${process.platform === "linux" ? "-glibc" : ""}/deno`);
}

/** Brings the peers into place: seconds when they are there already, a download of some 150 MB otherwise. */
export function installPeers() {
  const folder = fileURLToPath(new URL("../peers/", import.meta.url));
  const install = ["install", "--frozen-lockfile", "--ignore-scripts", "--prefer-offline"];
  const { packageManager } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const env = { ...process.env, CI: "true" };
  try {
    execFileSync("npx", ["--yes", packageManager, ...install], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`the peers could not be installed in ${folder}:\n${error.stdout}${error.stderr}`);
  }
}
