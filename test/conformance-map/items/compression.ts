import type { Chapter } from "../item.ts";

/** RFC 7692, with RFC 1951. */
export const compression: Chapter = {
  title: "Compression",
  items: [
    {
      id: "D01",
      level: "MUST",
      section: "RFC 7692 §7.1",
      rule: "A server declines offers with unknown, repeated or invalid parameters and goes on to the next offer.",
      accepts: [
        "rfc7692/7.1-negotiation: accepts all four parameters in any order",
        "handshake/server-handshake: is tried with each of its offers in order, until it accepts one",
      ],
      rejects: [
        "rfc7692/7.1-negotiation: declines the unknown parameter %j",
        "rfc7692/7.1-negotiation: declines a parameter that comes twice: %s",
      ],
    },
    {
      id: "D02",
      level: "MUST",
      section: "RFC 7692 §7.1",
      rule: "A client fails the connection on a response with such parameters.",
      accepts: [
        "rfc7692/7.1-negotiation: takes a response without parameters, and every parameter that the server may add unasked",
      ],
      rejects: [
        "rfc7692/7.1-negotiation: refuses the unknown parameter %j",
        "rfc7692/7.1-negotiation: refuses a parameter that comes twice: %s",
        "rfc7692/7.1-negotiation: refuses a response that ignores server_no_context_takeover (§7.1.1.1)",
      ],
    },
    {
      id: "D03",
      level: "MUST",
      section: "RFC 7692 §5",
      rule: "A server accepts an extension once; twice fails.",
      accepts: ["handshake/client-handshake: one that was offered"],
      rejects: ["handshake/client-handshake: fails with %j: %s"],
    },
    {
      id: "D04",
      level: "MUST",
      section: "RFC 7692 §7.1.1",
      rule: "The no_context_takeover parameters have no value.",
      accepts: [
        "rfc7692/7.1-negotiation: repeats the offered no_context_takeover parameters, and adds its own (§7.1.1)",
      ],
      rejects: [
        "rfc7692/7.1-negotiation: declines %s with a value",
        "rfc7692/7.1-negotiation: refuses %s with a value",
      ],
    },
    {
      id: "D05",
      level: "MUST",
      section: "RFC 7692 §7.1.2",
      rule: "Window bits are 8 to 15 in decimal, without leading zeros.",
      accepts: ["rfc7692/7.1-negotiation: accepts all four parameters in any order"],
      rejects: [
        "rfc7692/7.1-negotiation: declines window bits of %j",
        "rfc7692/7.1-negotiation: refuses window bits of %j",
      ],
    },
    {
      id: "D06",
      level: "MUST",
      section: "RFC 7692 §7.1.2.1",
      rule: "server_max_window_bits has a value; what a server answers is no larger than what was offered, and is there if it was.",
      accepts: [
        "rfc7692/7.1-negotiation: includes server_max_window_bits in the response to an offer that has it, even when it limits nothing",
        "rfc7692/7.1-negotiation: agrees to the smaller of its own and the offered limits",
      ],
      rejects: [
        "rfc7692/7.1-negotiation: declines server_max_window_bits without a value",
        "rfc7692/7.1-negotiation: takes a smaller window than it asked for, and refuses a larger one or none",
      ],
    },
    {
      id: "D07",
      level: "MUST",
      section: "RFC 7692 §7.1.2.2",
      rule: "client_max_window_bits is in a response only if it was offered, and then with a value.",
      accepts: ["rfc7692/7.1-negotiation: limits the client's window only where the client can be limited (§7.1.2.2)"],
      rejects: [
        "rfc7692/7.1-negotiation: refuses client_max_window_bits without a value (§7.1.2.2)",
        "rfc7692/7.1-negotiation: refuses a window of its own that is larger than it offered",
        "rfc7692/7.1-negotiation: declines an offer whose client cannot be limited, if a limit was asked for",
      ],
    },
    {
      id: "D08",
      level: "MUST",
      section: "RFC 7692 §7.1.2",
      rule: "Windows are kept by our compressor, 8 bits included, and demanded of the peer: 1007.",
      accepts: [
        "rfc7692/7.1.2-windows: the compressor never refers further back, in a text that would profit from it",
        "rfc7692/7.1.2-windows: zlib with this window takes whatever we deflate for it",
      ],
      rejects: [
        "rfc7692/7.1.2-windows: the decompressor takes a distance of the window's size, and refuses one more",
        "rfc7692/7.1-negotiation: the agreed window is demanded of the peer",
      ],
    },
    {
      id: "D09",
      level: "MUST",
      section: "RFC 7692 §6.1",
      rule: "RSV1 marks the first frame of a data message and nothing else: 1002.",
      accepts: ["rfc7692/6-frames: compresses what it sends, marks the first frame only, and never a control frame"],
      rejects: ["rfc7692/6-frames: refuses RSV1 on %s (§6.1)"],
    },
    {
      id: "D10",
      level: "MUST",
      section: "RFC 7692 §6",
      rule: "Messages without RSV1 are taken as they are.",
      accepts: ["rfc7692/6-frames: reads compressed and plain messages in any order"],
      rejects: ["rfc7692/6-frames: refuses a compressed message if compression was not agreed"],
    },
    {
      id: "D11",
      level: "MUST",
      section: "RFC 7692 §7.2.1",
      rule: "What is sent has lost exactly 00 00 FF FF at its end.",
      accepts: ["rfc7692/7.2-messages: exactly four bytes are removed from what zlib takes as one stream"],
      rejects: ["rfc7692/7.2-messages: several flushes in one message are nothing special"],
    },
    {
      id: "D12",
      level: "MUST",
      section: "RFC 7692 §7.2.2",
      rule: "What is received gets them back.",
      accepts: [
        "rfc7692/7.2-messages: a payload that contains the tail, or ends with it, is taken for what it is",
        "rfc7692/7.2-messages: .1: a message compressed using one compressed block",
      ],
      rejects: ["rfc7692/7.2-messages: every proper prefix of a message"],
    },
    {
      id: "D13",
      level: "MUST",
      section: "RFC 7692 §7.2.3",
      rule: "All examples of the RFC are read, cut anywhere.",
      accepts: [
        "rfc7692/7.2-messages: the examples of §7.2.3",
        "rfc7692/7.2-messages: .1: the same in two fragments, cut anywhere",
        "rfc7692/7.2-messages: .2: sharing the LZ77 sliding window",
        "rfc7692/7.2-messages: .3: a block with no compression",
        "rfc7692/7.2-messages: .4: a block with BFINAL set to 1",
        "rfc7692/7.2-messages: .5: two blocks in one message",
        "rfc7692/7.2-messages: .6: an empty message",
      ],
      rejects: ["rfc7692/7.2-messages: every proper prefix of a message"],
    },
    {
      id: "D14",
      level: "MUST",
      section: "RFC 7692 §7.2.3.4",
      rule: "BFINAL ends a block and not the stream, wherever it comes.",
      accepts: [
        "rfc7692/7.2-messages: does not end the stream: the next message is decoded, and may refer to the one before",
        "rfc7692/7.2-messages: in the middle of a message, the next block begins at the next byte",
        "rfc7692/6-frames: reads the next message after one with BFINAL",
      ],
      rejects: ["rfc7692/1951-invalid: padding before a stored block may have any value (§3.2.4)"],
    },
    {
      id: "D15",
      level: "MUST",
      section: "RFC 1951 §3.2",
      rule: "Streams that DEFLATE does not allow are 1007; where zlib and we differ there is a bug.",
      accepts: [
        "rfc7692/1951-invalid: a complete code is taken",
        "rfc7692/1951-differential: we inflate what zlib deflates: any level, strategy, window and flush, any pieces in and out",
      ],
      rejects: [
        "rfc7692/1951-invalid: block type 3 is reserved",
        "rfc7692/1951-invalid: the length of a stored block must agree with its complement",
        "rfc7692/1951-invalid: an oversubscribed code is refused",
        "rfc7692/1951-invalid: an incomplete code is refused",
        "rfc7692/1951-invalid: none reaches before the beginning",
        "rfc7692/1951-differential: of damaged streams, we take and refuse the same ones as zlib, and make the same of those that we take",
      ],
    },
    {
      id: "D16",
      level: "ours",
      section: "RFC 7692 §7.2.2",
      rule: "With its tail back, a message ends at the end of a block; an empty compressed payload is none: 1007.",
      accepts: ["rfc7692/7.2-messages: an empty message is one byte, never none, wherever it comes"],
      rejects: [
        "rfc7692/7.2-messages: a message that does not end where it should is refused",
        "rfc7692/6-frames: refuses %s compressed data, after the messages before it",
      ],
    },
    {
      id: "D17",
      level: "MUST",
      section: "RFC 6455 §10.4",
      rule: "The limit is for what comes out, noticed within 32 KiB, before anything is delivered: 1009.",
      accepts: ["rfc7692/bombs: a message of exactly the limit is within it, one byte more is beyond"],
      rejects: [
        "rfc7692/6-frames: applies the limit to what a message inflates to",
        "rfc7692/bombs: of a bomb, no more than the limit and 32 KiB is ever made",
        "rfc7692/bombs: a bomb in fragments of one byte is found out in time, and long before its end",
      ],
    },
    {
      id: "D18",
      level: "MUST",
      section: "RFC 7692 §7.1.1",
      rule: "Both ends keep, or forget, the same context over any number of messages.",
      accepts: [
        "rfc7692/7.1.1-takeover: two ends with a window of %i bits agree on every message, in both directions",
        "rfc7692/7.1.1-takeover: zlib, on the other end, agrees on every message, in both directions",
      ],
      rejects: [
        "rfc7692/7.2-messages: without it, an incoming reference to an earlier message is refused",
        "rfc7692/7.1-negotiation: an agreed lack of context takeover is demanded of the peer, too",
      ],
    },
    {
      id: "D19",
      level: "MUST",
      section: "RFC 7692 §6.1",
      rule: "Control frames between compressed fragments do not touch the decompressor.",
      accepts: [
        "rfc7692/6-frames: is not disturbed by a %s between the fragments of a compressed message, wherever it is cut",
      ],
      rejects: ["rfc7692/6-frames: refuses RSV1 on %s (§6.1)"],
    },
    {
      id: "D20",
      level: "MUST",
      section: "RFC 7692 §7.2.3.6",
      rule: "An empty message is compressed to the byte 00.",
      accepts: ["rfc7692/7.2-messages: an empty message is one byte, never none, wherever it comes"],
      rejects: ["rfc7692/6-frames: refuses %s compressed data, after the messages before it"],
    },
    {
      id: "D21",
      level: "SHOULD",
      section: "RFC 7692 §8",
      rule: "Compression is off unless it is asked for, and can be left out of a message.",
      accepts: [
        "rfc7692/6-frames: sends a message as it is where that is asked for",
        "connection/sending: a message that it does not want, or that the caller keeps from it, goes out as it is",
      ],
      rejects: [
        "conformance-map/choices: D21 nothing is compressed unless both sides were told to",
        "handshake/client-handshake: sec/unsolicited-extension: fails when none was offered",
      ],
    },
  ],
};
