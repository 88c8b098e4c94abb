import type { Chapter } from "../item.ts";

/** RFC 6455 §5. */
export const framing: Chapter = {
  title: "Frames and fragments",
  items: [
    {
      id: "F01",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "Reserved bits are 0 unless an extension was agreed on that uses them: 1002, at the first byte.",
      accepts: ["rfc7692/6-frames: reads compressed and plain messages in any order"],
      rejects: [
        "rfc6455/5.2-base-framing: every combination fails, with every opcode, at the first byte",
        "conformance/headers: every first and every second byte of a header is judged as the RFC says, as soon as it has arrived",
      ],
    },
    {
      id: "F02",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "Opcodes 3 to 7 and B to F are reserved: 1002, at the first byte.",
      accepts: ["conformance/headers: a frame with any legal header is taken once its payload is there"],
      rejects: [
        "rfc6455/5.2-base-framing: 3 to 7 and B to F fail, at the first byte, also inside a fragmented message",
        "conformance/headers: every first and every second byte of a header is judged as the RFC says, as soon as it has arrived",
      ],
    },
    {
      id: "F03",
      level: "MUST",
      section: "RFC 6455 §5.1",
      rule: "Clients mask every frame, servers none: 1002, at the second byte.",
      accepts: [
        "rfc6455/5.1-masking: a client masks every kind of frame, empty ones too",
        "rfc6455/5.1-masking: a server masks nothing",
      ],
      rejects: [
        "rfc6455/5.1-masking: a server closes the connection upon an unmasked frame of any kind (sec/mask-required)",
        "rfc6455/5.1-masking: a client closes the connection upon a masked frame of any kind (sec/mask-forbidden)",
      ],
    },
    {
      id: "F04",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "A length is in its shortest form; a longer one is refused with 1002.",
      accepts: [
        "rfc6455/5.2-base-framing: sent lengths are minimal around every border",
        "conformance/lengths: a message of %i bytes arrives in its shortest form",
        "conformance/lengths: a message of %i bytes is sent in its shortest form",
      ],
      rejects: [
        "rfc6455/5.2-base-framing: received lengths in a longer form than needed fail; the smallest of each form are legal",
        "conformance/lengths: a length of $length in $bits bits is judged by its header alone",
      ],
    },
    {
      id: "F05",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "The top bit of a length of 64 bits is 0: 1002. Lengths from 2⁵³ are 1009, before they become a number.",
      accepts: [
        "rfc6455/10.4-limits: {role}: without one, lengths up to 2^53 - 1 may be announced, and no more (sec/len64-2^53)",
      ],
      rejects: [
        "rfc6455/5.2-base-framing: a length with that bit fails at its first byte (sec/len64-msb)",
        "connection/attacks: sec/len64-upper: a length beyond 2^53 is too big, not a wrong number (CVE-2026-1528)",
        "conformance/lengths: a length of $length in $bits bits is judged by its header alone",
      ],
    },
    {
      id: "F06",
      level: "MUST",
      section: "RFC 6455 §5.5",
      rule: "Control frames are whole and have up to 125 bytes: 1002, by their first two bytes.",
      accepts: ["rfc6455/5.5-control-frames: {role}: 125 bytes are legal"],
      rejects: [
        "rfc6455/5.5-control-frames: {role}: 126 and more fail at the second byte, before a length is read",
        "rfc6455/5.5-control-frames: one without FIN fails at the first byte, inside a fragmented message, too",
        "rfc6455/5.5-control-frames: a longer one of ours is refused",
      ],
    },
    {
      id: "F07",
      level: "MUST",
      section: "RFC 6455 §5.4",
      rule: "A continuation continues something: else 1002.",
      accepts: ["rfc6455/5.4-fragmentation: {role}: a message is its fragments' payloads, in order"],
      rejects: ["rfc6455/5.4-fragmentation: {role}: a continuation with nothing to continue fails, at the first byte"],
    },
    {
      id: "F08",
      level: "MUST",
      section: "RFC 6455 §5.4",
      rule: "A message ends before the next one begins: else 1002.",
      accepts: ["rfc6455/5.4-fragmentation: {role}: a message is its fragments' payloads, in order"],
      rejects: ["rfc6455/5.4-fragmentation: {role}: a new message before the last one ended fails, at the first byte"],
    },
    {
      id: "F09",
      level: "MUST",
      section: "RFC 6455 §5.4",
      rule: "Control frames between fragments are handled at once.",
      accepts: [
        'rfc6455/5.4-fragmentation: {role}: "Control frames MAY be injected in the middle of a fragmented message", and are handled at once',
        "rfc6455/5.4-fragmentation: control frames go between the fragments",
      ],
      rejects: [
        "rfc6455/5.4-fragmentation: {role}: a Close in the middle of a message ends it; what was incomplete is never delivered",
      ],
    },
    {
      id: "F10",
      level: "MUST",
      section: "RFC 6455 §5.4",
      rule: "Fragments and messages may be empty, wherever they stand, and cost nothing.",
      accepts: [
        "rfc6455/5.4-fragmentation: {role}: empty fragments are legal wherever they stand",
        "rfc6455/10.4-limits: {role}: a limit of 0 allows empty messages",
      ],
      rejects: [
        "connection/attacks: sec/frag-empty: empty ones cost nothing, be they first, in between or last (CVE-2026-12151)",
      ],
    },
    {
      id: "F11",
      level: "MUST",
      section: "RFC 6455 §5.4",
      rule: "We do not interleave the fragments of two messages either.",
      accepts: ["rfc6455/5.4-fragmentation: the first has the opcode, the others 0, the last one FIN"],
      rejects: [
        "rfc6455/5.4-fragmentation: another message cannot go between the fragments, nor can the kind change",
        "connection/sending: they are messages: not between fragments, not after closing has begun",
      ],
    },
    {
      id: "F12",
      level: "MUST",
      section: "RFC 6455 §10.4",
      rule: "Messages have a limit, for all fragments together, decided on what is announced: 1009.",
      accepts: [
        "rfc6455/10.4-limits: {role}: a message of exactly the limit is delivered, one byte more fails",
        "rfc6455/10.4-limits: {role}: control frames do not count, and each message begins anew (CVE-2020-27813)",
      ],
      rejects: [
        "rfc6455/10.4-limits: {role}: it is decided on the announced length, before the mask key and the payload",
        "rfc6455/10.4-limits: {role}: it holds for all fragments together (sec/limit-is-cumulative)",
        "connection/attacks: sec/no-prealloc: what is only announced costs nothing, on 10 000 connections",
      ],
    },
    {
      id: "F13",
      level: "MUST",
      section: "RFC 6455 §5.3",
      rule: "A frame is masked with a key of its own, from the injected randomness, at every alignment and cut.",
      accepts: [
        "bytes/mask: in two steps is the same as in one, wherever the cut is",
        "rfc6455/5.1-masking: the key restarts with every frame and goes on over every cut of the chunks",
        "rfc6455/5.1-masking: frames at every offset of a chunk, and chunks at every offset of their memory, are unmasked right",
      ],
      rejects: [
        "bytes/mask: keys are the injected bytes, four by four, none left out and none used twice",
        "bytes/mask: 100 000 keys from a good source spread over every byte, and do not repeat",
        "connection/random-failure: sec/mask-entropy-failure: a client without mask keys sends nothing and drops the transport",
      ],
    },
    {
      id: "F14",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "However TCP cuts the bytes, the events and the answers are the same.",
      accepts: [
        "laws/connection: any cuts of the same bytes give the same events and the same bytes in return",
        "rfc6455/5.2-base-framing: each byte in a chunk of its own gives the same as all of them in one",
        "reference/engine-agrees: make the same of every stream, whole and in any chunks",
      ],
      rejects: [
        "rfc6455/violations: {violation}: a {role} notices it at the very byte",
        "reference/engine-agrees: agree about every stream byte by byte: each event comes with the byte that makes it certain",
      ],
    },
    {
      id: "F15",
      level: "MUST",
      section: "RFC 6455 §5.2",
      rule: "Each of the 65,536 pairs of first bytes has one outcome, for each role, in a message or not, with an extension or not.",
      accepts: ["conformance/headers: a frame with any legal header is taken once its payload is there"],
      rejects: [
        "conformance/headers: every first and every second byte of a header is judged as the RFC says, as soon as it has arrived",
      ],
    },
    {
      id: "F16",
      level: "MUST",
      section: "RFC 6455 §7.1.7",
      rule: "What was complete before a violation is delivered; nothing behind it is looked at.",
      accepts: [
        "rfc6455/violations: {violation}: a {role} answers with its Close code and sentence, after what came before",
        "rfc6455/5.2-base-framing: what came before it is delivered first (Autobahn 4.1.3)",
        "rfc6455/10.4-limits: messages completed before the one that is too big",
      ],
      rejects: [
        "laws/codec: a violation is final",
        "connection/attacks: a violation lets go of what was received, the peer's Close of what came behind it",
      ],
    },
  ],
};
