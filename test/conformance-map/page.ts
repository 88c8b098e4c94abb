// docs/conformance.md, made from the map and from the tables of the source.

import { handshakeViolations } from "../../packages/protocol/src/handshake/handshake-violation.ts";
import { violations } from "../../packages/protocol/src/vocabulary/violation.ts";
import { chapters, laterItems } from "./chapters.ts";
import { choices } from "./choices.ts";
import type { Chapter, Item, Proof } from "./item.ts";

export function conformancePage(): string {
  const items = chapters.flatMap((chapter) => chapter.items);
  return `${[
    "<!-- Made from test/conformance-map and the tables of packages/protocol/src; `UPDATE=1 npm test -- test/conformance-map` writes it. -->",
    "",
    "# Conformance",
    "",
    "For people who read RFCs. sansock speaks RFC 6455 and RFC 7692 over HTTP/1.1 (RFC 9110, RFC 9112), in both roles, and",
    "is strict in both directions: what a rule forbids is refused, and never sent. This page says what is enforced, what we",
    "chose where the texts leave a choice, and which tests prove it. It is made from the tests and the source, and checked",
    "with them: each rule has a test that accepts and one that refuses.",
    "",
    "Beyond single rules, the engine agrees with a second one, slow and literal and written from the RFC alone, about any",
    "stream in any chunks (`test/reference`); with Node's HTTP parser about heads, of which it never takes more",
    "(`test/handshake/llhttp.test.ts`); with zlib about streams, damaged ones too (`test/rfc7692/1951-differential.test.ts`);",
    "and it passes the 517 cases of the Autobahn testsuite, as we derived them, in their strict reading, in both roles",
    "(`test/autobahn`), and [the original suite](testing.md#autobahn) on Node and on Deno.",
    "",
    "- [What we chose](#what-we-chose)",
    "- [What closes a connection](#what-closes-a-connection)",
    "- [What fails a handshake](#what-fails-a-handshake)",
    `- [The ${items.length} rules and their tests](#the-rules-and-their-tests)`,
    "- [WebSockets over HTTP/2](#websockets-over-http2)",
    "",
    "## What we chose",
    "",
    ...choices.flatMap(({ topic, section, choice }) => [`**${topic}** (${section}). ${choice}`, ""]),
    "## What closes a connection",
    "",
    "Every way in which an open connection can break the protocol. Its name is the `violation` of the cause in the `closed`",
    "event; the code and the sentence go to the peer in a Close frame. A test demands each of them, at the very byte, in",
    "both roles (`test/rfc6455/violations.test.ts`).",
    "",
    ...table(
      ["violation", "Close", "sentence", "where"],
      Object.entries(violations).map(([name, rule]) => [
        `\`${name}\``,
        String(rule.closeCode),
        rule.message,
        rule.section,
      ]),
    ),
    "",
    "## What fails a handshake",
    "",
    "What a server answers to a client that breaks the rule. Where there is no status only a server can break it; the client",
    "drops the connection. Each is tested at every cut of its bytes (`test/handshake/violations.test.ts`).",
    "",
    ...table(
      ["violation", "status", "sentence", "where"],
      Object.entries(handshakeViolations).map(([name, rule]) => [
        `\`${name}\``,
        rule.status === undefined ? "" : String(rule.status),
        rule.message,
        rule.section,
      ]),
    ),
    "",
    "## The rules and their tests",
    "",
    '"MUST" and "SHOULD" are the texts\'; "ours" is stricter than any of them. Where a test\'s title has a placeholder (`%s`,',
    "`{role}`), it stands for several tests.",
    "",
    ...chapters.flatMap(chapterLines),
    "## WebSockets over HTTP/2",
    "",
    "RFC 8441 needs a layer that does not exist yet. The engine does not assume HTTP/1.1: a `Connection` is made without a",
    "handshake. These are the rules of that layer, not enforced today.",
    "",
    ...table(
      ["rule", "", "where"],
      laterItems.map(({ id, rule, section }) => [id, rule, `RFC 8441 ${section}`]),
    ),
  ].join("\n")}\n`;
}

function chapterLines({ title, items }: Chapter): string[] {
  return [`### ${title}`, "", ...items.flatMap(itemLines), ""];
}

function itemLines({ id, level, section, rule, accepts, rejects }: Item): string[] {
  return [
    `- **${id}** ${rule} *${section === "—" ? level : `${level}, ${section}`}*`,
    `  - accepts: ${proofLinks(accepts)}`,
    `  - refuses: ${proofLinks(rejects)}`,
  ];
}

/** The titles, with one link for each file. */
function proofLinks(proofs: readonly Proof[]): string {
  const titlesOf = new Map<string, string[]>();
  for (const proof of proofs) {
    const { file, title } = splitProof(proof);
    titlesOf.set(file, [...(titlesOf.get(file) ?? []), title]);
  }
  return [...titlesOf]
    .map(([file, titles]) => {
      return `[${file}](../test/${file}.test.ts) ${titles.map((title) => `“${escapeMarkdown(title)}”`).join(", ")}`;
    })
    .join("; ");
}

export function splitProof(proof: Proof): { file: string; title: string } {
  const at = proof.indexOf(": ");
  return { file: proof.slice(0, at), title: proof.slice(at + 2) };
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_<>[\]|]/g, "\\$&").replaceAll("$", "\\$");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
