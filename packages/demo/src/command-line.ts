// What a user types behind `--`, checked. Whatever is wrong with it is said in one line.

import { parseArgs } from "node:util";

/** The user's mistake: `message` is what to tell him. */
export class CommandLineError extends Error {
  override readonly name = "CommandLineError";
}

/** The options of a command line, by name; all take a value but those that are named in `switches`. */
export class CommandLine {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Throws `CommandLineError` for anything but `options` and `switches`. */
  constructor(args: readonly string[], options: readonly string[], switches: readonly string[]) {
    const known = [
      ...options.map((name) => [name, { type: "string" }] as const),
      ...switches.map((name) => [name, { type: "boolean" }] as const),
    ];
    try {
      this.#values = parseArgs({ args: [...args], options: Object.fromEntries(known) }).values;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new CommandLineError(firstSentence(error.message));
    }
  }

  /** Whether a switch was given. */
  has(name: string): boolean {
    return this.#values[name] === true;
  }

  /** The value of an option, `undefined` if it was not given. */
  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  /** The value of an option as a whole number. Throws `CommandLineError` if it is none, or out of range. */
  integer(name: string, byDefault: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new CommandLineError(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
  }
}

/** Node's messages go on with advice about positional arguments. */
function firstSentence(message: string): string {
  const end = message.indexOf(". ");
  return end === -1 ? message : message.slice(0, end + 1);
}
