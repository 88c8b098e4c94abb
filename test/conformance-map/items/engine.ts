import type { Chapter } from "../item.ts";

/** What a protocol without input and output of its own promises beyond the RFCs. */
export const engine: Chapter = {
  title: "The engine itself",
  items: [
    {
      id: "E01",
      level: "ours",
      section: "—",
      rule: "It has no sockets, clock, timers, randomness or globals: all of them are arguments.",
      accepts: ["connection/options: may be shared by any number of connections"],
      rejects: [
        "floors: has no clock, timer, randomness or global of its own",
        "floors: declares one platform global, TextDecoder, in one place",
      ],
    },
    {
      id: "E02",
      level: "ours",
      section: "—",
      rule: "The same inputs give the same outputs, byte for byte.",
      accepts: [
        "laws/connection: the same inputs give the same outputs, byte for byte",
        "handshake/server-handshake: the same inputs give the same outputs",
      ],
      rejects: ["floors: has no clock, timer, randomness or global of its own"],
    },
    {
      id: "E03",
      level: "ours",
      section: "—",
      rule: "Nothing that a peer sends makes it throw; what its caller does wrong throws before anything has changed.",
      accepts: [
        "laws/connection: no call throws because of what a peer sent, and closed comes at most once (sec/no-throw)",
        "handshake/server-handshake: whatever it sends: at most one answer and one end come of it",
        "handshake/client-handshake: whatever it sends: at most one event comes of it",
      ],
      rejects: [
        "connection/arguments: sec/no-uninit: what is no Uint8Array is refused, before anything is queued",
        "connection/options: options out of their ranges are refused",
        "driver/closing: defaults to 1000, and throws for what may not be sent, changing nothing",
      ],
    },
    {
      id: "E04",
      level: "ours",
      section: "—",
      rule: "Time that goes back fires nothing early; a jump of a year fires each deadline once.",
      accepts: ["liveness/late-wake-up: a jump of a year fires each deadline once"],
      rejects: [
        "liveness/late-wake-up: nothing fires early, and no deadline moves",
        "liveness/late-wake-up: a Pong is never settled with a negative round trip",
        "laws/connection: spurious wake-ups do nothing",
      ],
    },
    {
      id: "E05",
      level: "ours",
      section: "—",
      rule: "What waits to be sent is what the caller asked for, and 16 Pongs.",
      accepts: [
        "laws/connection: memory is bounded: by the limit and what was not asked for; drained, nothing waits to be sent",
      ],
      rejects: [
        "rfc6455/5.5.2-ping: 200 000 Pings leave no more than 16 Pongs, the newest",
        "connection/sending: the connection fails with 1008, once, and what came is not read any more",
      ],
    },
    {
      id: "E06",
      level: "ours",
      section: "—",
      rule: "A received chunk belongs to the engine; a small message never keeps a large chunk alive.",
      accepts: [
        "connection/sending: a server passes them on by reference, between what was sent before and after",
        "bytes/byte-collector: a large chunk that is nothing else is kept by reference, and handed over without a copy",
      ],
      rejects: [
        "connection/attacks: sec/no-pinning: neither an idle connection nor a small message keeps its chunk alive",
        "connection/arguments: sec/send-does-not-mutate",
      ],
    },
    {
      id: "E07",
      level: "ours",
      section: "—",
      rule: "The end is final: one `closed`, and nothing behind it.",
      accepts: ["laws/connection: the state only goes on: open, closing, closed; and once closed there is no deadline"],
      rejects: ["laws/connection: nothing follows closed; nothing but a drop follows the end; nothing at all a drop"],
    },
  ],
};
