import type { Chapter } from "../item.ts";

/** RFC 6455 §4.1. */
export const openingAsClient: Chapter = {
  title: "The opening handshake, as a client",
  items: [
    {
      id: "C01",
      level: "MUST",
      section: "RFC 6455 §3, §4.1",
      rule: "A URL is ws: or wss:, with a host, without a fragment; the ports are 80 and 443, the resource name is never empty.",
      accepts: [
        "handshake/url: C01 a WebSocket URL",
        "handshake/url: has a default port, and a resource name that is never empty",
        "handshake/url: %s has the port %i and the Host header %s",
      ],
      rejects: ["handshake/url: %j is none"],
    },
    {
      id: "C02",
      level: "MUST",
      section: "RFC 6455 §4.1-2",
      rule: "At most one connection to a host is connecting at a time. Left to the caller: see the choices above.",
      accepts: [
        "conformance-map/choices: C02 each connection knows of itself alone: two to one host may be connecting at a time",
      ],
      rejects: ["handshake/client-handshake: C15 is all that is written before the answer"],
    },
    {
      id: "C03",
      level: "MUST",
      section: "RFC 6455 §4.1-7",
      rule: "The key is 16 bytes of the injected randomness, fresh for each connection.",
      accepts: ["handshake/client-handshake: C03 has a fresh key of 16 random bytes"],
      rejects: ["handshake/client-handshake: sec/mask-entropy-failure: C03 is not made without randomness"],
    },
    {
      id: "C04",
      level: "MUST",
      section: "RFC 6455 §4.1-1",
      rule: "Any answer but 101 is an outcome with its head and body; nothing is upgraded, no redirect is followed.",
      accepts: [
        "handshake/client-handshake: C04 another answer than 101",
        "handshake/client-handshake: is reported with its head: %i",
      ],
      rejects: [
        "handshake/client-handshake: sec/redirect-not-followed: is reported with its Location",
        "adapters/node/connect: with status, headers and body of a server that does not upgrade, and follows no redirection",
      ],
    },
    {
      id: "C05",
      level: "MUST",
      section: "RFC 9110 §15.2",
      rule: "Interim responses before the 101 are skipped, up to eight of them.",
      accepts: [
        "handshake/client-handshake: C05 are skipped, up to eight",
        "handshake/client-handshake: C05 may come before a refusal, and are held to the grammar",
      ],
      rejects: ["handshake/client-handshake: C05 are too many after that"],
    },
    {
      id: "C06",
      level: "MUST",
      section: "RFC 6455 §4.1-2",
      rule: "The Upgrade header of a 101 is `websocket`, in any case.",
      accepts: ["handshake/client-handshake: C06 has the Upgrade header %s"],
      rejects: ["handshake/client-handshake: C06 fails with the Upgrade header %j"],
    },
    {
      id: "C07",
      level: "MUST",
      section: "RFC 6455 §4.1-3",
      rule: "Its Connection header has the token `Upgrade`.",
      accepts: ["handshake/client-handshake: C07 has the Connection header %s"],
      rejects: ["handshake/client-handshake: C07 fails with the Connection header %j"],
    },
    {
      id: "C08",
      level: "MUST",
      section: "RFC 6455 §4.1-4",
      rule: "Its Sec-WebSocket-Accept is there once and answers our key, compared exactly.",
      accepts: ["handshake/client-handshake: sec/accept: C08 may have whitespace around the accept value"],
      rejects: [
        "handshake/client-handshake: sec/accept-missing: C08 fails",
        "handshake/client-handshake: sec/accept-duplicated: C08 fails",
        "handshake/client-handshake: sec/accept-%s: C08 fails",
      ],
    },
    {
      id: "C09",
      level: "MUST",
      section: "RFC 6455 §4.1-5",
      rule: "Its extensions are among those that were offered, each once, with parameters that make sense.",
      accepts: [
        "handshake/client-handshake: C09 chooses extensions:",
        "handshake/client-handshake: one that was offered",
      ],
      rejects: [
        "handshake/client-handshake: fails with %j: %s",
        "handshake/client-handshake: sec/unsolicited-extension: fails when none was offered",
      ],
    },
    {
      id: "C10",
      level: "MUST",
      section: "RFC 6455 §4.1-6",
      rule: "Its subprotocol is one that was offered, and one only, or none.",
      accepts: [
        "handshake/client-handshake: C10 chooses a subprotocol:",
        "handshake/client-handshake: one that was offered, or none",
      ],
      rejects: [
        "handshake/client-handshake: fails with %j",
        "handshake/client-handshake: fails with two",
        "handshake/client-handshake: fails when none was offered",
      ],
    },
    {
      id: "C11",
      level: "MUST",
      section: "RFC 9110 §15.2",
      rule: "A 101 has the version HTTP/1.1.",
      accepts: ["handshake/client-handshake: opens the connection"],
      rejects: [
        "handshake/client-handshake: C11 fails in HTTP/1.0",
        "handshake/client-handshake: C11 fails in HTTP/%s",
      ],
    },
    {
      id: "C12",
      level: "ours",
      section: "RFC 9112 §6.1",
      rule: "A 101 that announces a body fails.",
      accepts: ["handshake/client-handshake: opens the connection"],
      rejects: ["handshake/client-handshake: C12 fails with %j"],
    },
    {
      id: "C13",
      level: "MUST",
      section: "RFC 9112 §2–§5",
      rule: "Responses are held to the same grammar and limits as requests.",
      accepts: ["handshake/client-handshake: C13 may have non-ASCII bytes in its values and reason"],
      rejects: [
        "handshake/client-handshake: C13 fails where its head breaks the grammar: %s",
        "handshake/head-parser: C13 whose first line is %j is refused: %s",
        "handshake/head-parser: C13 does not come after an empty line",
        "handshake/client-handshake: sec/header-drip: a never-ending list of headers ends at the limit",
      ],
    },
    {
      id: "C14",
      level: "MUST",
      section: "RFC 6455 §4.1",
      rule: "Frames in the segment of the 101 are the connection's.",
      accepts: ["handshake/client-handshake: C14 in the same segment as frames: they are the connection's"],
      rejects: [
        "adapters/node/serve: sec/reset-at-every-byte: a server that resets after any byte of its response or first frame rejects the client",
      ],
    },
    {
      id: "C15",
      level: "MUST",
      section: "RFC 6455 §4.1",
      rule: "Nothing but the request is sent before the 101 was validated.",
      accepts: ["handshake/client-handshake: opens the connection"],
      rejects: ["handshake/client-handshake: C15 is all that is written before the answer"],
    },
    {
      id: "C16",
      level: "MUST",
      section: "RFC 6455 §4.1-5, §10.6",
      rule: "With wss: the certificate has to be valid for the host; there is no way down to ws:.",
      accepts: [
        "adapters/node/connect: connects where the certificate is good, and says so on both sides",
        "adapters/node/connect: connects to an IP address that the certificate names",
      ],
      rejects: [
        "adapters/node/connect: sec/tls-hostname: an unknown authority, another host, an expired certificate, none for hosts: all refused",
        "adapters/node/connect: sec/wss-never-downgrades: a plain server is not spoken to",
      ],
    },
    {
      id: "C17",
      level: "SHOULD",
      section: "RFC 6455 §7.2.3",
      rule: "Reconnecting waits, longer each time. There is no automatic reconnecting: see the choices above.",
      accepts: ["adapters/node/connect: with the reason of its signal, before and during the opening"],
      rejects: [
        "conformance-map/choices: C17 a client whose connection was refused, or lost, does not come again by itself",
      ],
    },
    {
      id: "C18",
      level: "ours",
      section: "RFC 6455 §4.1-1",
      rule: "Of the body of a refusal, 1 MiB is kept; the rest is cut.",
      accepts: ["handshake/client-handshake: has a body of the length that is announced"],
      rejects: ["handshake/client-handshake: C18 has a body of at most 1 MiB, or another limit"],
    },
  ],
};
