// Requests and responses as text, and machines that are drained by hand.

import { expect } from "vitest";
import {
  ClientHandshake,
  type ClientHandshakeEvent,
  type ClientHandshakeOptions,
  type HandshakeViolation,
  handshakeViolations,
  parseWebSocketUrl,
  ServerHandshake,
  type ServerHandshakeEvent,
  type ServerHandshakeOptions,
} from "../../packages/protocol/src/handshake/index.ts";
import type { Effect, Machine } from "../../packages/protocol/src/index.ts";
import { concat } from "../support/hex.ts";
import { countingRandom } from "../support/random.ts";

export const CRLF = "\r\n";

/** The key and its answer from RFC 6455 §1.3. */
export const RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const RFC_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/** The nonce that is `RFC_KEY`. */
export const RFC_NONCE: Uint8Array = Uint8Array.from(Buffer.from("the sample nonce"));

/** The bytes of `text`, of which each character is one: an oracle that is not the engine's own. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Header lines by lower-case name; `undefined` leaves one out, an array repeats it. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

export const requestFields: Fields = {
  Host: "server.example.com",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": RFC_KEY,
  "Sec-WebSocket-Version": "13",
};

export const responseFields: Fields = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Accept": RFC_ACCEPT,
};

export function head(startLine: string, fields: Fields): string {
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    (values === undefined ? [] : typeof values === "string" ? [values] : values).map((value) => `${name}: ${value}`),
  );
  return [startLine, ...lines, "", ""].join(CRLF);
}

/** A valid request, with some fields changed. */
export function request(fields: Fields = {}, startLine = "GET /chat HTTP/1.1"): string {
  return head(startLine, { ...requestFields, ...fields });
}

/** A valid response to a request with `RFC_KEY`, with some fields changed. */
export function response(fields: Fields = {}, startLine = "HTTP/1.1 101 Switching Protocols"): string {
  return head(startLine, { ...responseFields, ...fields });
}

export function server(options: Partial<ServerHandshakeOptions> = {}): ServerHandshake {
  return new ServerHandshake(0, { random: countingRandom(), ...options });
}

/** A client whose key is `RFC_KEY`, and whose request has been taken. */
export function client(options: Partial<ClientHandshakeOptions> = {}): ClientHandshake {
  const handshake = freshClient(options);
  takeEffects(handshake);
  return handshake;
}

/** A client whose key is `RFC_KEY`. */
export function freshClient(options: Partial<ClientHandshakeOptions> = {}): ClientHandshake {
  const random = (target: Uint8Array): void => target.set(RFC_NONCE.subarray(0, target.length));
  return new ClientHandshake(0, { url: parseWebSocketUrl("ws://server.example.com/chat"), random, ...options });
}

export function takeEvents<Event>(machine: Machine<Event>): Event[] {
  const events: Event[] = [];
  for (let event = machine.nextEvent(); event !== undefined; event = machine.nextEvent()) events.push(event);
  return events;
}

export function takeEffects(machine: Machine<unknown>): Effect[] {
  const effects: Effect[] = [];
  for (let effect = machine.nextEffect(); effect !== undefined; effect = machine.nextEffect()) effects.push(effect);
  return effects;
}

/** What the `write` effects carry. */
export function written(effects: readonly Effect[]): Uint8Array {
  return concat(...effects.map((effect) => (effect.kind === "write" ? effect.bytes : [])));
}

/** What is left when everything was taken: the text that was written, and the kinds of the other effects. */
export function taken(machine: Machine<unknown>): { text: string; others: string[] } {
  const effects = takeEffects(machine);
  return {
    text: text(written(effects)),
    others: effects.filter(({ kind }) => kind !== "write").map(({ kind }) => kind),
  };
}

/** Gives a server the bytes of `request` and returns its only event. */
export function ask(handshake: ServerHandshake, request: string | Uint8Array): ServerHandshakeEvent {
  handshake.receive(0, typeof request === "string" ? latin1(request) : request);
  return only(takeEvents(handshake));
}

/** Gives a client the bytes of `response` and returns its only event. */
export function answer(handshake: ClientHandshake, response: string | Uint8Array): ClientHandshakeEvent {
  handshake.receive(0, typeof response === "string" ? latin1(response) : response);
  return only(takeEvents(handshake));
}

export function only<T>(values: readonly T[]): T {
  expect(values).toHaveLength(1);
  return values[0]!;
}

/** Demands that the request is a valid one, and returns what it says. */
export function expectRequest(request: string, options: Partial<ServerHandshakeOptions> = {}) {
  const event = ask(server(options), request);
  if (event.kind !== "request") throw new Error(`a valid request was taken for ${JSON.stringify(event)}`);
  return event.request;
}

/**
 * Demands that the request breaks `violation`: one event, one complete answer with the rule's status that closes, the
 * end of the stream, and nothing more. Returns the answer.
 */
export function expectRefusal(
  request: string | Uint8Array,
  violation: HandshakeViolation,
  options: Partial<ServerHandshakeOptions> = {},
): string {
  const handshake = server(options);
  const { status } = handshakeViolations[violation];
  expect(ask(handshake, request)).toEqual({ kind: "failed", cause: { kind: "violation", violation }, status });
  const refusal = taken(handshake);
  expect(refusal.others).toEqual(["end"]);
  expect(refusal.text.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
  expect(refusal.text).toMatch(/\r\nConnection: (Upgrade, )?close\r\n/);
  expect(refusal.text.endsWith(`\r\n\r\n${handshakeViolations[violation].message}\n`)).toBe(true);
  handshake.receive(1, latin1(requestText));
  expect([...takeEvents(handshake), ...takeEffects(handshake)]).toEqual([]);
  return refusal.text;
}

const requestText: string = request();

/** Demands that the response opens the connection, and returns the event. */
export function expectOpen(response: string, options: Partial<ClientHandshakeOptions> = {}) {
  const event = answer(client(options), response);
  if (event.kind !== "open") throw new Error(`a valid response was taken for ${JSON.stringify(event)}`);
  return event;
}

/** Demands that the response breaks `violation`: one event, the transport is dropped, and nothing more. */
export function expectFailure(
  response: string | Uint8Array,
  violation: HandshakeViolation,
  options: Partial<ClientHandshakeOptions> = {},
): void {
  const handshake = client(options);
  expect(answer(handshake, response)).toEqual({ kind: "failed", cause: { kind: "violation", violation } });
  expect(taken(handshake)).toEqual({ text: "", others: ["destroy"] });
  handshake.receive(1, latin1(responseText));
  expect([...takeEvents(handshake), ...takeEffects(handshake)]).toEqual([]);
  expect(handshake.deadline).toBeUndefined();
}

const responseText: string = response();

/** Cuts `bytes` before each of the positions, which may come in any order. */
export function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const places = [...new Set(positions)].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...places].map((start, index) => bytes.slice(start, places[index] ?? bytes.length));
}
