// Deno, which npm brings.

import { join } from "node:path";

export const root: string = join(import.meta.dirname, "../..");

/** The binary itself, not npm's launcher, which would not pass signals on. */
export const deno: string = join(root, "node_modules/deno", process.platform === "win32" ? "deno.exe" : "deno");

/** Its caches are those of this workspace, and it asks nobody for updates. */
export const denoEnvironment: Readonly<Record<string, string | undefined>> = {
  ...process.env,
  DENO_DIR: join(root, "node_modules/.cache/deno"),
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
};
