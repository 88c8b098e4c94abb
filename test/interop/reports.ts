// What peers say: objects with one or more keys, one after the other.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { atEnd } from "../support/cleanups.ts";

/** One thing that somebody says. */
export type Report = Readonly<Record<string, unknown>>;

/** What somebody has to say, in order. */
export class Reports {
  readonly #source: AsyncIterator<Report>;

  constructor(source: AsyncIterator<Report>) {
    this.#source = source;
  }

  /** The next report, which must have this key: what it says there. */
  async next<T = unknown>(key: string): Promise<T> {
    const { value, done } = await this.#source.next();
    if (done || !(key in value)) throw new Error(`said ${done ? "nothing" : JSON.stringify(value)} instead of ${key}`);
    return value[key] as T;
  }

  /** What the next report with this key says there; others are passed over. */
  async until<T = unknown>(key: string): Promise<T> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done) throw new Error(`ended without saying ${key}`);
      if (key in value) return value[key] as T;
    }
  }
}

/** A program that says what it does in lines of JSON. */
export interface Program {
  readonly reports: Reports;
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a program that is ended with the test. */
export function run(command: string, args: readonly string[], env = process.env): Program {
  const child: ChildProcess = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close").then(([code]) => code as number | null);
  atEnd(() => {
    child.kill();
    return ended;
  });
  return { reports: new Reports(parsed(createInterface({ input: child.stdout! }))), ended };
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<Report> {
  for await (const line of lines) yield JSON.parse(line) as Report;
}
