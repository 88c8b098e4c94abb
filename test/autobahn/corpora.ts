/*
 * Five bodies of data of the sorts that the suite compresses, of the same sizes, made from nothing: the same on every
 * machine and in every run.
 */
import { encodeUtf8 } from "../reference/utf8.ts";

/** A body of data, from which messages are cut. */
export interface Corpus {
  readonly title: string;
  /** Whether its messages are binary; text is cut between characters. */
  readonly binary: boolean;
  readonly bytes: Uint8Array;
}

/** A small generator of numbers, the same everywhere (xorshift32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SYLLABLES = "der ein ver ge und lich keit auf schön sten wer kam ü ber fau st mar ga re te him mel".split(" ");

/** A word; small numbers give the frequent ones. */
function word(rank: number): string {
  let text = "";
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    text += SYLLABLES[rest % SYLLABLES.length];
  return text;
}

/** Prose: few words come often and many seldom. */
function prose(next: (below: number) => number, words: number): string {
  const sentence: string[] = [];
  for (let i = 0; i < words; i += 1) sentence.push(word(Math.floor(4000 / (1 + next(2000))) + next(7)));
  return `${sentence.join(" ")}.`;
}

/** Collects text until it has `length` bytes; the last piece is cut, and spaces fill up what a character would exceed. */
function filledUp(length: number, piece: (index: number) => string): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x20);
  let filled = 0;
  for (let index = 0; filled < length; index += 1) {
    for (const character of piece(index)) {
      const encoded = encodeUtf8(character);
      if (filled + encoded.length > length) return bytes;
      bytes.set(encoded, filled);
      filled += encoded.length;
    }
  }
  return bytes;
}

function json(): Uint8Array {
  const next = numbers(1);
  return filledUp(194_056, (index) => {
    const record = {
      id: index,
      guid: `${next(2 ** 31).toString(16)}-${next(2 ** 31).toString(16)}`,
      active: next(2) === 1,
      balance: `€${next(10_000)}.${next(100)}`,
      name: prose(next, 2),
      tags: [word(next(50)), word(next(50))],
      about: prose(next, 12),
      mood: ["😀", "😐", "🙁"][next(3)],
    };
    return `${index === 0 ? "[" : ","}${JSON.stringify(record)}\n`;
  });
}

function bitmap(): Uint8Array {
  const next = numbers(2);
  const bytes = new Uint8Array(263_222);
  for (let i = 0; i < bytes.length; i += 1) {
    const [x, y] = [i % 512, Math.floor(i / 512)];
    bytes[i] = 128 + 60 * Math.sin(x / 40) * Math.cos(y / 55) + next(12);
  }
  return bytes;
}

function play(): Uint8Array {
  const next = numbers(3);
  return filledUp(
    222_218,
    (index) => `${index % 5 === 0 ? `\n${word(next(9)).toUpperCase()}\n` : ""}${prose(next, 5 + next(9))}\n`,
  );
}

function html(): Uint8Array {
  const next = numbers(4);
  return filledUp(263_647, (index) =>
    index % 9 === 0
      ? `<h2 class="title level-${next(4)}" id="s${index}">${prose(next, 3)}</h2>\n`
      : `  <p class="body"><a href="/wiki/${word(next(300))}">${word(next(300))}</a> ${prose(next, 14)}</p>\n`,
  );
}

/** A document: a little structure around streams that are compressed already. */
function document(): Uint8Array {
  const next = numbers(5);
  const bytes = new Uint8Array(1_042_328);
  let filled = 0;
  for (let index = 1; filled < bytes.length; index += 1) {
    const head = encodeUtf8(`${index} 0 obj << /Length ${4000} /Filter /FlateDecode >> stream\n`);
    const body = Uint8Array.from({ length: 4000 }, () => next(256));
    for (const part of [head, body]) {
      const fits = part.subarray(0, bytes.length - filled);
      bytes.set(fits, filled);
      filled += fits.length;
    }
  }
  return bytes;
}

/** In the order of the sub-families 12.1 to 12.5. */
export const CORPORA: readonly Corpus[] = [
  { title: "a large JSON file", binary: false, bytes: json() },
  { title: "a bitmap", binary: true, bytes: bitmap() },
  { title: "a play in German", binary: true, bytes: play() },
  { title: "a large HTML file", binary: false, bytes: html() },
  { title: "a document with images", binary: true, bytes: document() },
];

/**
 * Cuts a corpus into messages of `length` characters (bytes, if it is binary), each going on where the one before ended
 * and round to the beginning at the end.
 */
export function* slices({ binary, bytes }: Corpus, length: number, count: number): Generator<Uint8Array> {
  let from = 0;
  for (let index = 0; index < count; index += 1) {
    const slice: number[] = [];
    for (let characters = 0; characters < length; ) {
      slice.push(bytes[from]!);
      from = (from + 1) % bytes.length;
      // A character ends where no continuation byte follows.
      if (binary || bytes[from]! < 0x80 || bytes[from]! >= 0xc0) characters += 1;
    }
    yield Uint8Array.from(slice);
  }
}
