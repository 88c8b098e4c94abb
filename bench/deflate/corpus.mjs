// What is compressed: small JSON as chats and tickers send it, and long text.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Numbers from 0 to 1, the same ones for the same seed. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const words =
  "the of and to in is that for it was on are with as his they at be this from have or by one had not but what all".split(
    " ",
  );

/** `count` different messages of about 230 bytes. */
export function smallJson(count, seed = 7) {
  const random = generator(seed);
  const number = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[number(list.length)];
  const hex = (length) => Array.from({ length }, () => number(16).toString(16)).join("");
  const at = () => 1_760_000_000_000 + number(1e9);
  const kinds = [
    () => ({
      type: "trade",
      id: hex(16),
      symbol: pick(["BTC-USD", "ETH-USD", "SOL-EUR", "XRP-GBP", "ADA-USD", "DOGE-USD"]),
      price: (number(6e6) / 100).toFixed(2),
      size: number(1e5) / 1000,
      side: pick(["buy", "sell"]),
      sequence: 48_000_000 + number(1e6),
      time: new Date(at()).toISOString(),
      maker: hex(12),
      taker: hex(12),
    }),
    () => ({
      type: "presence",
      user: {
        id: number(1e5),
        name: pick(["Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov"]),
        status: pick(["online", "away", "busy"]),
      },
      room: `room-${number(50)}`,
      cursor: { x: number(1920), y: number(1080), page: `/documents/${hex(8)}` },
      at: at(),
      client: { version: `4.2.${number(9)}`, platform: pick(["mac", "windows", "linux"]), locale: pick(["en", "de"]) },
    }),
    () => ({
      type: "message",
      id: hex(16),
      channel: pick(["general", "random", "support"]),
      from: number(1e5),
      text: Array.from({ length: 18 + number(14) }, () => pick(words)).join(" "),
      mentions: random() < 0.1 ? [number(1e5)] : [],
      at: at(),
    }),
  ];
  return Array.from({ length: count }, () => Buffer.from(JSON.stringify(pick(kinds)())));
}

/** `byteLength` bytes of TypeScript declarations, which are half code and half prose. */
export function longText(byteLength) {
  const folder = dirname(createRequire(import.meta.url).resolve("@types/node/package.json"));
  const files = readdirSync(folder).filter((name) => name.endsWith(".d.ts"));
  const text = Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))));
  return Buffer.concat(Array.from({ length: Math.ceil(byteLength / text.length) }, () => text)).subarray(0, byteLength);
}
