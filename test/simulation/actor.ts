// Somebody who uses a session as applications do, and whose every move is written down and judged.

import { type Message, prepareMessage, UsageError } from "@sansock/protocol";
import { ConnectionClosed, type Session } from "@sansock/protocol/driver";
import type { LinkEnd, SeededRandom } from "@sansock/protocol/testing";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { Side } from "./plan.ts";

export interface ActorParts {
  readonly side: Side;
  readonly end: LinkEnd;
  readonly random: SeededRandom;
  readonly journal: Journal;
  /** What this side sends. */
  readonly outgoing: Ledger;
  /** What this side gets. */
  readonly incoming: Ledger;
  readonly maxLength: number;
}

/** Thrown by iterables that break off in the middle of a message. */
class BrokenOff extends Error {}

const UTF8 = new TextEncoder();
const ALPHABET = ["a", "ß", "€", "😀", "\u0000", "\ufeff"];

export class Actor {
  readonly side: Side;
  readonly end: LinkEnd;
  readonly random: SeededRandom;
  readonly journal: Journal;
  readonly outgoing: Ledger;
  readonly incoming: Ledger;
  session!: Session;
  /** Promises that were made to this actor and have not settled. */
  readonly unsettled: Map<number, string> = new Map();
  /** How often it waits for a message. */
  waiting = 0;
  /** Application code that is running. */
  running = 0;
  #promises = 0;
  readonly #maxLength: number;
  #piecesUnderWay = 0;
  /** It failed, or closed itself: the peer's messages are of no interest any more. */
  closedItself = false;
  failed = false;

  constructor(parts: ActorParts) {
    this.side = parts.side;
    this.end = parts.end;
    this.random = parts.random;
    this.journal = parts.journal;
    this.outgoing = parts.outgoing;
    this.incoming = parts.incoming;
    this.#maxLength = parts.maxLength;
  }

  note(what: string): void {
    this.journal.note(this.side, what);
  }

  fail(what: string, cause?: unknown): void {
    this.journal.fail(this.side, what, cause);
  }

  /** Runs application code; it may fail with the end of the connection and with nothing else. */
  run(what: string, code: () => Promise<void>): void {
    this.running++;
    code()
      .catch((error: unknown) => {
        const isExpected = error instanceof ConnectionClosed || error instanceof BrokenOff;
        if (!isExpected) this.fail(`${what} failed: ${error}`, error);
      })
      .finally(() => this.running--);
  }

  sleep(ms: number): Promise<void> {
    const { clock } = this.end;
    return new Promise((resolve) => void clock.alarm(clock.now() + ms, resolve));
  }

  get isOpen(): boolean {
    return this.session.state === "open";
  }

  // ---- what an application does ----

  drawLength(): number {
    const length = this.random.pick([0, 1, 5, 125, 126, 127, 1000, 20_000, 70_000]);
    return Math.min(length, this.random.integer(0, this.#maxLength));
  }

  drawContent(length: number = this.drawLength()): string | Uint8Array {
    if (this.random.chance(0.5)) return this.random.bytes(length);
    const unit = this.random.pick(ALPHABET);
    // The first character tells messages apart.
    return String.fromCodePoint(0x4e00 + this.outgoing.sent.length) + unit.repeat(length / 2);
  }

  /** Sends something, in any of the ways there are, or `simply`. Resolves as `send` does. */
  send(content: string | Uint8Array = this.drawContent(), simply = false): Promise<void> {
    const kind = typeof content === "string" ? "text" : "binary";
    const entry = this.outgoing.add(kind, typeof content === "string" ? content : content.slice());
    this.note(`sends ${kind} ${this.outgoing.sent.length - 1} of ${content.length}`);
    const what = this.#piecesUnderWay > 0 ? "send behind pieces" : "send";
    if (this.random.chance(0.1)) return this.#promise(what, this.session.send(asMessage(content, this.random)));
    if (this.random.chance(0.1)) return this.#promise(what, this.session.sendPrepared(prepareMessage(content)));
    if (simply || !this.random.chance(0.2)) return this.#promise(what, this.session.send(content));
    this.#piecesUnderWay++;
    const breaks = this.random.chance(0.1);
    const sending = this.session.send(this.#pieces(content, breaks));
    if (breaks) entry.broken = true;
    const settled = this.#promise(`send in pieces${breaks ? ", that break" : ""}`, sending);
    const done = (): void => void this.#piecesUnderWay--;
    settled.then(done, done);
    return settled;
  }

  async *#pieces(content: string | Uint8Array, breaks: boolean): AsyncGenerator<string | Uint8Array> {
    const characters = typeof content === "string" ? [...content] : content;
    const size = Math.max(1, Math.ceil(characters.length / this.random.integer(1, 5)));
    for (let at = 0; at < characters.length || at === 0; at += size) {
      if (this.random.chance(0.3)) await this.sleep(this.random.integer(0, 50));
      if (breaks && at > 0) throw new BrokenOff();
      const piece = characters.slice(at, at + size);
      yield Array.isArray(piece) ? piece.join("") : piece;
    }
    if (breaks) throw new BrokenOff();
  }

  ping(): Promise<number> | undefined {
    if (!this.isOpen) return undefined;
    const payload = this.random.chance(0.5) ? this.random.bytes(this.random.integer(0, 125)) : undefined;
    try {
      const latency = this.#promise("ping", this.session.ping(payload));
      latency.then(
        (value) => {
          if (!(value >= 0)) this.fail(`a round trip of ${value}`);
        },
        () => {},
      );
      return latency;
    } catch (error) {
      const code = error instanceof UsageError ? error.code : "";
      if (code !== "duplicate-ping" && code !== "too-many-pings") this.fail(`ping threw ${error}`, error);
      return undefined;
    }
  }

  close(how: "close" | "goAway" | "abort", code = 1000): void {
    this.note(`${how}s with ${code}, being ${this.session.state}`);
    const wasOpen = this.isOpen;
    if (how === "abort") {
      this.session.abort();
      this.incoming.giveUp();
    } else {
      // Everything that was handed over whole goes out before the Close.
      if (wasOpen && this.#piecesUnderWay === 0) this.outgoing.promised = this.outgoing.sent.length;
      if (how === "close") this.incoming.giveUp();
      void this.#promise(how, this.session[how](code, "so I say"));
    }
    this.closedItself ||= how !== "goAway";
  }

  /** Iterates over everything, and lets `each` have it. */
  async receive(each: (message: Message) => Promise<void> | void = () => {}): Promise<void> {
    for await (const message of this.messages()) {
      this.arrived(message);
      await each(message);
    }
  }

  /** The messages of the session, for whom it is known whether somebody waits for one. */
  messages(): AsyncIterable<Message> {
    return {
      [Symbol.asyncIterator]: () => {
        const messages = this.session[Symbol.asyncIterator]();
        return {
          next: () => {
            this.waiting++;
            return messages.next().finally(() => this.waiting--);
          },
          return: () => messages.return!(),
        };
      },
    };
  }

  arrived(item: Parameters<Ledger["arrived"]>[0]): void {
    this.note(`gets ${item.kind} ${this.incoming.received}`);
    this.incoming.arrived(item);
  }

  /** A promise that must settle once the connection has ended; rejecting with anything but its end is a failure. */
  #promise<T>(what: string, promise: Promise<T>): Promise<T> {
    const id = this.#promises++;
    this.unsettled.set(id, what);
    promise.then(
      () => this.unsettled.delete(id),
      (error: unknown) => {
        this.unsettled.delete(id);
        const isExpected = error instanceof ConnectionClosed || error instanceof BrokenOff;
        if (!isExpected) this.fail(`${what} rejected with ${error}`, error);
      },
    );
    return promise;
  }
}

/** The message as an object; text perhaps as the bytes that it is. */
function asMessage(content: string | Uint8Array, random: SeededRandom): Message {
  if (typeof content !== "string") return { kind: "binary", bytes: content };
  return random.chance(0.5) ? { kind: "text", text: content } : { kind: "utf8", bytes: UTF8.encode(content) };
}
