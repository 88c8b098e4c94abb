import type { Chapter } from "../item.ts";

/** RFC 6455 §8.1, with RFC 3629. */
export const text: Chapter = {
  title: "Text",
  items: [
    {
      id: "T01",
      level: "MUST",
      section: "RFC 6455 §8.1, §5.6",
      rule: "A text message as a whole is UTF-8: else 1007. Fragments may cut a character in two.",
      accepts: [
        "conformance/utf8: survive a cut of their message at every one of their bytes",
        "rfc6455/5.4-fragmentation: {role}: fragments may be cut inside a code point, and of any size",
      ],
      rejects: ["rfc6455/8.1-utf8: {role}: a whole message fails"],
    },
    {
      id: "T02",
      level: "ours",
      section: "RFC 6455 §8.1",
      rule: "It fails at the first byte that no text can have there, in the middle of a frame too.",
      accepts: ["bytes/utf8: stops and goes on at any byte: the state is all that counts"],
      rejects: [
        "rfc6455/8.1-utf8: {role}: a frame that is still arriving fails at the offending byte (Autobahn 6.4.3, 6.4.4)",
        "rfc6455/8.1-utf8: {role}: a fragment that is not the last fails, before the message ends (Autobahn 6.4.1, 6.4.2)",
        "conformance/utf8: a connection fails at the first byte that no text can have there: every sequence of two classes, and of four",
      ],
    },
    {
      id: "T03",
      level: "MUST",
      section: "RFC 6455 §8.1",
      rule: "A message does not end inside a character.",
      accepts: ["rfc6455/5.6-data-frames: {role}: text is never cut inside a code point"],
      rejects: ["rfc6455/8.1-utf8: {role}: a code point that is not complete at the end of the message fails there"],
    },
    {
      id: "T04",
      level: "MUST",
      section: "RFC 3629 §3, §4",
      rule: "No overlong forms, no surrogates, nothing above U+10FFFF.",
      accepts: ["conformance/utf8: arrive as they were written, each in a message of its own"],
      rejects: [
        "conformance/utf8: judges every sequence of one, two and three bytes as the grammar does, and fails at the same byte",
        "conformance/utf8: judges every sequence of four bytes, class by class, as the grammar does, and fails at the same byte",
      ],
    },
    {
      id: "T05",
      level: "MUST",
      section: "RFC 3629 §3, §6",
      rule: "Non-characters, U+0000 and a leading U+FEFF belong to the text.",
      accepts: [
        "rfc6455/5.6-data-frames: {role}: U+FEFF at the beginning, U+0000 and non-characters belong to the text",
        "bytes/utf8: a leading U+FEFF belongs to the text",
      ],
      rejects: ["bytes/utf8: what is not well-formed is undefined"],
    },
    {
      id: "T06",
      level: "MUST",
      section: "RFC 6455 §8.1, RFC 7692 §6.2",
      rule: "What is validated is what was decompressed.",
      accepts: ["rfc7692/6-frames: what one sends, the other reads"],
      rejects: [
        "rfc7692/6-frames: judges UTF-8 after decompression (RFC 6455 §8.1)",
        "connection/sending: text is validated after it was transformed back (T06)",
      ],
    },
    {
      id: "T07",
      level: "MUST",
      section: "RFC 6455 §8.1",
      rule: "We never send invalid UTF-8: a lone surrogate goes out as U+FFFD.",
      accepts: ["conformance/utf8: are sent as they are, each in a message of its own"],
      rejects: [
        "rfc6455/5.6-data-frames: a lone surrogate is sent as U+FFFD",
        "rfc6455/5.4-fragmentation: a surrogate pair that is cut between two pieces of text arrives whole; a lone half as U+FFFD",
        "rfc6455/5.5.1-close: a lone surrogate in the reason is sent as U+FFFD, never as invalid UTF-8",
      ],
    },
  ],
};
