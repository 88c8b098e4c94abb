/** Where the RFCs leave a choice, or have a gap: what is done here, and why. */
export const choices: readonly { readonly topic: string; readonly section: string; readonly choice: string }[] = [
  {
    topic: "Lengths that are longer than needed",
    section: "RFC 6455 §5.2",
    choice:
      "The sender MUST use the shortest form; what a receiver does is not said. We answer with 1002: two spellings of one frame are what desynchronises parsers.",
  },
  {
    topic: "Lengths beyond 2⁵³ − 1",
    section: "RFC 6455 §5.2",
    choice: "Legal, but no JavaScript number: 1009, whatever the limit. With the top bit set they are illegal: 1002.",
  },
  {
    topic: "Size limits",
    section: "RFC 6455 §10.4",
    choice:
      "1 MiB per message by default, counted over all fragments, and after decompression. It is judged on the announced length, so that nothing is reserved for what may never come. The number of fragments has no limit: empty ones cost nothing, others their bytes.",
  },
  {
    topic: "When text is judged",
    section: "RFC 6455 §8.1",
    choice:
      "At the first byte that no text can have there, even in the middle of a frame; not at the end of the message. The results of the Autobahn suite for this are strict ones.",
  },
  {
    topic: "Text that no string can hold",
    section: "RFC 6455 §7.4.1",
    choice: "Engines limit the length of strings (2²⁹ − 24 in V8). What is longer is too big, 1009, and no exception.",
  },
  {
    topic: "Lone surrogates in what we send",
    section: "RFC 6455 §8.1",
    choice: "They go out as U+FFFD, as the platform's own encoder does it. We never send invalid UTF-8.",
  },
  {
    topic: "A reason that is not UTF-8",
    section: "RFC 6455 §5.5.1, §7.4.1",
    choice: "1007, like invalid text; 1002 for a payload of one byte and for codes that may not be sent.",
  },
  {
    topic: "Close codes",
    section: "RFC 6455 §7.4",
    choice:
      "1012, 1013 and 1014 were registered after the RFC and are legal here, in both directions. 1004, 1005, 1006, 1015 and all that nobody has registered are not.",
  },
  {
    topic: "What a Close is answered with",
    section: "RFC 6455 §5.5.1",
    choice: "Its own code, without the reason; an empty one with 1000, and the application is told 1005.",
  },
  {
    topic: "Who ends the transport",
    section: "RFC 6455 §7.1.1",
    choice:
      "The server, at once; the client waits for it. Either side drops the transport when `closeTimeout` (10 s) has passed since closing began.",
  },
  {
    topic: "Failing the connection",
    section: "RFC 6455 §7.1.7",
    choice:
      "Both roles send a Close with the code and a sentence for the operator, deliver what was complete before, read nothing more, and end. The application sees 1006 with the violation as the cause; the peer's own Close was not received.",
  },
  {
    topic: "Pings while closing",
    section: "RFC 6455 §5.5.2",
    choice: "Answered until the peer's Close has come, as it says; what waits behind that Close is not looked at.",
  },
  {
    topic: "Pings whose Pongs wait",
    section: "RFC 6455 §5.5.3",
    choice:
      "Every Ping gets its Pong, in order. Only while the transport takes nothing are Pongs left out: the 16 newest are kept.",
  },
  {
    topic: "What a Pong proves",
    section: "RFC 6455 §5.5.3",
    choice:
      "One with the payload of a Ping that waits settles this one and all before it. Any other is reported and changes nothing. See [keepalive.md](keepalive.md).",
  },
  {
    topic: "A request for another version",
    section: "RFC 6455 §4.4",
    choice:
      "426 with `Sec-WebSocket-Version: 13`, and the connection ends. The RFC would let the client try again on it; after a refusal, we parse nothing more.",
  },
  {
    topic: "A body in the request or in the 101",
    section: "RFC 9112 §6",
    choice: "Refused, but for `Content-Length: 0` in a request. Where the head ends is what smuggling is about.",
  },
  {
    topic: "Bare LF",
    section: "RFC 9112 §2.2",
    choice: "A recipient MAY take it for the end of a line. We do not, in either role.",
  },
  {
    topic: "Pages of other origins",
    section: "RFC 6455 §10.2",
    choice:
      "Refused with 403 unless they are named: the Origin header is all that protects users' cookies. Requests without it do not come from pages, and are let in.",
  },
  {
    topic: "Several connections to one host",
    section: "RFC 6455 §4.1-2",
    choice:
      "Only one may be connecting at a time, says the RFC, to slow down attacks through browsers. A machine here is one connection and knows of no other; whoever opens many can queue them. Servers protect themselves with `maxConnections` and `openTimeout`.",
  },
  {
    topic: "Reconnecting",
    section: "RFC 6455 §7.2.3",
    choice:
      "Never by itself: only the application knows what has to be said again. What it needs for its back-off, the cause, is in the error.",
  },
  {
    topic: "Redirections and authentication",
    section: "RFC 6455 §4.1-1",
    choice: "3xx and 401 are outcomes for the caller, with head and body. Nothing is followed, so nothing leaks.",
  },
  {
    topic: "Compression",
    section: "RFC 7692 §7, §8",
    choice:
      "Off unless asked for. Windows of 12 bits where the other side agrees; a window of 8 bits is really one. A compressed payload without a byte is no empty message, and one that ends inside a block is not complete: 1007.",
  },
];
