// RFC 7692 §7.1.1: long conversations in which compressed, plain and fragmented messages take turns, with every message
// referring to the ones before it, or none. RUNS=100 makes them a hundred times as long.

import { describe, expect, test } from "vitest";
import { DeflateTransform } from "../../packages/protocol/src/extensions/deflate-transform.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { concat, utf8 } from "../support/hex.ts";
import { generator } from "./arbitraries.ts";
import { CODECS, pullAll, WINDOW_BITS } from "./codecs.ts";
import { zlibDeflate, zlibInflate } from "./zlib.ts";

const MESSAGES = 1_000 * Math.ceil(Number(process.env.RUNS ?? "1"));
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

/** Messages as applications send them: mostly small JSON, some empty, some long, some that do not compress. */
function messages(seed: number): () => Uint8Array {
  const random = generator(seed);
  const pick = <T>(...list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return () => {
    const kind = random();
    if (kind < 0.02) return new Uint8Array(0);
    if (kind < 0.05) return Uint8Array.from({ length: random() * 3_000 }, () => random() * 256);
    const json = (): string =>
      JSON.stringify({
        id: Math.floor(random() * 1e9).toString(36),
        type: pick("trade", "quote", "order"),
        symbol: pick("BTC-USD", "ETH-EUR", "SOL-GBP"),
        price: Math.round(random() * 1e6) / 100,
        at: 1_760_000_000_000 + Math.floor(random() * 1e9),
      });
    if (kind < 0.07) return utf8(Array.from({ length: random() * 300 }, json).join("\n"));
    return utf8(json());
  };
}

function open(codec: (typeof CODECS)[number], windowBits: number, contextTakeover: boolean): DeflateTransform {
  return new DeflateTransform({
    codec: codec.create(),
    outgoing: { windowBits, contextTakeover },
    incoming: { windowBits, contextTakeover },
    memoryLevel: 5,
    thresholdBytes: 0,
  });
}

/** Compresses one message, in fragments of random sizes, now and then in one. */
function encode(transform: DeflateTransform, message: Uint8Array, random: () => number): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  let at = 0;
  while (random() < 0.2) {
    const size = Math.floor(random() * (message.length - at + 1));
    fragments.push(transform.encode(message.subarray(at, at + size), false));
    at += size;
  }
  fragments.push(transform.encode(message.subarray(at), true));
  return fragments;
}

/** Decompresses one message that came in these fragments. */
function decode(transform: DeflateTransform, fragments: readonly Uint8Array[]): Uint8Array {
  const pieces = fragments.map((fragment, index) => {
    transform.push(fragment, index === fragments.length - 1);
    const { output, invalid } = pullAll(transform, 1_000);
    expect(invalid).toBe(false);
    return output;
  });
  return concat(...pieces);
}

describe.each(CODECS)("with $name", (codec) => {
  describe.each([true, false])("context takeover %j", (contextTakeover) => {
    test.each([8, 12, 15])(
      "two ends with a window of %i bits agree on every message, in both directions",
      (windowBits) => {
        const next = messages(windowBits);
        const random = generator(windowBits + 1);
        const ends = [open(codec, windowBits, contextTakeover), open(CODECS[0]!, windowBits, contextTakeover)] as const;
        for (let count = 0; count < MESSAGES; count++) {
          if (random() < 0.1) continue; // a message that goes out as it is touches nothing
          const [sender, receiver] = random() < 0.5 ? ends : ([ends[1], ends[0]] as const);
          const message = next();
          expectBytes(decode(receiver, encode(sender, message, random)), message);
        }
      },
    );

    test("zlib, on the other end, agrees on every message, in both directions", () => {
      for (const windowBits of WINDOW_BITS.filter((bits) => bits > 8)) {
        const next = messages(windowBits + 100);
        const random = generator(windowBits);
        const transform = open(codec, windowBits, contextTakeover);
        const histories: Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)];
        const remember = (direction: 0 | 1, message: Uint8Array): void => {
          if (contextTakeover)
            histories[direction] = concat(histories[direction]!, message).subarray(-(2 ** windowBits));
        };
        for (let count = 0; count < MESSAGES / 7; count++) {
          const message = next();
          if (random() < 0.5) {
            const dictionary = histories[0]!;
            const payload = zlibDeflate(message, { windowBits, ...(dictionary.length > 0 && { dictionary }) });
            const cut = Math.floor(random() * payload.length);
            const fragments = [payload.subarray(0, Math.min(cut, payload.length - 4)), payload.subarray(cut, -4)];
            expectBytes(decode(transform, cut < payload.length - 4 ? fragments : fragments.slice(0, 1)), message);
            remember(0, message);
          } else {
            const payload = concat(...encode(transform, message, random), TAIL);
            const dictionary = histories[1]!;
            // A stored block of the history, so that what follows can refer to it.
            const primed = concat(stored(dictionary), payload);
            expectBytes(zlibInflate(primed, windowBits).output.subarray(dictionary.length), message);
            remember(1, message);
          }
        }
      }
    });
  });

  test("without context takeover, what a message is compressed to depends on nothing that any connection sent", () => {
    const alone = (message: Uint8Array): Uint8Array => open(codec, 12, false).encode(message, true);
    const shared = codec.create();
    const direction = { windowBits: 12, contextTakeover: false };
    const options = { codec: shared, outgoing: direction, incoming: direction, memoryLevel: 5, thresholdBytes: 0 };
    const transforms = Array.from({ length: 3 }, () => new DeflateTransform(options));
    const next = messages(5);
    for (let count = 0; count < MESSAGES; count++) {
      const message = next();
      expectBytes(transforms[count % 3]!.encode(message, true), alone(message));
    }
  });

  test("without context takeover, many connections that take turns do not disturb each other", () => {
    const shared = codec.create();
    const random = generator(9);
    const next = messages(9);
    const transforms = Array.from({ length: 20 }, (_, index) => {
      const direction = { windowBits: 11 + (index % 2), contextTakeover: index % 3 === 0 };
      return new DeflateTransform({
        codec: shared,
        outgoing: direction,
        incoming: direction,
        memoryLevel: 5 + (index % 2),
        thresholdBytes: 0,
      });
    });
    // Each is in the middle of a message of its own, sent to itself, most of the time.
    const inProgress = transforms.map(() => ({ sent: [] as Uint8Array[], received: [] as Uint8Array[] }));
    for (let count = 0; count < MESSAGES * 3; count++) {
      const index = Math.floor(random() * transforms.length);
      const transform = transforms[index]!;
      const { sent, received } = inProgress[index]!;
      const message = next();
      const fin = random() < 0.4;
      transform.push(transform.encode(message, fin), fin);
      sent.push(message);
      const { output, invalid } = pullAll(transform, 500);
      expect(invalid).toBe(false);
      received.push(output);
      if (!fin) continue;
      expectBytes(concat(...received), concat(...sent));
      sent.length = 0;
      received.length = 0;
    }
  });
});

function stored(bytes: Uint8Array): Uint8Array {
  return concat([0, bytes.length & 0xff, bytes.length >> 8, ~bytes.length & 0xff, (~bytes.length >> 8) & 0xff], bytes);
}
