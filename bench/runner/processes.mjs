// Child processes that never outlive the runner: each ends when its input does, and whatever happens, all are killed.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** @type {Set<Child>} */
const alive = new Set();

process.on("exit", killAll);
for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
  process.once(signal, () => {
    killAll();
    process.exit(128 + number);
  });
}

function killAll() {
  for (const child of alive) child.kill();
}

/** A process that speaks one JSON value a line on its standard output. */
export class Child {
  #process;
  #lines = [];
  #waiting = [];
  #stderr = "";
  #exit;
  #name;

  constructor(name, command, args, env = {}) {
    this.#name = name;
    this.#process = spawn(command, args, { stdio: "pipe", env: { ...process.env, NODE_OPTIONS: "", ...env } });
    alive.add(this);
    this.#process.stdin.on("error", () => {});
    this.#process.stderr.on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(JSON.parse(line));
      else this.#lines.push(JSON.parse(line));
    });
    this.#exit = new Promise((resolve) => {
      const ended = (how) => {
        alive.delete(this);
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${name} ended (${how}) ${this.#stderr}`));
        resolve();
      };
      this.#process.once("error", (error) => ended(error.message));
      this.#process.once("close", (code, signal) => ended(signal ?? `status ${code}`));
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** The next line. */
  read(timeoutMs) {
    if (this.#lines.length > 0) return Promise.resolve(this.#lines.shift());
    if (!alive.has(this)) return Promise.reject(new Error(`${this.#name} ended: ${this.#stderr}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#name} said nothing for ${timeoutMs} ms`)), timeoutMs);
      this.#waiting.push({
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  write(line) {
    this.#process.stdin.write(`${line}\n`);
  }

  kill() {
    this.#process.kill("SIGKILL");
  }

  /** Asks it to end, and kills it if it does not at once. Resolves when it is gone. */
  async stop() {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.kill(), 3000);
    await this.#exit;
    clearTimeout(timer);
  }
}
