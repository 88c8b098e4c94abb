// Programs of the demo as processes, made of the sources as they are.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const packageFolder = join(import.meta.dirname, "..", "..", "packages", "demo");

/** Builds the programs, as `npm run build` does, but into a folder of their own and with all that they need. */
export async function buildPrograms(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "demo-"));
  await build({
    absWorkingDir: packageFolder,
    entryPoints: ["src/demo.ts", "src/echo.ts"],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    conditions: ["@sansock/source"],
    define: { "import.meta.url": JSON.stringify(`file://${packageFolder}/src/`) },
    logLevel: "warning",
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A process, and what it says. */
export class Program {
  readonly process: ChildProcess;
  output = "";
  errors = "";
  readonly #ended: Promise<number | null>;

  constructor(command: string, args: readonly string[], env = process.env) {
    this.process = spawn(command, [...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.on("data", (bytes: Uint8Array) => {
      this.output += Buffer.from(bytes).toString();
    });
    this.process.stderr?.on("data", (bytes: Uint8Array) => {
      this.errors += Buffer.from(bytes).toString();
    });
    this.#ended = new Promise((resolve) => this.process.once("close", resolve));
  }

  /** What the pattern's first group stands for in the output, as soon as it is there. */
  says(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.output);
        if (found !== null) resolve(found[1] ?? found[0]);
      };
      look();
      this.process.stdout?.on("data", look);
      void this.#ended.then(() => reject(new Error(`ended without saying ${pattern}: ${this.output}${this.errors}`)));
    });
  }

  /** The exit code, `null` if a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** As the terminal does on Ctrl-C. */
  interrupt(): void {
    this.process.kill("SIGINT");
  }
}
