// What one side has sent, and what the other side has got of it: a byte-equal prefix, always.

import type { Fragment, Message } from "@sansock/protocol";
import type { Journal } from "./journal.ts";

type ArrivedKind = "text" | "binary" | "utf8";
const UTF8 = new TextEncoder();

/** A message that was sent. */
export interface Entry {
  readonly kind: "text" | "binary";
  /** All of it, although it may be sent piece by piece. */
  readonly content: string | Uint8Array;
  /** Whether the sender stopped in the middle, so that it may not arrive as a whole. */
  broken: boolean;
}

/** One direction of a conversation. */
export class Ledger {
  readonly #journal: Journal;
  readonly #receiver: string;
  readonly sent: Entry[] = [];
  /** The place of the message that is arriving, or comes next. */
  received = 0;
  receivedBytes = 0;
  /** What has arrived of the next one. */
  #pieceLength = 0;
  /** The largest message that the receiver accepts, in bytes. */
  limit = Number.POSITIVE_INFINITY;
  /** How many messages must arrive if the connection is closed cleanly. */
  promised = 0;
  /** Whether the receiver takes everything. */
  wanted = true;

  constructor(journal: Journal, receiver: string) {
    this.#journal = journal;
    this.#receiver = receiver;
  }

  /** A message is about to be sent. */
  add(kind: "text" | "binary", content: string | Uint8Array): Entry {
    const entry: Entry = { kind, content, broken: false };
    this.sent.push(entry);
    return entry;
  }

  /** A whole message, or a piece of one, has arrived; text perhaps as its UTF-8. */
  arrived(item: Message | Fragment): void {
    const kind = item.kind === "fragment" ? item.message : item.kind;
    this.#piece(kind, "text" in item ? item.text : item.bytes, item.kind !== "fragment" || item.fin);
  }

  /** The application skips messages from now on: what arrives cannot be compared any more. */
  giveUp(): void {
    this.wanted = false;
  }

  #piece(kind: ArrivedKind, piece: string | Uint8Array, fin: boolean): void {
    if (!this.wanted) return;
    const end = this.#pieceLength + piece.length;
    let fault = whatIsWrong(kind, piece, fin, end, this.sent[this.received]);
    // A message that broke off before its first piece went out was never there.
    while (fault !== undefined && this.#pieceLength === 0 && this.sent[this.received]?.broken) {
      this.received++;
      fault = whatIsWrong(kind, piece, fin, end, this.sent[this.received]);
    }
    if (end > this.limit) fault ??= `has ${end} already, and ${this.limit} are allowed`;
    if (fault !== undefined) {
      this.#journal.fail(this.#receiver, `message ${this.received} ${fault}`);
      this.giveUp();
      return;
    }
    this.receivedBytes += piece.length;
    this.#pieceLength = fin ? 0 : end;
    if (fin) this.received++;
  }
}

function whatIsWrong(
  kind: ArrivedKind,
  piece: string | Uint8Array,
  fin: boolean,
  end: number,
  expected: Entry | undefined,
): string | undefined {
  if (expected === undefined) return "was never sent";
  if ((expected.kind === "text") !== (kind !== "binary")) return `is ${kind}, not ${expected.kind}`;
  const { broken } = expected;
  const content = kind === "utf8" ? UTF8.encode(expected.content as string) : expected.content;
  if (!sameContent(piece, content.slice(end - piece.length, end))) return `differs before ${end}`;
  if (!fin) return undefined;
  if (end !== content.length) return `has ${end}, not ${content.length}`;
  return broken ? "has arrived as a whole, but its sender gave up in the middle" : undefined;
}

function sameContent(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
