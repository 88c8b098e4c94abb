// Programs that integration tests need and that npm cannot bring. Where they are missing, the tests say so; in CI they
// fail.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Debian's Python, which has `python3-websockets`; undefined if the module is not there. */
export const python: string | undefined = tool(
  "python3-websockets",
  ["/usr/bin/python3", "python3"].find((command) => spawnSync(command, ["-c", "import websockets"]).status === 0),
);

/** A Chromium that can be started headless. */
export const chromium: string | undefined = tool(
  "chromium",
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)),
);

/** How Chromium is started: without a sandbox, which containers rarely allow, and without calling home. */
export const chromiumArguments: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function tool(name: string, found: string | undefined): string | undefined {
  if (found !== undefined) return found;
  if (process.env.CI) throw new Error(`${name} is not installed: in CI no test may be skipped for a missing tool`);
  console.warn(`${name} is not installed: the tests that need it are left out`);
  return undefined;
}
