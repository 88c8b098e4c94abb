/*
 * Family 7: the closing handshake, begun by the fuzzing peer. What follows its Close is ignored.
 */
import { fromHex } from "../reference/hex.ts";
import { type AutobahnCase, autobahnCase, closeFrame, echo, frame, repeated, type SentFrame, send } from "./case.ts";

/** A script that contains a legal Close; the endpoint answers it with the same `code`. */
function closing(id: string, title: string, frames: readonly SentFrame[], code: number): AutobahnCase {
  return autobahnCase(id, title, [send(frames)], [], { first: "fuzzer", code, clean: true });
}

/** A Close that is a breach of the protocol; the endpoint fails the connection with `code`. */
function faulty(id: string, title: string, frames: readonly SentFrame[], code: number): AutobahnCase {
  return autobahnCase(id, title, [send(frames)], [], { first: "fuzzer", code, clean: false });
}

function sequence(): AutobahnCase[] {
  const greeting = "Hello World!";
  const long = repeated("BAsd7&jh23", 256 * 1024);
  return [
    autobahnCase("7.1.1", "a message, then a Close", [send([frame(1, greeting)])], [echo("text", greeting)]),
    closing("7.1.2", "two Closes", [closeFrame(1000), frame(8)], 1000),
    closing("7.1.3", "a Close, then a Ping", [closeFrame(1000), frame(9)], 1000),
    closing("7.1.4", "a Close, then a message", [closeFrame(1000), frame(1, greeting)], 1000),
    closing(
      "7.1.5",
      "a Close in the middle of a fragmented message",
      [frame(1, "fragment1", { fin: false }), closeFrame(1000), frame(0, "fragment2")],
      1000,
    ),
    autobahnCase(
      "7.1.6",
      "a long message, a short one, a Close and a Ping at once",
      [send([frame(1, long), frame(1, greeting), closeFrame(1000), frame(9)])],
      // Here the suite takes anything. Messages that came before the Close are delivered, and their echoes go out.
      [echo("text", long), echo("text", greeting)],
      { first: "fuzzer", code: 1000, clean: true },
      { informational: true },
    ),
  ];
}

function payloads(): AutobahnCase[] {
  const invalid = fromHex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64");
  return [
    // §5.5.1 lets an endpoint answer an empty Close as it likes; this one says 1000.
    closing("7.3.1", "an empty Close", [closeFrame()], 1000),
    faulty("7.3.2", "a Close of one byte", [frame(8, "a")], 1002),
    closing("7.3.3", "a Close with a code", [closeFrame(1000)], 1000),
    closing("7.3.4", "a Close with a reason", [closeFrame(1000, "Hello World!")], 1000),
    closing("7.3.5", "a Close with the longest reason", [closeFrame(1000, "*".repeat(123))], 1000),
    faulty("7.3.6", "a Close with too long a reason", [closeFrame(1000, "*".repeat(124))], 1002),
    faulty("7.5.1", "a Close with a reason that is no UTF-8", [closeFrame(1000, invalid)], 1007),
  ];
}

function codes(): AutobahnCase[] {
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
  const invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
  const undefinedCodes = [5000, 65535];
  return [
    ...valid.map((code, i) => closing(`7.7.${i + 1}`, `a Close with the code ${code}`, [closeFrame(code)], code)),
    ...invalid.map((code, i) =>
      faulty(`7.9.${i + 1}`, `a Close with the illegal code ${code}`, [closeFrame(code)], 1002),
    ),
    ...undefinedCodes.map((code, i) => ({
      ...faulty(`7.13.${i + 1}`, `a Close with the undefined code ${code}`, [closeFrame(code)], 1002),
      informational: true,
    })),
  ];
}

/** Family 7, in the order of the suite. */
export const CLOSING_CASES: readonly AutobahnCase[] = [...sequence(), ...payloads(), ...codes()];
