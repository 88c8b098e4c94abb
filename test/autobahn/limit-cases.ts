/*
 * Families 9 and 10: long messages, many fragments, many chunks, many round trips. The suite compares lengths only; here
 * every echo is compared byte by byte.
 */
import { fromHex } from "../reference/hex.ts";
import {
  type AutobahnCase,
  autobahnCase,
  echo,
  frame,
  payloadBytes,
  type RoundTripMessage,
  repeated,
  send,
  sendFragmented,
} from "./case.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const TEXT = "BAsd7&jh23";
const BYTES = fromHex("00 fe 23 fa f0");

const KINDS = [
  { kind: "text", opcode: 1, pattern: TEXT },
  { kind: "binary", opcode: 2, pattern: BYTES },
] as const;

/** 9.1 and 9.2: one frame. */
function sizes(): AutobahnCase[] {
  const lengths = [64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 8 * MIB, 16 * MIB];
  return KINDS.flatMap(({ kind, opcode, pattern }, family) =>
    lengths.map((length, index) => {
      const content = repeated(pattern, length);
      const title = `a ${kind} message of ${length / KIB} KiB`;
      return autobahnCase(
        `9.${family + 1}.${index + 1}`,
        title,
        [send([frame(opcode, content)])],
        [echo(kind, content)],
      );
    }),
  );
}

/** 9.3 and 9.4: 4 MiB in fragments, up to 65,536 of them. The suite's text is asterisks, and so is most of its binary. */
function fragmented(): AutobahnCase[] {
  const fragmentSizes = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
  return KINDS.flatMap(({ kind }, family) =>
    fragmentSizes.map((fragmentBytes, index) => {
      const content = repeated(kind === "binary" && index === 0 ? fromHex("fe") : "*", 4 * MIB);
      const title = `a ${kind} message of 4 MiB in fragments of ${fragmentBytes} bytes`;
      const script = [sendFragmented(kind, content, fragmentBytes)];
      return autobahnCase(`9.${family + 3}.${index + 1}`, title, script, [echo(kind, content)]);
    }),
  );
}

/** 9.5 and 9.6: 1 MiB in one frame and many chunks. */
function chopped(): AutobahnCase[] {
  const chunkSizes = [64, 128, 256, 512, 1024, 2048];
  return KINDS.flatMap(({ kind, opcode, pattern }, family) =>
    chunkSizes.map((chunkBytes, index) => {
      const content = repeated(pattern, MIB);
      const title = `a ${kind} message of 1 MiB in chunks of ${chunkBytes} bytes`;
      const script = [send([frame(opcode, content)], chunkBytes)];
      return autobahnCase(`9.${family + 5}.${index + 1}`, title, script, [echo(kind, content)]);
    }),
  );
}

/** 9.7 and 9.8: a thousand round trips. */
function roundTrips(): AutobahnCase[] {
  const lengths = [0, 16, 64, 256, 1024, 4096];
  return KINDS.flatMap(({ kind }, family) =>
    lengths.map((length, index) => {
      const content = repeated(kind === "text" ? "*" : fromHex("fe"), length);
      return autobahnCase(`9.${family + 7}.${index + 1}`, `a thousand round trips of ${length} bytes of ${kind}`, [
        {
          kind: "round-trips",
          fragmentBytes: Number.POSITIVE_INFINITY,
          *messages(): Generator<RoundTripMessage> {
            for (let i = 0; i < 1000; i += 1) yield { binary: kind === "binary", bytes: payloadBytes(content) };
          },
        },
      ]);
    }),
  );
}

function autoFragmented(): AutobahnCase {
  const content = repeated("*", 64 * KIB);
  const script = [sendFragmented("text", content, 1300)];
  return autobahnCase("10.1.1", "64 KiB in fragments of 1300 bytes", script, [echo("text", content)]);
}

/** Families 9 and 10, in the order of the suite. */
export const LIMIT_CASES: readonly AutobahnCase[] = [
  ...sizes(),
  ...fragmented(),
  ...chopped(),
  ...roundTrips(),
  autoFragmented(),
];
