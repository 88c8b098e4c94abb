// One connection that has ended: how, and what was known about it.

import { instantiate, setRows, setText } from "./dom.js";
import { ago, count, counts, duration, size } from "./format.js";

/** @typedef {import("../observation.ts").EndedConnection} EndedConnection */
/** @typedef {import("./own-socket.js").OwnSocket} OwnSocket */
/** @typedef {{ code: number, reason: string } | undefined} CloseStatus */

/** @type {Readonly<Record<string, string>>} */
const CAUSES = {
  handshake: "Closed",
  violation: "Protocol broken",
  "ping-timeout": "Ping timeout",
  "close-timeout": "Close timeout",
  "transport-lost": "Transport lost",
  "queue-overflow": "Too slow",
  aborted: "Aborted",
  "random-failed": "No randomness",
};

export class EndedItem {
  #own;
  #part;

  /**
   * @param {EndedConnection} ended
   * @param {OwnSocket | undefined} own its other end, if that is in this page
   * @param {() => void} mend lets through what the relay holds back
   */
  constructor(ended, own, mend) {
    this.#own = own;
    const { element, part } = instantiate("ended");
    this.element = element;
    this.#part = part;
    const { kind } = ended.event.cause;
    element.dataset.cause = kind;
    element.dataset.id = String(ended.id);
    setText(part("id"), `#${ended.id}`);
    setText(part("cause"), CAUSES[kind] ?? kind);
    setText(part("time"), new Date(Date.now() - ended.endedAgo).toLocaleTimeString("en-GB"));
    setText(part("description"), ended.description);
    setRows(part("details"), detailsOf(ended));
    part("mend").addEventListener("click", mend);
    this.draw();
  }

  /** What the browser believes, which may be something else. */
  draw() {
    const own = this.#own;
    const ghost = this.#part("ghost");
    ghost.hidden = own === undefined;
    if (own === undefined) return;
    const { closed } = own;
    this.element.dataset.ghost = String(closed === undefined);
    this.#part("mend").hidden = closed !== undefined;
    setText(
      this.#part("belief"),
      closed === undefined
        ? `In this browser the socket is still ${own.state}: nothing has told it.`
        : `In this browser: ${statusOf(closed)}${closed.wasClean ? "" : ", not clean"}.`,
    );
  }
}

/**
 * @param {EndedConnection} ended
 * @returns {[string, string][]}
 */
function detailsOf({ event, received, sent, peer }) {
  const { diagnosis } = event;
  return [
    ["cause", causeOf(event.cause)],
    ["code", `${event.code}${event.clean ? ", clean" : ", not clean"}`],
    ["received", statusOf(event.received)],
    ["sent", statusOf(event.sent)],
    ["first", event.first ?? "neither"],
    ["age", duration(diagnosis.age)],
    ["last byte in", ago(diagnosis.sinceReceived)],
    ["last byte out", ago(diagnosis.sinceTransmitted)],
    ["last Pong", ago(diagnosis.sincePong)],
    ["last latency", diagnosis.latency === undefined ? "none" : duration(diagnosis.latency)],
    ["unanswered Pings", count(diagnosis.unansweredPings)],
    ["queued", size(diagnosis.queuedBytes)],
    ["reading paused", diagnosis.readingPaused ? "yes" : "no"],
    ["woken late by", duration(diagnosis.wokenLateBy)],
    ["messages in", counts(received)],
    ["messages out", counts(sent)],
    ["peer", peer],
  ];
}

/** @param {EndedConnection["event"]["cause"]} cause */
function causeOf(cause) {
  if (cause.kind === "handshake") return `handshake, begun by the ${cause.initiator === "local" ? "server" : "client"}`;
  return cause.kind === "violation" ? `violation: ${cause.violation}` : cause.kind;
}

/** @param {CloseStatus} status */
function statusOf(status) {
  if (status === undefined) return "no Close";
  if (status.code === 1006) return "1006, no Close";
  return status.reason === "" ? `Close ${status.code}` : `Close ${status.code} “${status.reason}”`;
}
