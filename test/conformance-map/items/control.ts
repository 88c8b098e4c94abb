import type { Chapter } from "../item.ts";

/** RFC 6455 §5.5 and §7. */
export const control: Chapter = {
  title: "Ping, Pong and Close",
  items: [
    {
      id: "K01",
      level: "MUST",
      section: "RFC 6455 §5.5.2",
      rule: "A Ping is answered at once, with its payload.",
      accepts: [
        "rfc6455/5.5.2-ping: {role}: with identical payload, from 0 to 125 bytes",
        "rfc6455/5.5.2-ping: {role}: ten Pings in one chunk get ten Pongs, in order (sec/ten-pings-ten-pongs, Autobahn 2.10)",
      ],
      rejects: [
        'rfc6455/5.5.2-ping: {role}: "unless it already received a Close frame"',
        "rfc6455/5.5.2-ping: {role}: but not behind the end, when the transport is gone",
      ],
    },
    {
      id: "K02",
      level: "MUST",
      section: "RFC 6455 §5.5.3",
      rule: "Of Pings that wait for their Pong, only the newest need one; we keep 16.",
      accepts: ["rfc6455/5.5.2-ping: once they are taken, it goes on as before"],
      rejects: ["rfc6455/5.5.2-ping: 200 000 Pings leave no more than 16 Pongs, the newest"],
    },
    {
      id: "K03",
      level: "MUST",
      section: "RFC 6455 §5.5.3",
      rule: "Pongs that nobody asked for are reported and change nothing.",
      accepts: [
        'rfc6455/5.5.3-pong: "A Pong frame MAY be sent unsolicited [...] A response to an unsolicited Pong frame is not expected"',
      ],
      rejects: ["liveness/keepalive: an unknown Pong changes nothing, and is reported"],
    },
    {
      id: "K04",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      rule: "The payload of a Close is empty or has a code: one byte is 1002.",
      accepts: [
        "rfc6455/5.5.1-close: {role}: nothing means 1005, and is answered with 1000",
        "rfc6455/5.5.1-close: {role}: a code and a reason; the code is echoed",
      ],
      rejects: ["rfc6455/5.5.1-close: {role}: one byte is no code"],
    },
    {
      id: "K05",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      rule: "The reason of a Close is UTF-8: else 1007.",
      accepts: ["rfc6455/5.5.1-close: {role}: the reason keeps U+FEFF, U+0000 and characters beyond the BMP"],
      rejects: ["rfc6455/5.5.1-close: {role}: a reason that is not UTF-8 fails with 1007, a truncated one, too"],
    },
    {
      id: "K06",
      level: "MUST",
      section: "RFC 6455 §7.4, the IANA registry",
      rule: "Codes on the wire are 1000–1003, 1007–1014 and 3000–4999: any other is 1002.",
      accepts: [
        "conformance/close-codes: what may be sent is what may be received: 12 codes with a name and 2,000 without",
      ],
      rejects: [
        "conformance/close-codes: each of the 65,536 codes that a Close can carry is echoed if it is legal, and else answered with 1002",
        "rfc6455/5.5.1-close: all 65 536, received",
      ],
    },
    {
      id: "K07",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      rule: "A Close is answered with its own code, an empty one with 1000, in the middle of a message too.",
      accepts: [
        "rfc6455/7-closing: the Close is echoed without its reason, and the server ends the transport (§5.5.1, §7.1.1)",
        "rfc6455/7-closing: an empty one is answered with 1000, and is 1005 to the application",
      ],
      rejects: ["rfc6455/7-closing: our close() after it does nothing"],
    },
    {
      id: "K08",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      rule: "Each side sends exactly one Close.",
      accepts: ["rfc6455/7-closing: the two Closes cross: one each, and clean"],
      rejects: [
        "rfc6455/7-closing: close() again does nothing: exactly one Close is sent",
        "rfc6455/7-closing: a violation after our Close is not answered by another one",
        "laws/connection: what we write is legal for our role, with one Close at most and no data behind it (sec/own-close-is-valid)",
      ],
    },
    {
      id: "K09",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      rule: "Nothing is sent behind our Close.",
      accepts: ["rfc6455/7-closing: messages that were queued before it go out before it"],
      rejects: [
        "rfc6455/7-closing: §5.5.1: nothing can be sent after our Close",
        "rfc6455/7-closing: nothing can be sent after it, not even in the same turn",
      ],
    },
    {
      id: "K10",
      level: "MUST",
      section: "RFC 6455 §5.5.1, §1.4",
      rule: "Nothing behind the peer's Close counts: no data, no Ping, no second Close, no violation.",
      accepts: ["rfc6455/7-closing: messages in front of it, in the same chunk, are delivered first"],
      rejects: [
        "rfc6455/7-closing: everything after it is ignored: data, Pings, a second Close, violations (Autobahn 7.1.2 to 7.1.5)",
      ],
    },
    {
      id: "K11",
      level: "MUST",
      section: "RFC 6455 §7.1.1",
      rule: "The server ends the transport first; either side drops it after `closeTimeout`, 10 s.",
      accepts: [
        "rfc6455/7-closing: our Close goes out; after the peer's the server ends the transport first (§7.1.1)",
        "liveness/close-deadline: {role}: {name}: with the transport gone in time there is no deadline, and no effect",
      ],
      rejects: [
        "liveness/close-deadline: {role}: {name}: the transport is dropped one closeTimeout after the first sign",
      ],
    },
    {
      id: "K12",
      level: "MUST",
      section: "RFC 6455 §7.1.5, §7.1.6",
      rule: "1005 and 1006 are what the application is told, and never sent.",
      accepts: [
        "rfc6455/7-closing: the peer may answer with an empty Close: 1005, and clean",
        "rfc6455/7-closing: by a FIN without a Close: 1006, transport-lost, and we end our half",
      ],
      rejects: [
        "conformance/close-codes: each legal code can be sent, and every other one is the caller's mistake, before anything is sent",
      ],
    },
    {
      id: "K13",
      level: "MUST",
      section: "RFC 6455 §7.1.7",
      rule: "Whoever fails the connection sends a Close that says why, reads no more, and ends.",
      accepts: [
        "rfc6455/violations: {violation}: a {role} answers with its Close code and sentence, after what came before",
      ],
      rejects: [
        "connection/attacks: a violation lets go of what was received, the peer's Close of what came behind it",
        "rfc6455/7-closing: a Close that breaks a rule was not received: 1006",
      ],
    },
    {
      id: "K14",
      level: "MUST",
      section: "RFC 6455 §5.5, §7.4",
      rule: "A code or reason that may not be sent is the caller's mistake, thrown before anything goes out.",
      accepts: [
        "rfc6455/5.5.1-close: without a code it says 1000; the reason follows it",
        "rfc6455/5.5.1-close: it leaves what fits alone, and cuts between code points",
      ],
      rejects: [
        "rfc6455/5.5.1-close: a bad one is refused, also while closing, and changes nothing",
        "conformance/close-codes: %d is no code that can be sent",
        "connection/arguments: close with a code or a reason of another type",
      ],
    },
    {
      id: "K15",
      level: "MUST",
      section: "RFC 6455 §5.5.2, §5.5.3",
      rule: "Pings have payloads of their own; a Pong settles its Ping and all before it, and nothing else.",
      accepts: [
        "liveness/latency: the newest settles all of them, oldest first, each with its own round trip",
        "liveness/keepalive: it is drawn again on a collision with a waiting one",
      ],
      rejects: [
        "liveness/latency: a payload that is a beginning of another, or longer, matches nothing",
        "liveness/keepalive: a thousand Pongs for one Ping settle it once (sec/pong-storm)",
      ],
    },
    {
      id: "K16",
      level: "MUST",
      section: "RFC 6455 §7.1.2",
      rule: "When both sides close at once, it is clean for both.",
      accepts: [
        "rfc6455/7-closing: the two Closes cross: one each, and clean",
        "driver/closing: of both sides at once is clean for both",
      ],
      rejects: ["rfc6455/7-closing: close() while the peer's Close lies unread is what we sent first"],
    },
  ],
};
