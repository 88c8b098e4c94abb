// Peers are installed beside this file, not in the workspace; this is how the benchmarks reach them.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A peer's exports. All peers that run on Node are CommonJS. */
export function loadPeer(name) {
  return require(name);
}

/** Whether an optional peer is installed and loads on this machine. */
export function hasPeer(name) {
  try {
    require(name);
    return true;
  } catch {
    return false;
  }
}

/** The path of a file in an installed peer, or undefined: platform packages are there on their platform only. */
export function peerFile(path) {
  try {
    return require.resolve(path);
  } catch {
    return undefined;
  }
}
