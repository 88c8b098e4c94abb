// docs/states.md, made from what a search over the engine has found.

import type { StateSpace } from "./state-space.ts";

/** Every place of the diagram, and what it means. */
const PLACES: Readonly<Record<string, string>> = {
  open: "Nothing has ended. The only place where something can be sent.",
  "Close sent": "Our Close is out; what the peer sent before its own is still delivered, its Pings are answered.",
  "both Closes seen":
    "The closing handshake is complete (RFC 6455 §7.1.4). The server has ended the transport, the client waits for that.",
  failed: "We have said why with a Close, if we still could (§7.1.7); whatever arrives is dropped.",
  "end received": "The peer has ended the transport without a Close. What it sent before was delivered.",
  closed: "The transport is gone, or was dropped. The `closed` event is the last one.",
};

/** What the labels of the transitions stand for. */
const GROUPS: Readonly<Record<string, string>> = {
  "close()": "the application calls `close()`",
  "abort()": "the application calls `abort()`",
  "failOverflow()": "the driver gives up a peer that does not take what is sent to it",
  "Close arrives": "a Close of the peer arrives; the reply is queued at once",
  violation: "the peer breaks a rule",
  "end arrives": "the peer ends its direction of the transport (a FIN)",
  "transport gone": "the transport is gone in both directions: closed, reset or failed",
  deadline: "a deadline has passed: `pingTimeout` while open, `closeTimeout` afterwards",
};

/** The page. Both roles have to have been searched, and to have the same diagram. */
export function statesPage(spaces: readonly StateSpace[]): string {
  const [edges, ...others] = spaces.map(edgesOf);
  if (edges === undefined || others.some((other) => other.join() !== edges.join())) {
    throw new Error(
      `the roles have different diagrams:\n${[edges, ...others].map((one) => one?.join("\n")).join("\n\n")}`,
    );
  }
  const places = Object.keys(PLACES);
  const unknown = edges.flatMap(({ from, to }) => [from, to]).filter((place) => !places.includes(place));
  if (unknown.length > 0) throw new Error(`places that the page does not explain: ${unknown.join(", ")}`);
  return `# The states of a connection

*This page is generated: a breadth-first search over the real engine plays everything that a peer, an application, a
transport and a clock can do, in every order, and this is where it can lead. See [testing](testing.md).*

\`\`\`mermaid
stateDiagram-v2
${places.map((place) => `  state "${place}" as ${idOf(place)}`).join("\n")}
  [*] --> open
${edges.map(({ from, to, labels }) => `  ${idOf(from)} --> ${idOf(to)}: ${labels.join(", ")}`).join("\n")}
  closed --> [*]
\`\`\`

Both roles have the same diagram. A connection's \`state\` is \`"open"\` and \`"closed"\` in the places of these names, and
\`"closing"\` in all others; none of them can be left but towards the end.

| place | what it means |
| --- | --- |
${places.map((place) => `| ${place} | ${PLACES[place]} |`).join("\n")}

| transition | what happens |
| --- | --- |
${Object.entries(GROUPS)
  .map(([group, meaning]) => `| ${group} | ${meaning} |`)
  .join("\n")}
`;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
  toString(): string;
}

function edgesOf({ transitions }: StateSpace): readonly Edge[] {
  const places = Object.keys(PLACES);
  const groups = Object.keys(GROUPS);
  return [...transitions]
    .map(([key, labels]): Edge => {
      const [from, to] = key.split("\n") as [string, string];
      const sorted = [...labels].sort((a, b) => groups.indexOf(a) - groups.indexOf(b));
      return { from, to, labels: sorted, toString: () => `${from} -> ${to}: ${sorted}` };
    })
    .sort((a, b) => places.indexOf(a.from) - places.indexOf(b.from) || places.indexOf(a.to) - places.indexOf(b.to));
}

function idOf(place: string): string {
  return place.replaceAll(" ", "_");
}
