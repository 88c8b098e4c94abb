// The page: what the server observes, one card for each open connection, one entry for each that has ended.

import { ConnectionCard } from "./connection-card.js";
import { partsOf, setText } from "./dom.js";
import { EndedItem } from "./ended-item.js";
import { chosen } from "./format.js";
import { Observer } from "./observer.js";
import { OwnSocket } from "./own-socket.js";

/** @typedef {import("../observation.ts").Greeting} Greeting */
/** @typedef {import("../observation.ts").Observation} Observation */

/** As many as the server remembers. */
const MAX_ENDED = 40;

const part = partsOf(document);
const message = /** @type {HTMLInputElement} */ (part("message"));

const scheme = location.protocol.replace("http", "ws");

/** The sockets of this page, by the names that it gave them. @type {Map<string, OwnSocket>} */
const ownSockets = new Map();
/** @type {Map<number, ConnectionCard>} */
const cards = new Map();
/** @type {Map<number, EndedItem>} */
const endedItems = new Map();
/** @type {Greeting | undefined} */
let greeting;

const observer = new Observer({ greeted, observed });

/** @param {Greeting} received */
function greeted(received) {
  if (greeting !== undefined && greeting.relayPort !== received.relayPort) {
    location.reload(); // another server than before, and the page may connect only where its own server said
    return;
  }
  greeting = received;
  // Everything is told anew.
  for (const { element } of [...cards.values(), ...endedItems.values()]) element.remove();
  cards.clear();
  endedItems.clear();
  setText(part("interval"), chosen(greeting.pingInterval));
  setText(part("timeout"), chosen(greeting.pingTimeout));
  setText(part("address"), `${scheme}//${location.host}`);
  const alive = [...ownSockets.values()].some(({ closed }) => closed === undefined);
  if (!alive) for (let opened = 0; opened < 2; opened++) openConnection();
}

/** @param {Observation} observation */
function observed({ connections, open, ended }) {
  const now = performance.now();
  for (const seen of connections) {
    const card = cards.get(seen.id) ?? addCard(seen);
    card?.observe(seen, now);
  }
  const listed = new Set(connections.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (listed.has(id)) continue;
    // Whoever uses the keyboard goes on where it is explained.
    if (card.element.contains(document.activeElement)) part("ended-heading").focus({ preventScroll: true });
    card.element.remove();
    cards.delete(id);
  }
  for (const connection of ended) addEnded(connection);
  setText(part("open-count"), String(open));
  setText(part("ended-count"), String(endedItems.size));
  part("none-open").hidden = open > 0;
  part("none-ended").hidden = endedItems.size > 0;
  part("more").hidden = open <= connections.length;
  setText(part("more-count"), String(open - connections.length));
  draw(now);
}

/** @param {Observation["connections"][number]} seen */
function addCard(seen) {
  if (greeting === undefined) return undefined;
  const own = ownSockets.get(seen.name ?? "");
  const card = new ConnectionCard(
    seen,
    own,
    greeting,
    (command) => observer.send(command),
    () => message.value,
  );
  cards.set(seen.id, card);
  part("connections").append(card.element);
  return card;
}

/** @param {Observation["ended"][number]} ended */
function addEnded(ended) {
  const mended = { up: false, down: false, delay: 0 };
  const [oldest] = endedItems.keys();
  if (oldest !== undefined && endedItems.size === MAX_ENDED) {
    endedItems.get(oldest)?.element.remove();
    endedItems.delete(oldest);
  }
  const item = new EndedItem(ended, ownSockets.get(ended.name ?? ""), () =>
    observer.send({ kind: "wire", id: ended.id, wire: mended }),
  );
  endedItems.set(ended.id, item);
  part("ended").prepend(item.element);
}

function openConnection() {
  if (greeting === undefined) return;
  const name = `${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
  // Where only the one port can be reached, the connection works, and cannot be broken.
  const hosts = [`${location.hostname}:${greeting.relayPort}`, location.host];
  ownSockets.set(name, new OwnSocket(hosts.map((host) => `${scheme}//${host}/?name=${name}`)));
}

/** @param {number} now */
function draw(now) {
  const state = observer.state(now);
  for (const item of endedItems.values()) item.draw();
  if (state === "live") for (const card of cards.values()) card.draw(now); // otherwise they stand still, as last seen
  document.body.dataset.observer = state;
  setText(part("observer"), { live: "live", quiet: "no news", lost: "no server" }[state]);
}

part("open").addEventListener("click", openConnection);

// Whoever does not like motion sees the graphs move in steps, five a second, with the observations.
const still = matchMedia("(prefers-reduced-motion: reduce)");
requestAnimationFrame(function frame(now) {
  if (!still.matches || observer.state(now) !== "live") draw(now);
  requestAnimationFrame(frame);
});
