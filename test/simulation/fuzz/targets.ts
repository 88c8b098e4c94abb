// What is fuzzed. Each target makes an input from chance, gives it to the engine, and throws if anything is not as it
// must be: an exception, a difference to the reference or between two ways to cut the same bytes, an illegal reaction.

import {
  ClientHandshake,
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  encodeFrame,
  type MessageTransform,
  parseWebSocketUrl,
  permessageDeflate,
  ServerHandshake,
} from "@sansock/protocol";
import { countingRandom, drain, type SeededRandom } from "@sansock/protocol/testing";
import { ReferenceEndpoint, type ReferenceEvent, type ReferenceOutput } from "../../reference/endpoint.ts";
import { Subject } from "../../reference/subject.ts";
import { ACTIONS, Walk } from "../state-space.ts";
import { Wiretap } from "../wiretap.ts";
import { chunks, mutated } from "./mutate.ts";

export type Target = (random: SeededRandom) => void;

type Role = "client" | "server";
const TEXTS = ["", "a", "ß€😀", "\u0000\ufeff", "x".repeat(126)];
const UTF8 = new TextEncoder();
const LATIN1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);

// ---- frames ----

/** Frames as a peer may send them, mostly. */
function stream(role: Role, random: SeededRandom): Uint8Array {
  const parts: Uint8Array[] = [];
  let inside = false;
  for (let count = random.integer(1, 6); count > 0; count--) {
    const opcode: number = random.chance(0.05)
      ? random.integer(0, 15)
      : random.pick(inside ? [0, 0, 0, 9, 10] : [1, 1, 2, 2, 8, 9, 10]);
    const fin: boolean = opcode >= 8 || random.chance(0.6);
    const any = random.chance(0.5) ? UTF8.encode(random.pick(TEXTS)) : random.bytes(random.pick([0, 1, 5, 125, 126]));
    const payload = opcode >= 8 && !random.chance(0.05) ? any.subarray(0, 120) : any;
    const isGoodClose = opcode === 8 && random.chance(0.8);
    const close = isGoodClose
      ? Uint8Array.of(
          3,
          random.pick([232, 233, 234, 235, 236, 237]),
          ...UTF8.encode(random.pick(TEXTS)).subarray(0, 100),
        )
      : payload;
    const maskKey = role === "server" ? random.integer(0, 0xffff_ffff) : undefined;
    parts.push(encodeFrame({ fin, rsv: 0, opcode, maskKey, payload: close }));
    if (opcode < 3) inside = !fin;
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** What a stream of a peer means, to the engine and to the reference: the same, however it is cut. */
const frames: Target = (random) => {
  const role = random.pick<Role>(["client", "server"]);
  const maxMessageBytes = random.pick([0, 10, 130, 1_000_000]);
  const bytes = mutated(stream(role, random), random);
  const subject = new Subject({ role, maxMessageBytes, pingInterval: null });
  for (const chunk of chunks(bytes, random)) subject.receive(chunk);
  subject.loseTransport();

  const reference = new ReferenceEndpoint({ role, maxMessageBytes });
  const events: ReferenceEvent[] = [];
  const outputs: ReferenceOutput[] = [];
  const takeAll = (): void => {
    for (let event = reference.nextEvent(); event !== undefined; event = reference.nextEvent()) {
      events.push(event);
      outputs.push(...reference.takeOutputs());
    }
    outputs.push(...reference.takeOutputs());
  };
  reference.receive(bytes);
  takeAll();
  reference.receiveEnd();
  takeAll();
  reference.transportClosed();
  takeAll();

  expectSame("events", subject.events.map(comparable), events);
  const written = subject.frames.map(({ opcode, fin, payload }) => ({ opcode, fin, payload: [...payload] }));
  expectSame(
    "frames",
    written,
    outputs.filter((output) => typeof output === "object"),
  );
};

function comparable(event: ConnectionEvent): unknown {
  if (event.kind === "binary") return { kind: "binary", bytes: [...event.bytes] };
  if (event.kind === "ping") return { kind: "ping", payload: [...event.payload] };
  if (event.kind === "pong")
    return { kind: "pong", payload: [...event.payload], acknowledged: event.acknowledged.map(({ id }) => id) };
  if (event.kind !== "closed") return event;
  const { diagnosis: _, ...rest } = event;
  return rest;
}

/** Streams that are read piece by piece, or as UTF-8: cutting is invisible, and nothing is held that need not be. */
const pieces: Target = (random) => {
  const role = random.pick<Role>(["client", "server"]);
  const options = {
    delivery: random.pick(["messages", "fragments"] as const),
    maxMessageBytes: random.pick([10, null]),
  };
  const bytes = mutated(stream(role, random), random);
  const read = (parts: readonly Uint8Array[]): unknown => {
    const connection = new Connection(0, { role, random: countingRandom, pingInterval: null, ...options });
    const events = receiveAll(connection, role, parts);
    const { retainedBytes } = connection;
    if (retainedBytes > bytes.length * 1.1 + 600)
      throw new Error(`${retainedBytes} bytes are retained of ${bytes.length}`);
    return contents(events);
  };
  expectSame("contents", read(chunks(bytes, random)), read([bytes.slice()]));
};

/** The messages and what else there is, in their order, whether they came whole or in pieces. */
function contents(events: readonly ConnectionEvent[]): unknown[] {
  const found: unknown[] = [];
  let message: string | number[] | undefined;
  for (const event of events) {
    if (event.kind !== "fragment") {
      found.push(event.kind === "closed" ? [event.kind, event.code, event.reason, event.cause] : comparable(event));
      continue;
    }
    if (event.message === "text") message = ((message as string | undefined) ?? "") + event.text;
    else message = [...((message as number[] | undefined) ?? []), ...event.bytes];
    if (event.fin) found.push(message);
    if (event.fin) message = undefined;
  }
  return found; // a message that was not finished has come as far as it was cut, which differs
}

// ---- compression ----

/** Compressed messages, intact and damaged: inflated within limits, the same however they are cut. */
const compressed: Target = (random) => {
  const takeover = random.chance(0.5);
  const extension = permessageDeflate({
    thresholdBytes: 0,
    serverContextTakeover: takeover,
    clientContextTakeover: takeover,
  });
  const { parameters, transform } = extension.accept(extension.offers()[0]!)!;
  const payloads = Array.from({ length: random.integer(1, 3) }, () => {
    const plain = random.chance(0.5)
      ? UTF8.encode(random.pick(TEXTS).repeat(random.integer(1, 50)))
      : random.bytes(random.integer(0, 200));
    return mutated(transform.encode(plain, true).slice(), random);
  });
  const cuts = payloads.map((payload) => random.integer(0, payload.length));
  const maxMessageBytes = random.pick([100, 5000]);
  const read = (cut: boolean): unknown => {
    const incoming: MessageTransform = extension.confirm(parameters)!;
    const options: ConnectionOptions = { role: "client", random: countingRandom, pingInterval: null, maxMessageBytes };
    const connection = new Connection(0, options, incoming);
    const parts = payloads.flatMap((payload, index) => {
      const at = cut ? cuts[index]! : 0;
      const first = encodeFrame({
        fin: !cut,
        rsv: 4,
        opcode: 2,
        maskKey: undefined,
        payload: cut ? payload.slice(0, at) : payload,
      });
      const rest = encodeFrame({ fin: true, rsv: 0, opcode: 0, maskKey: undefined, payload: payload.slice(at) });
      return cut ? [...chunks(first, random), ...chunks(rest, random)] : [first];
    });
    const events = receiveAll(connection, "client", parts);
    for (const event of events) {
      if (event.kind === "binary" && event.bytes.length > maxMessageBytes)
        throw new Error("a message is larger than allowed");
    }
    return contents(events);
  };
  expectSame("messages", read(true), read(false));
};

/** Gives everything to a connection, drains it after each chunk, and judges what it writes. */
function receiveAll(connection: Connection, role: Role, parts: readonly Uint8Array[]): ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  const wiretap = new Wiretap(role, false, (what) => {
    throw new Error(`wrote ${what}`);
  });
  const take = (): void => {
    const drained = drain(connection);
    events.push(...drained.events);
    for (const effect of drained.effects) if (effect.kind === "write") wiretap.write(effect.bytes);
  };
  for (const part of parts) {
    connection.receive(0, part);
    take();
  }
  connection.receiveEnd(0);
  take();
  connection.handleTransportClosed(0);
  take();
  if (events.filter(({ kind }) => kind === "closed").length !== 1 || events.at(-1)?.kind !== "closed") {
    throw new Error(`closed is not once, and last: ${events.map(({ kind }) => kind).join(" ")}`);
  }
  return events;
}

// ---- heads ----

const REQUEST = [
  "GET /chat?x=1 HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: keep-alive, Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: chat, superchat",
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y="z"',
  "Origin: http://server.example.com",
];
const RESPONSES = [
  ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: "],
  ["HTTP/1.1 404 Not Found", "Content-Length: 3", "Content-Type: text/plain"],
  ["HTTP/1.1 503 Service Unavailable", "Transfer-Encoding: chunked", "Retry-After: 1"],
  ["HTTP/1.1 100 Continue"],
];
const BODIES = ["", "abc", "3\r\nabc\r\n0\r\n\r\n", "\x81\x01a"];

/** Heads of requests: never an exception, bounded, the same however they are cut. */
const requests: Target = (random) => {
  const lines = REQUEST.filter(() => !random.chance(0.05)).map((line) =>
    random.chance(0.03) ? `${line}\r\n${line}` : line,
  );
  const bytes = mutated(LATIN1(`${lines.join("\r\n")}\r\n\r\n${random.pick(BODIES)}`), random);
  const read = (parts: readonly Uint8Array[]): unknown => {
    const handshake = new ServerHandshake(0, {
      random: countingRandom,
      subprotocols: ["chat"],
      extensions: [permessageDeflate()],
    });
    const found: unknown[] = [];
    for (const part of parts) {
      handshake.receive(0, part);
      const { events, effects } = drain(handshake);
      found.push(...events, ...effects);
      for (const event of events) {
        if (event.kind !== "request") continue;
        handshake.accept(0);
        found.push(...drain(handshake).effects);
      }
    }
    return plain(found);
  };
  expectSame("handshakes", read(chunks(bytes, random)), read([bytes.slice()]));
};

/** Heads of responses, and bodies of refusals. */
const responses: Target = (random) => {
  const fresh = (): ClientHandshake =>
    new ClientHandshake(0, {
      url: parseWebSocketUrl("ws://server.example.com/chat"),
      random: countingRandom,
      maxRefusalBytes: 10,
    });
  const accept = "Bz3qJYTGdOe8gUSpLosEdiLKDrk="; // for the key 00 01 02 … 0f
  const [first, ...rest] = random.pick(RESPONSES);
  const lines = rest
    .map((line) => (line.endsWith("Accept: ") ? line + accept : line))
    .filter(() => !random.chance(0.05));
  const bytes = mutated(LATIN1(`${[first, ...lines].join("\r\n")}\r\n\r\n${random.pick(BODIES)}`), random);
  const read = (parts: readonly Uint8Array[]): unknown => {
    const handshake = fresh();
    const found: unknown[] = [];
    for (const part of parts) {
      handshake.receive(0, part);
      found.push(...drain(handshake).events);
    }
    handshake.receiveEnd(0);
    handshake.handleTransportClosed(0);
    found.push(...drain(handshake).events);
    return plain(found.map((event) => ({ ...(event as object), connection: undefined })));
  };
  expectSame("handshakes", read(chunks(bytes, random)), read([bytes.slice()]));
};

// ---- the connection as a whole ----

/** A long walk through the states of a connection. */
const walks: Target = (random) => {
  const walk = new Walk(random.pick<Role>(["client", "server"]));
  for (let steps = random.integer(1, 60); steps > 0; steps--) walk.take(random.pick(ACTIONS));
};

// ---- comparing ----

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part) =>
      part instanceof Uint8Array ? [...part] : part instanceof Map ? [...part] : part,
    ),
  );
}

function expectSame(what: string, one: unknown, other: unknown): void {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  if (a !== b) throw new Error(`${what} differ:\n  ${a}\n  ${b}`);
}

export const TARGETS: Readonly<Record<string, Target>> = { frames, pieces, compressed, requests, responses, walks };
