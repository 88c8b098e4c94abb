/*
 * Families 1 to 5: framing, Ping and Pong, reserved bits, opcodes, fragmentation.
 */
import { fromHex } from "../reference/hex.ts";
import {
  type AutobahnCase,
  autobahnCase,
  type Chop,
  echo,
  frame,
  PROTOCOL_ERROR,
  pong,
  repeated,
  type SentFrame,
  send,
} from "./case.ts";

const HELLO = "Hello, world!";
const NOT_TEXT = fromHex("00 ff fe fd fc fb 00 ff");

function framing(): AutobahnCase[] {
  const sizes: readonly (readonly [length: number, chop: Chop])[] = [
    [0, "together"],
    [125, "together"],
    [126, "together"],
    [127, "together"],
    [128, "together"],
    [65535, "together"],
    [65536, "together"],
    [65536, 997],
  ];
  const kinds = [
    { family: "1.1", kind: "text", opcode: 1, pattern: "*" },
    { family: "1.2", kind: "binary", opcode: 2, pattern: fromHex("fe") },
  ] as const;
  return kinds.flatMap(({ family, kind, opcode, pattern }) =>
    sizes.map(([length, chop], index) => {
      const content = repeated(pattern, length);
      const title = `a ${kind} message of ${length} bytes${chop === "together" ? "" : ` in chunks of ${chop}`}`;
      return autobahnCase(
        `${family}.${index + 1}`,
        title,
        [send([frame(opcode, content)], chop)],
        [echo(kind, content)],
      );
    }),
  );
}

function pings(): AutobahnCase[] {
  const unsolicited = "unsolicited pong payload";
  const full = new Uint8Array(125).fill(0xfe);
  const ten = Array.from({ length: 10 }, (_, index) => `payload-${index}`);
  const tenPings = ten.map((text) => frame(9, text));
  const tenPongs = ten.map((text) => pong(text));
  const close = frame(8, fromHex("03e8"));
  return [
    autobahnCase("2.1", "an empty Ping", [send([frame(9)])], [pong("")]),
    autobahnCase("2.2", "a Ping with text", [send([frame(9, HELLO)])], [pong(HELLO)]),
    autobahnCase("2.3", "a Ping with bytes that are no UTF-8", [send([frame(9, NOT_TEXT)])], [pong(NOT_TEXT)]),
    autobahnCase("2.4", "a Ping of 125 bytes", [send([frame(9, full)])], [pong(full)]),
    autobahnCase("2.5", "a Ping of 126 bytes", [send([frame(9, repeated(fromHex("fe"), 126))])], [], PROTOCOL_ERROR),
    autobahnCase("2.6", "a Ping of 125 bytes, byte by byte", [send([frame(9, full)], 1)], [pong(full)]),
    autobahnCase("2.7", "an empty Pong nobody asked for", [send([frame(10), close])]),
    autobahnCase("2.8", "a Pong nobody asked for", [send([frame(10, unsolicited), close])]),
    autobahnCase(
      "2.9",
      "a Pong nobody asked for, then a Ping",
      [send([frame(10, unsolicited), frame(9, "ping payload")])],
      [pong("ping payload")],
    ),
    autobahnCase("2.10", "ten Pings at once", [send(tenPings)], tenPongs),
    autobahnCase("2.11", "ten Pings, byte by byte", [send(tenPings, 1)], tenPongs),
  ];
}

/** A legal message, which must be echoed, then a frame that breaks the protocol, then a Ping that must not be answered. */
function messageThen(id: string, title: string, fault: SentFrame, chop: Chop): AutobahnCase {
  const script = [send([frame(1, HELLO), fault, frame(9)], chop)];
  return autobahnCase(id, `a message, then ${title}, then a Ping`, script, [echo("text", HELLO)], PROTOCOL_ERROR);
}

/** A frame that breaks the protocol all by itself. */
function only(id: string, title: string, fault: SentFrame): AutobahnCase {
  return autobahnCase(id, title, [send([fault])], [], PROTOCOL_ERROR);
}

function reservedBits(): AutobahnCase[] {
  return [
    only("3.1", "a text message with RSV 1", frame(1, HELLO, { rsv: 1 })),
    messageThen("3.2", "one with RSV 2", frame(1, HELLO, { rsv: 2 }), "together"),
    messageThen("3.3", "one with RSV 3, frame by frame", frame(1, HELLO, { rsv: 3 }), "frames"),
    messageThen("3.4", "one with RSV 4, byte by byte", frame(1, HELLO, { rsv: 4 }), 1),
    only("3.5", "a binary message with RSV 5", frame(2, NOT_TEXT, { rsv: 5 })),
    // The suite calls this one a Ping but sends a binary message, and so do we.
    only("3.6", "another one with RSV 6", frame(2, HELLO, { rsv: 6 })),
    only("3.7", "a Close with RSV 7", frame(8, "", { rsv: 7 })),
  ];
}

function opcodes(): AutobahnCase[] {
  const families = [
    ["4.1", 3],
    ["4.2", 11],
  ] as const;
  return families.flatMap(([family, first]) => [
    only(`${family}.1`, `the reserved opcode ${first}`, frame(first)),
    only(`${family}.2`, `the reserved opcode ${first + 1} with a payload`, frame(first + 1, "reserved opcode payload")),
    messageThen(`${family}.3`, `the reserved opcode ${first + 2}`, frame(first + 2), "together"),
    messageThen(`${family}.4`, `the reserved opcode ${first + 3} with a payload`, frame(first + 3, HELLO), "together"),
    messageThen(`${family}.5`, `the reserved opcode ${first + 4}, byte by byte`, frame(first + 4, HELLO), 1),
  ]);
}

function fragmentation(): AutobahnCase[] {
  const part = (opcode: number, content: string, fin: boolean): SentFrame => frame(opcode, content, { fin });
  const chops: readonly (readonly [chop: Chop, title: string])[] = [
    ["together", "in one chunk"],
    ["frames", "frame by frame"],
    [1, "byte by byte"],
  ];
  /** The same frames cut in three ways, as three cases. */
  const inThreeWays = (firstId: number, title: string, frames: SentFrame[], ...rest: ExpectedRest): AutobahnCase[] =>
    chops.map(([chop, how], index) =>
      autobahnCase(`5.${firstId + index}`, `${title}, ${how}`, [send(frames, chop)], ...rest),
    );
  type ExpectedRest = [replies?: Parameters<typeof autobahnCase>[3], close?: Parameters<typeof autobahnCase>[4]];

  const twoFragments = [part(1, "fragment1", false), part(0, "fragment2", true)];
  const whole = echo("text", "fragment1fragment2");
  const stray = "non-continuation payload";
  const strayThenText = (fin: boolean): SentFrame[] => [part(0, stray, fin), part(1, HELLO, true)];
  const strayThenFragments = (fin: boolean): SentFrame[] => [
    part(0, "fragment1", fin),
    part(1, "fragment2", false),
    part(0, "fragment3", true),
  ];
  const slowMessage = (id: string, chop: Chop): AutobahnCase =>
    autobahnCase(
      id,
      `five fragments and two Pings with a pause, ${chop === "frames" ? "frame by frame" : "in two chunks"}`,
      [
        send([part(1, "fragment1", false), part(0, "fragment2", false), frame(9, "pongme 1!")], chop),
        { kind: "wait", replies: 1, failed: false },
        send(
          [part(0, "fragment3", false), part(0, "fragment4", false), frame(9, "pongme 2!"), part(0, "fragment5", true)],
          chop,
        ),
      ],
      [pong("pongme 1!"), pong("pongme 2!"), echo("text", "fragment1fragment2fragment3fragment4fragment5")],
    );
  return [
    autobahnCase(
      "5.1",
      "a Ping in two fragments",
      [send([part(9, "fragment1", false), part(0, "fragment2", true)])],
      [],
      PROTOCOL_ERROR,
    ),
    autobahnCase(
      "5.2",
      "a Pong in two fragments",
      [send([part(10, "fragment1", false), part(0, "fragment2", true)])],
      [],
      PROTOCOL_ERROR,
    ),
    ...inThreeWays(3, "a text message in two fragments", twoFragments, [whole]),
    ...inThreeWays(
      6,
      "a Ping between two fragments",
      [twoFragments[0]!, frame(9, "ping payload"), twoFragments[1]!],
      [pong("ping payload"), whole],
    ),
    ...inThreeWays(9, "a last continuation of nothing, then a message", strayThenText(true), [], PROTOCOL_ERROR),
    ...inThreeWays(12, "a continuation of nothing, then a message", strayThenText(false), [], PROTOCOL_ERROR),
    autobahnCase(
      "5.15",
      "a message in two fragments, then a continuation of nothing and a message",
      [send([...twoFragments, part(0, "fragment3", false), part(1, "fragment4", true)])],
      [whole],
      PROTOCOL_ERROR,
    ),
    autobahnCase(
      "5.16",
      "twice a continuation of nothing and a message in fragments",
      [send([...strayThenFragments(false), ...strayThenFragments(false)])],
      [],
      PROTOCOL_ERROR,
    ),
    autobahnCase(
      "5.17",
      "twice a last continuation of nothing and a message in fragments",
      [send([...strayThenFragments(true), ...strayThenFragments(true)])],
      [],
      PROTOCOL_ERROR,
    ),
    autobahnCase(
      "5.18",
      "a second fragment with the opcode of a first",
      [send([part(1, "fragment1", false), part(1, "fragment2", true)])],
      [],
      PROTOCOL_ERROR,
    ),
    slowMessage("5.19", "together"),
    slowMessage("5.20", "frames"),
  ];
}

/** Families 1 to 5, in the order of the suite. */
export const FRAMING_CASES: readonly AutobahnCase[] = [
  ...framing(),
  ...pings(),
  ...reservedBits(),
  ...opcodes(),
  ...fragmentation(),
];
