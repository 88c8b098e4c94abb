// The page's line to the server: greets, observes, commands, and comes back when it was lost.

/** @typedef {import("../observation.ts").Greeting} Greeting */
/** @typedef {import("../observation.ts").Observation} Observation */
/** @typedef {import("../observation.ts").Command} Command */

const COME_BACK_AFTER = 1000;
/** Observations come five times a second. Without any for so long, the line is taken to be dead: browsers do not notice. */
const QUIET_AFTER = 2500;

export class Observer {
  /** @type {WebSocket | undefined} */
  #socket;
  #heardAt = 0;

  /** @param {{ greeted(greeting: Greeting): void, observed(observation: Observation): void }} listener */
  constructor(listener) {
    this.listener = listener;
    this.#connect();
  }

  /** @param {Command} command */
  send(command) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  /** @param {number} now */
  state(now) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return "lost";
    return now - this.#heardAt < QUIET_AFTER ? "live" : "quiet";
  }

  #connect() {
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/observe`);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#heardAt = performance.now();
      /** @type {Greeting | Observation} */
      const told = JSON.parse(data);
      if (told.kind === "greeting") this.listener.greeted(told);
      else this.listener.observed(told);
    });
    socket.addEventListener("close", () => setTimeout(() => this.#connect(), COME_BACK_AFTER));
  }
}
