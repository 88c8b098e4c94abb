// What hostile peers send: one of every kind, as bytes. Whoever holds an endpoint against them asks what must not happen.

import { lengthField } from "../reference/frames.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { closePayload, Peer, type Role } from "../support/peer.ts";

export interface Vector {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const CLOSE_CODES = [
  0, 1, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 1100, 2000, 2999, 3000, 4999, 5000, 32_768,
  65_535,
];
const LENGTHS = [
  0n,
  125n,
  126n,
  65_535n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const NOT_UTF8 = [
  hex`80`,
  hex`c0 af`,
  hex`c1 bf`,
  hex`e0 80 80`,
  hex`ed a0 80`,
  hex`ed bf bf`,
  hex`f0 80 80 80`,
  hex`f4 90 80 80`,
  hex`f8 88 80 80 80`,
  hex`fe`,
  hex`ff`,
  hex`c3`,
  hex`e2 82`,
  hex`f0 9f 98`,
  hex`c3 28`,
];

/** What a peer sends to an open endpoint of this role. Legal things that have hurt somebody are among them. */
export function frameVectors(role: Role): readonly Vector[] {
  const peer = new Peer(role);
  const other = new Peer(role === "server" ? "client" : "server");
  const vectors: Vector[] = [];
  const add = (name: string, ...parts: readonly Uint8Array[]): void => {
    vectors.push({ name, bytes: concat(...parts) });
  };
  for (let opcode = 0; opcode < 16; opcode++) {
    for (let rsv = 1; rsv < 8; rsv++) add(`opcode ${opcode} with RSV ${rsv}`, peer.frame(opcode, hex`78`, { rsv }));
    add(`opcode ${opcode}`, peer.frame(opcode, hex`78`));
    add(`opcode ${opcode} without FIN`, peer.frame(opcode, hex`78`, { fin: false }));
    add(`opcode ${opcode} inside a message`, peer.fragment(1, utf8("a")), peer.frame(opcode, hex`78`));
    add(`opcode ${opcode} with the mask of the other role`, other.frame(opcode, hex`78`));
  }
  for (const bits of [16, 64] as const) {
    for (const length of LENGTHS) {
      if (length >= 2n ** BigInt(bits)) continue;
      const header = Uint8Array.of(0x82, ...lengthField(length, bits, peer.masked));
      add(`a length of ${length} in ${bits} bits`, header, hex`00 00 00 00 61`);
      for (const cut of [2, 3]) add(`the first ${cut} bytes of it`, header.subarray(0, cut));
    }
  }
  for (const code of CLOSE_CODES) {
    add(`Close ${code}`, peer.close(code));
    add(`Close ${code} with a reason`, peer.close(code, "\u{1f600} because \r\n\0"));
  }
  add("a Close of one byte", peer.frame(8, hex`03`));
  add("two Closes", peer.close(1000), peer.close(1001));
  add("a Close without a code, and a message", peer.close(), peer.text("late"));
  for (const bytes of NOT_UTF8) {
    add("text that is none", peer.frame(1, bytes));
    add(
      "text that is none, in two fragments",
      peer.fragment(1, bytes.subarray(0, 1)),
      peer.fragment(0, bytes.subarray(1), true),
    );
    add("a Close whose reason is no text", peer.frame(8, concat(closePayload(1000), bytes)));
  }
  for (const opcode of [8, 9, 10]) {
    add(`a control frame of 126 bytes (${opcode})`, peer.frame(opcode, new Uint8Array(126)));
    add(
      `a control frame of 125 bytes in 16 bits (${opcode})`,
      peer.frame(opcode, new Uint8Array(125), { lengthBits: 16 }),
    );
    add(`half a control frame (${opcode})`, peer.frame(opcode, new Uint8Array(125)).subarray(0, 60));
  }
  add("many Pings", ...new Array(500).fill(peer.ping(hex`01 02`)));
  add("many Pongs for nothing", ...new Array(500).fill(peer.pong(hex`01 02`)));
  add("many empty fragments", peer.fragment(2, hex``), ...new Array(500).fill(peer.fragment(0, hex``)));
  add("many empty messages", ...new Array(500).fill(peer.text("")));
  add("a fragment that is never continued", peer.fragment(1, new Uint8Array(10_000).fill(0x61)));
  add("a message of more than the limit", peer.binary(new Uint8Array(1_048_577)));
  add("compressed, although nobody agreed to it", peer.frame(1, hex`f2 48 cd c9 c9 07 00`, { rsv: 4 }));
  add("HTTP", utf8("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  add("TLS", hex`16 03 01 02 00 01 00 01 fc 03 03`);
  add("zeros", new Uint8Array(1_000));
  add("ones", new Uint8Array(1_000).fill(0xff));
  return vectors;
}

const request = (...lines: string[]): string => `${lines.join("\r\n")}\r\n\r\n`;

/** What a peer sends to a server instead of a request. */
export function requestVectors(): readonly Vector[] {
  const good = [
    "GET / HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ];
  const heads = [
    ...good.map((_, left) => request(...good.filter((_, index) => index !== left))),
    ...good.slice(1).map((line) => request(...good, line)),
    ...good.slice(1).map((line) => request(...good, `${line}\u00ff\u00fe`)),
    ...good.slice(1).map((line) => request(...good.filter((other) => other !== line), line.replace(":", " :"))),
    ...good.slice(1).map((line) => request(...good.filter((other) => other !== line), ` ${line}`)),
    ...good.slice(1).map((line) => request(...good.filter((other) => other !== line), `${line}\0`)),
    ...[
      "POST / HTTP/1.1",
      "GET  / HTTP/1.1",
      "GET / HTTP/2.0",
      "GET http://[ HTTP/1.1",
      "GET * HTTP/1.1",
      "get / HTTP/1.1",
    ].map((line) => request(line, ...good.slice(1))),
    ...[
      "constructor",
      "__proto__; toString=valueOf",
      "permessage-deflate; server_max_window_bits=1000",
      'a; b="\\c\\c',
    ].map((value) => request(...good, `Sec-WebSocket-Extensions: ${value}`)),
    ...["a, a", "a b", `a${" ".repeat(7_000)}b`, "__proto__"].map((value) =>
      request(...good, `Sec-WebSocket-Protocol: ${value}`),
    ),
    ...["null", "http://a:b", "https://good.example.evil", "\u00ff"].map((value) =>
      request(...good, `Origin: ${value}`),
    ),
    ...["Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: -1"].map((line) => request(...good, line)),
    request(...good, ...Array.from({ length: 2_000 }, (_, index) => `X-${index}: y`)),
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\n`,
    "\r\n\r\n\r\n",
    "\n\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  return [
    ...heads.map((head, index) => ({ name: `head ${index}`, bytes: Uint8Array.from(Buffer.from(head, "latin1")) })),
    { name: "TLS", bytes: hex`16 03 01 02 00 01 00 01 fc 03 03` },
    { name: "zeros", bytes: new Uint8Array(1_000) },
  ];
}

/** What a peer sends to a client instead of a good response to the request with `accept` for an answer. */
export function responseVectors(accept: string): readonly Vector[] {
  const good = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  const heads = [
    ...good.map((_, left) => request(...good.filter((_, index) => index !== left))),
    ...good.slice(1).map((line) => request(...good.filter((other) => other !== line), `${line}\u00ff\u00fe`)),
    request(...good, good[3]!),
    request(...good, "Content-Length: 5"),
    request(...good, "Sec-WebSocket-Protocol: a"),
    request(...good, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=1000"),
    request(...good, "Sec-WebSocket-Extensions: constructor"),
    ...["200 OK", "204 No Content", "302 Found", "401 Unauthorized", "999 ?", "99 ?", "1000 ?"].map((status) =>
      request(`HTTP/1.1 ${status}`, "Location: ws://127.0.0.1:1/", "Content-Length: 2"),
    ),
    request("HTTP/1.0 101 Switching Protocols", ...good.slice(1)),
    ...[9, 100].map((count) => request("HTTP/1.1 100 Continue").repeat(count)),
    `${request("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}fffffffffffff\r\n`,
    request("HTTP/1.1 200 OK", ...Array.from({ length: 2_000 }, (_, index) => `X-${index}: y`)),
    `HTTP/1.1 101 ${"a".repeat(20_000)}`,
    "SSH-2.0-OpenSSH_9.7\r\n",
  ];
  return heads.map((head, index) => ({ name: `head ${index}`, bytes: Uint8Array.from(Buffer.from(head, "latin1")) }));
}
