// One open connection: how it is, what it waits for, and what can be done to it.

import { instantiate, setRows, setText } from "./dom.js";
import { ago, chosen, count, counts, duration, seconds, size } from "./format.js";
import { heightOf, LatencyGraph } from "./latency-graph.js";

/** @typedef {import("../observation.ts").ObservedConnection} ObservedConnection */
/** @typedef {import("../observation.ts").Greeting} Greeting */
/** @typedef {import("../observation.ts").Command} Command */
/** @typedef {import("./own-socket.js").OwnSocket} OwnSocket */

/** A Pong that has been missing for so long is worth saying, in ms. */
const LATE = 500;
const FLOWS = { up: false, down: false, delay: 0 };

export class ConnectionCard {
  /** @type {ObservedConnection} */
  #seen;
  #greeting;
  #own;
  #command;
  #graph;
  #part;
  /** When what is waited for is due. @type {number | undefined} */
  #deadline;
  /** When a Ping went out whose Pong is missing, and when that was given up. @type {[since: number, until: number]} */
  #missing = [0, 0];

  /**
   * @param {ObservedConnection} seen
   * @param {OwnSocket | undefined} own its other end, if that is in this page
   * @param {Greeting} greeting
   * @param {(command: Command) => void} command
   * @param {() => string} message what to send
   */
  constructor(seen, own, greeting, command, message) {
    this.#seen = seen;
    this.#own = own;
    this.#greeting = greeting;
    this.#command = command;
    const { element, part } = instantiate("connection");
    this.element = element;
    this.#part = part;
    this.#graph = new LatencyGraph(part("graph"), greeting.pingTimeout);
    element.dataset.id = String(seen.id);
    setText(part("id"), `#${seen.id}`);
    setText(part("origin"), originOf(seen, own));
    part("deadline").style.top = `${heightOf(greeting.pingTimeout)}%`;
    setText(part("deadline"), `${chosen(greeting.pingTimeout)}: given up`);
    this.#connectButtons(message);
  }

  /**
   * @param {ObservedConnection} seen
   * @param {number} now
   */
  observe(seen, now) {
    this.#seen = seen;
    for (const { age, latency } of seen.samples) this.#graph.add(now - age, latency);
    this.#missing = this.#pongMissing(seen, now);
    this.#graph.miss(...this.#missing);
    this.#deadline = seen.timer && now + seen.timer.remaining;
    this.#showState();
    this.#showFacts();
    this.#showWire();
  }

  /**
   * @param {ObservedConnection} seen
   * @param {number} now
   * @returns {[since: number, until: number]}
   */
  #pongMissing({ state, timer }, now) {
    const { pingTimeout } = this.#greeting;
    const [before, until] = this.#missing;
    if (timer?.name === "pong") {
      const since = now + timer.remaining - pingTimeout;
      // What is on the way for long makes it seem later than it was.
      return [since - before < LATE ? Math.min(since, before) : since, Number.POSITIVE_INFINITY];
    }
    return state === "open" ? [0, 0] : [before, Math.min(until, now, before + pingTimeout)]; // the end of waiting stays
  }

  /** @param {number} now */
  draw(now) {
    this.#graph.draw(now);
    const remaining = Math.max(0, (this.#deadline ?? now) - now);
    const { text, whole, mood } = this.#waitingFor(remaining);
    setText(this.#part("waiting"), text);
    this.element.dataset.mood = mood;
    this.#part("meter").style.setProperty("--left", String(Math.min(1, remaining / whole)));
    this.#showLatency(now);
  }

  /** @param {number} now */
  #showLatency(now) {
    const latest = this.#seen.rtt?.latest;
    const [since, until] = this.#missing;
    const waited = Math.min(now, until) - since;
    const isLate = waited > LATE && waited > (latest ?? 0);
    const shown = isLate ? `>\u2009${duration(waited)}` : latest === undefined ? "–" : duration(latest);
    const [value = "", unit = ""] = shown.split(" ");
    setText(this.#part("latency"), value);
    setText(this.#part("unit"), unit);
  }

  /** @param {number} remaining */
  #waitingFor(remaining) {
    const { pingInterval, pingTimeout, closeTimeout } = this.#greeting;
    switch (this.#seen.timer?.name) {
      case "ping":
        return { text: `the next Ping, in ${seconds(remaining)}`, whole: pingInterval, mood: "calm" };
      case "pong":
        return {
          text: `a Pong, within ${seconds(remaining)}`,
          whole: pingTimeout,
          mood: remaining < pingTimeout / 2 ? "alarmed" : "waiting",
        };
      case "close":
        return { text: `the end, ${seconds(remaining)} at most`, whole: closeTimeout, mood: "alarmed" };
      default:
        return { text: "nothing", whole: Number.POSITIVE_INFINITY, mood: "calm" };
    }
  }

  #showState() {
    const { state, diagnosis, wire } = this.#seen;
    this.element.dataset.state = state;
    this.element.dataset.wire = wire === undefined ? "direct" : wire.up ? "dead" : wire.down ? "stalled" : "flows";
    setText(this.#part("state"), diagnosis.readingPaused && state === "open" ? "open, reading paused" : state);
  }

  #showFacts() {
    const { received, sent, queuedBytes, rtt, diagnosis } = this.#seen;
    const own = this.#own;
    setRows(this.#part("facts"), [
      ["received", counts(received)],
      ["sent", counts(sent)],
      ["queued", size(queuedBytes)],
      ["mean", rtt === undefined ? "–" : `${duration(rtt.smoothed)} ± ${duration(rtt.variation)}`],
      ["last byte in", ago(diagnosis.sinceReceived)],
      ["unanswered Pings", count(diagnosis.unansweredPings)],
      ["browser", own === undefined ? "–" : `${own.state}, ${size(own.unsent)} unsent`],
      ["last echo", own?.lastEcho === undefined ? "–" : `after ${duration(own.lastEcho)}`],
    ]);
  }

  #showWire() {
    const { wire } = this.#seen;
    const { up, down, delay } = wire ?? FLOWS;
    press(this.#part("stall"), down && !up);
    press(this.#part("blackhole"), up);
    for (const input of this.#delayInputs()) input.checked = Number(input.value) === delay;
    setText(this.#part("way"), wayOf(wire));
  }

  /** @param {() => string} message */
  #connectButtons(message) {
    const own = this.#own;
    const { id } = this.#seen;
    const command = this.#command;
    const wire = () => this.#seen.wire ?? FLOWS;
    this.#connect("send", own && (() => own.send(message())));
    this.#connect("burst", own && (() => own.burst()));
    this.#connect("ping", () => command({ kind: "ping", id }));
    this.#connect("close", () => (own === undefined ? command({ kind: "close", id }) : own.close()));
    const relayed = this.#seen.wire !== undefined;
    this.#connect("reset", relayed && (() => command({ kind: "reset", id })));
    this.#connect(
      "stall",
      relayed && (() => command({ kind: "wire", id, wire: { ...wire(), up: false, down: wire().up || !wire().down } })),
    );
    this.#connect(
      "blackhole",
      relayed && (() => command({ kind: "wire", id, wire: { ...wire(), up: !wire().up, down: !wire().up } })),
    );
    for (const input of this.#delayInputs()) {
      input.name = `delay-${id}`;
      input.disabled = !relayed;
      input.addEventListener("change", () =>
        command({ kind: "wire", id, wire: { ...wire(), delay: Number(input.value) } }),
      );
    }
  }

  /**
   * @param {string} name
   * @param {(() => void) | false | undefined} action nothing, if it cannot be done here
   */
  #connect(name, action) {
    const button = /** @type {HTMLButtonElement} */ (this.#part(name));
    if (action) button.addEventListener("click", action);
    else button.disabled = true;
  }

  #delayInputs() {
    return /** @type {NodeListOf<HTMLInputElement>} */ (this.#part("delay").querySelectorAll("input"));
  }
}

/**
 * @param {HTMLElement} button
 * @param {boolean} pressed
 */
function press(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
}

/**
 * @param {ObservedConnection} seen
 * @param {OwnSocket | undefined} own
 */
function originOf({ peer, wire }, own) {
  if (wire === undefined) return own === undefined ? `from ${peer}` : "this page, without the relay";
  return own === undefined ? "another page" : "this page";
}

/** @param {ObservedConnection["wire"]} wire */
function wayOf(wire) {
  if (wire === undefined) return "";
  const { up, down, delay } = wire;
  if (up) return "nothing passes, and nobody is told";
  if (down) return "the client reads nothing";
  return delay === 0 ? "" : `${delay} ms longer, each way`;
}
