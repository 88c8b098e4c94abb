// What the scripts in package.json run: sets up first, so that `npm start` and `npm test` work on a fresh machine.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, install, root, run, tool } from "./setup.mjs";

const [task, ...given] = process.argv.slice(2);
const args = given[0] === "--" ? given.slice(1) : given; // npm drops the dashes, pnpm hands them on

install();
switch (task) {
  case "demo":
    await build();
    await exec(process.execPath, ["--enable-source-maps", join("packages", "demo", "dist", "demo.js"), ...args]);
    break;
  case "echo":
    if (runtimeOf(args) === "deno") await exec(...denoEcho(args));
    await build();
    await exec(process.execPath, ["--enable-source-maps", join("packages", "demo", "dist", "echo.js"), ...args]);
    break;
  case "test":
    await build();
    if (args.length === 0) check();
    run(tool("vitest"), ["run", ...(args.length === 0 ? ["--coverage"] : args)]);
    break;
  case "bench":
    await build();
    await exec(process.execPath, [join("bench", "run.mjs"), ...args]);
    break;
  case "autobahn":
    await build();
    await exec(process.execPath, [join("scripts", "autobahn.mjs"), ...args]);
    break;
  case "mutation":
    await exec(process.execPath, [join("scripts", "mutation.mjs"), ...args]);
    break;
  case "simulate":
  case "fuzz":
    await exec(process.execPath, [join("scripts", `${task}.mjs`), ...args]);
    break;
  case "build":
    await build();
    break;
  case "check":
    check();
    break;
  default:
    console.error(`Unknown task: ${task}`);
    process.exit(2);
}

/** Types, formatting and lint rules. */
function check() {
  run(tool("biome"), ["check", "--error-on-warnings", "."]);
  for (const project of [
    "packages/protocol",
    "packages/node-adapter",
    "packages/deno-adapter",
    "packages/browser",
    "packages/demo",
    "packages/demo/src/page",
    "test",
  ]) {
    run(tool("tsc"), ["-p", project, "--noEmit"]);
  }
}

function runtimeOf(args) {
  return parseArgs({ args, options: { runtime: { type: "string" } }, strict: false }).values.runtime;
}

/** Deno runs the sources as they are. This is the binary itself: npm's launcher does not pass signals on. */
function denoEcho(args) {
  const deno = join(root, "node_modules", "deno", process.platform === "win32" ? "deno.exe" : "deno");
  const program = join("packages", "demo", "src", "echo-deno.ts");
  return [deno, ["run", "--quiet", "--no-remote", "--allow-net", program, ...args]];
}

/** Hands over to a long-running command: signals reach it, and its end is ours. */
async function exec(command, commandArgs) {
  const child = spawn(command, commandArgs, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.on("exit", (status, signal) => resolve(status ?? (signal === null ? 1 : 128)));
  });
  process.exit(code);
}
