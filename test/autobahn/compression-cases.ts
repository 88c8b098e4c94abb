/*
 * Families 12 and 13: permessage-deflate, with five sorts of data and with seven negotiations.
 */
import type { ExtensionParameter } from "../../packages/protocol/src/extensions/extension.ts";
import {
  type AutobahnCase,
  autobahnCase,
  type CaseCompression,
  CLOSED_BY_FUZZER,
  type CompressionRequest,
  type RoundTripMessage,
} from "./case.ts";
import { CORPORA, type Corpus, slices } from "./corpora.ts";

/**
 * How many messages a case exchanges: the suite's 1,000, or fewer as long as these make up this many bytes.
 * `AUTOBAHN=full` exchanges them all, which takes hours.
 */
const MESSAGES = 1000;
const ENOUGH_BYTES = process.env.AUTOBAHN === "full" ? Number.POSITIVE_INFINITY : 48 * 1024;
const ENOUGH_MESSAGES = process.env.AUTOBAHN === "full" ? MESSAGES : 100;

/** The eighteen sizes of messages, some in fragments. */
const SIZES: readonly (readonly [length: number, fragmentBytes: number])[] = [
  ...[16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map(
    (length) => [length, Number.POSITIVE_INFINITY] as const,
  ),
  ...[8192, 16384, 32768, 65536, 131072].map((length) => [length, 256] as const),
  ...[1024, 4096, 32768].map((fragmentBytes) => [131072, fragmentBytes] as const),
];

function cases(family: string, corpus: Corpus, how: string, compression: CaseCompression): AutobahnCase[] {
  return SIZES.map(([length, fragmentBytes], index) => {
    const inFragments = Number.isFinite(fragmentBytes) ? ` in fragments of ${fragmentBytes}` : "";
    const count = Math.min(ENOUGH_MESSAGES, Math.max(2, Math.ceil(ENOUGH_BYTES / length)));
    return autobahnCase(
      `${family}.${index + 1}`,
      `messages of ${length} characters${inFragments}, cut from ${corpus.title}${how}`,
      [
        {
          kind: "round-trips",
          fragmentBytes,
          *messages(): Generator<RoundTripMessage> {
            for (const bytes of slices(corpus, length, count)) yield { binary: corpus.binary, bytes };
          },
        },
      ],
      [],
      CLOSED_BY_FUZZER,
      { compression },
    );
  });
}

/** What the suite's client writes for a request: it always says that it would take either in return. */
function offer({ noContextTakeover, maxWindowBits }: CompressionRequest): ExtensionParameter[] {
  return [
    { name: "client_no_context_takeover", value: undefined },
    { name: "client_max_window_bits", value: undefined },
    ...(noContextTakeover ? [{ name: "server_no_context_takeover", value: undefined }] : []),
    ...(maxWindowBits === 0 ? [] : [{ name: "server_max_window_bits", value: String(maxWindowBits) }]),
  ];
}

function negotiating(...requests: CompressionRequest[]): CaseCompression {
  return { offers: requests.map(offer), requests };
}

const NOTHING: CompressionRequest = { noContextTakeover: false, maxWindowBits: 0 };

/** The seven negotiations of family 13, each a list of wishes in order of preference. */
const NEGOTIATIONS: readonly (readonly CompressionRequest[])[] = [
  [NOTHING],
  [{ noContextTakeover: true, maxWindowBits: 0 }],
  [{ noContextTakeover: false, maxWindowBits: 9 }],
  [{ noContextTakeover: false, maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }],
  [{ noContextTakeover: true, maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: true, maxWindowBits: 0 }, NOTHING],
];

function describeRequests(requests: readonly CompressionRequest[]): string {
  const one = ({ noContextTakeover, maxWindowBits }: CompressionRequest): string =>
    `${noContextTakeover ? "no" : "any"} context takeover and ${maxWindowBits === 0 ? "any" : maxWindowBits} window bits`;
  return `, asking for ${requests.map(one).join(", or else ")}`;
}

/** Families 12 and 13, in the order of the suite. */
export const COMPRESSION_CASES: readonly AutobahnCase[] = [
  ...CORPORA.flatMap((corpus, index) => cases(`12.${index + 1}`, corpus, "", negotiating(NOTHING))),
  ...NEGOTIATIONS.flatMap((requests, index) =>
    cases(`13.${index + 1}`, CORPORA[0]!, describeRequests(requests), negotiating(...requests)),
  ),
];
