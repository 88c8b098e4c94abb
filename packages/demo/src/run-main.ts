// The life of a program: it starts or says in one line why not, runs until Ctrl-C, and then stops cleanly.

import { CommandLine, CommandLineError } from "./command-line.ts";

/** A program that listens until it is stopped. */
export interface Program {
  readonly usage: string;
  /** The options that take a value, without "--". */
  readonly options: readonly string[];
  /** The options that take none. */
  readonly switches: readonly string[];
  /** Resolves to how to stop it, once it listens. */
  start(commandLine: CommandLine): Promise<() => Promise<void>>;
}

/** One Ctrl-C may come several times: from the terminal to the whole process group, and once more from each launcher. */
const SAME_KEY_PRESS = 250;

/** Exit codes: 0 when it was stopped, 1 when it could not start, 2 for a command line that it does not understand. */
export async function runMain(program: Program): Promise<void> {
  try {
    const commandLine = new CommandLine(process.argv.slice(2), program.options, [...program.switches, "help"]);
    if (commandLine.has("help")) console.log(program.usage);
    else stopOnInterrupt(await program.start(commandLine));
  } catch (error) {
    process.exitCode = error instanceof CommandLineError ? 2 : 1;
    const help = error instanceof CommandLineError ? " (--help lists the options)" : "";
    console.error(describe(error) + help);
  }
}

function stopOnInterrupt(stop: () => Promise<void>): void {
  let pressedAt: number | undefined;
  const interrupted = (): void => {
    const now = performance.now();
    if (pressedAt === undefined) {
      pressedAt = now;
      console.log("Stopping; Ctrl-C again ends at once.");
      void stop(); // nothing is left then, and the process ends by itself
    } else if (now - pressedAt > SAME_KEY_PRESS) process.exit(130);
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  // Only Node says which.
  const which = port === undefined ? "The port" : `Port ${port} of ${address}`;
  if (code === "EADDRINUSE") return `${which} is taken; choose another one with --port.`;
  if (code === "EACCES") return `Listening on port ${port} is not permitted; choose another one with --port.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return "--host must be an address of this machine.";
  return error instanceof CommandLineError ? error.message : (error.stack ?? error.message);
}
