/*
 * Family 6: UTF-8. From 6.5 on the sequences are those of Markus Kuhn's decoder test, in its order.
 */
import { fromHex } from "../reference/hex.ts";
import { encodeUtf8 } from "../reference/utf8.ts";
import { concat } from "../support/hex.ts";
import {
  type AutobahnCase,
  autobahnCase,
  echo,
  frame,
  INVALID_PAYLOAD,
  payload,
  payloadBytes,
  repeated,
  type SentFrame,
  send,
  sendFragmented,
} from "./case.ts";

const KOSME = fromHex("ce ba e1 bd b9 cf 83 ce bc ce b5");
const EDITED = encodeUtf8("edited");

function valid(): AutobahnCase[] {
  const firstHalf = "Hello-µ@ßöä";
  const secondHalf = "üàá-UTF-8!!";
  const whole = firstHalf + secondHalf;
  const threeFragments = (middle: string): SentFrame[] => [
    frame(1, "", { fin: false }),
    frame(0, middle, { fin: false }),
    frame(0, ""),
  ];
  return [
    autobahnCase("6.1.1", "an empty text message", [send([frame(1)])], [echo("text", "")]),
    autobahnCase("6.1.2", "a text message of three empty fragments", [send(threeFragments(""))], [echo("text", "")]),
    autobahnCase(
      "6.1.3",
      "a text message with text in the middle one of three fragments",
      [send(threeFragments("middle frame payload"))],
      [echo("text", "middle frame payload")],
    ),
    autobahnCase("6.2.1", "text beyond ASCII in one frame", [send([frame(1, whole)])], [echo("text", whole)]),
    autobahnCase(
      "6.2.2",
      "text beyond ASCII, cut between characters",
      [send([frame(1, firstHalf, { fin: false }), frame(0, secondHalf)])],
      [echo("text", whole)],
    ),
    autobahnCase(
      "6.2.3",
      "text beyond ASCII in fragments of one byte",
      [sendFragmented("text", payload(whole), 1)],
      [echo("text", whole)],
    ),
    autobahnCase(
      "6.2.4",
      "a Greek word in fragments of one byte",
      [sendFragmented("text", payload(KOSME), 1)],
      [echo("text", KOSME)],
    ),
  ];
}

/** Text that goes wrong in the middle, after which nothing more may be waited for. */
function failFast(): AutobahnCase[] {
  const surrogate = concat(KOSME, fromHex("ed a0 80"), EDITED);
  // A number beyond U+10FFFF: F4 may begin a character, 90 (at index 12) cannot follow it.
  const beyond = concat(KOSME, fromHex("f4 90 80 80"), EDITED);

  const inFrames = (id: string, title: string, edges: readonly [number, number]): AutobahnCase =>
    autobahnCase(
      id,
      title,
      [
        send([frame(1, beyond.slice(0, edges[0]), { fin: false })]),
        { kind: "wait", replies: 0, failed: false },
        send([frame(0, beyond.slice(...edges), { fin: false })]),
        { kind: "wait", replies: 0, failed: true },
      ],
      [],
      INVALID_PAYLOAD,
    );
  const inChunks = (id: string, title: string, edges: readonly [number, number]): AutobahnCase => {
    const whole = frame(1, beyond);
    return autobahnCase(
      id,
      title,
      [
        { kind: "send-part", frame: whole, from: 0, to: edges[0] },
        { kind: "wait", replies: 0, failed: false },
        { kind: "send-part", frame: whole, from: edges[0], to: edges[1] },
        { kind: "wait", replies: 0, failed: true },
      ],
      [],
      INVALID_PAYLOAD,
    );
  };
  return [
    autobahnCase("6.3.1", "a surrogate in one frame", [send([frame(1, surrogate)])], [], INVALID_PAYLOAD),
    autobahnCase(
      "6.3.2",
      "a surrogate in fragments of one byte",
      [sendFragmented("text", payload(surrogate), 1)],
      [],
      INVALID_PAYLOAD,
    ),
    inFrames("6.4.1", "text that the second fragment makes invalid", [11, 15]),
    inFrames("6.4.2", "text that the only byte of the second fragment makes invalid", [12, 13]),
    inChunks("6.4.3", "text that the second chunk of its frame makes invalid", [11, 15]),
    inChunks("6.4.4", "text that the only byte of the second chunk makes invalid", [12, 13]),
  ];
}

/** The bytes from `first` to `last`, each followed by a space. */
function lonely(first: number, last: number): Uint8Array {
  return Uint8Array.from({ length: (last - first + 1) * 2 }, (_, index) =>
    index % 2 === 0 ? first + index / 2 : 0x20,
  );
}

const LAST_BYTE_MISSING = [
  ...["c0", "e0 80", "f0 80 80", "f8 80 80 80", "fc 80 80 80 80"],
  ...["df", "ef bf", "f7 bf bf", "fb bf bf bf", "fd bf bf bf bf"],
].map(fromHex);

/** U+nFFFE and U+nFFFF of every plane: no characters, but valid. */
function nonCharacters(): Uint8Array[] {
  const planes = Array.from({ length: 17 }, (_, plane) => plane * 0x10000);
  return planes.flatMap((plane) => [0xfffe, 0xffff].map((low) => encodeUtf8(String.fromCodePoint(plane + low))));
}

/** The sub-families 6.5 to 6.23, with whether each sequence is valid. */
const SEQUENCES: readonly (readonly [
  title: string,
  valid: (index: number) => boolean,
  sequences: readonly Uint8Array[],
])[] = [
  [
    "correct text",
    () => true,
    [...["hello$world", "hello¢world", "hello€world", "hello\u{24b62}world"].map(encodeUtf8), KOSME],
  ],
  [
    "a prefix of a correct word",
    (i) => [1, 4, 6, 8, 10].includes(i),
    Array.from(KOSME, (_, i) => KOSME.slice(0, i + 1)),
  ],
  ["the first character of a length", () => true, ["00", "c2 80", "e0 a0 80", "f0 90 80 80"].map(fromHex)],
  [
    "the first sequence of a length that no character has",
    () => false,
    ["f8 88 80 80 80", "fc 84 80 80 80 80"].map(fromHex),
  ],
  ["the last character of a length", () => true, ["7f", "df bf", "ef bf bf", "f4 8f bf bf"].map(fromHex)],
  [
    "the last sequence of a length that no character has",
    () => false,
    ["f7 bf bf bf", "fb bf bf bf bf", "fd bf bf bf bf bf"].map(fromHex),
  ],
  ["other borders", (i) => i < 4, ["ed 9f bf", "ee 80 80", "ef bf bd", "f4 8f bf bf", "f4 90 80 80"].map(fromHex)],
  [
    "unexpected continuation bytes",
    () => false,
    [
      fromHex("80"),
      fromHex("bf"),
      ...[2, 3, 4, 5, 6].map((length) => payloadBytes(repeated(fromHex("80 bf"), length))),
      Uint8Array.from({ length: 63 }, (_, index) => 0x80 + index),
    ],
  ],
  [
    "lonely first bytes",
    () => false,
    [lonely(0xc0, 0xde), lonely(0xe0, 0xee), lonely(0xf0, 0xf6), lonely(0xf8, 0xfa), lonely(0xfc, 0xfc)],
  ],
  ["a sequence without its last byte", () => false, LAST_BYTE_MISSING],
  ["sequences without their last bytes, joined", () => false, [concat(...LAST_BYTE_MISSING)]],
  ["impossible bytes", () => false, ["fe", "ff", "fe fe ff ff"].map(fromHex)],
  [
    "an overlong slash",
    () => false,
    ["c0 af", "e0 80 af", "f0 80 80 af", "f8 80 80 80 af", "fc 80 80 80 80 af"].map(fromHex),
  ],
  [
    "the longest overlong sequence of a length",
    () => false,
    ["c1 bf", "e0 9f bf", "f0 8f bf bf", "f8 87 bf bf bf", "fc 83 bf bf bf bf"].map(fromHex),
  ],
  [
    "an overlong NUL",
    () => false,
    ["c0 80", "e0 80 80", "f0 80 80 80", "f8 80 80 80 80", "fc 80 80 80 80 80"].map(fromHex),
  ],
  [
    "a single surrogate",
    () => false,
    ["ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"].map(fromHex),
  ],
  [
    "a pair of surrogates",
    () => false,
    ["ed a0 80", "ed ad bf", "ed ae 80", "ed af bf"].flatMap((high) =>
      ["ed b0 80", "ed bf bf"].map((low) => fromHex(high + low)),
    ),
  ],
  ["a non-character", () => true, nonCharacters()],
  ["a special character", () => true, [..."\ufff9\ufffa\ufffb\ufffc\ufffd\ufffe\uffff"].map(encodeUtf8)],
];

function sequences(): AutobahnCase[] {
  return SEQUENCES.flatMap(([title, isValid, list], family) =>
    list.map((bytes, index) => {
      const id = `6.${family + 5}.${index + 1}`;
      const script = [send([frame(1, bytes)])];
      return isValid(index)
        ? autobahnCase(id, title, script, [echo("text", bytes)])
        : autobahnCase(id, title, script, [], INVALID_PAYLOAD);
    }),
  );
}

/** Family 6, in the order of the suite. */
export const TEXT_CASES: readonly AutobahnCase[] = [...valid(), ...failFast(), ...sequences()];
