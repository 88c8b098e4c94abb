// Memory of the transport: when it may be read into again.

import { describe, expect, test, vi } from "vitest";
import { Connection, ConnectionSettings } from "../../packages/protocol/src/index.ts";
import { open, takeEvents } from "../support/endpoint.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";
import { InvertingTransform } from "../support/transforms.ts";

const peer = new Peer("server");
const large = new Uint8Array(5000);

describe("a connection has released the bytes that it received", () => {
  test.each([
    ["before it received any", new Uint8Array(0)],
    ["once text was decoded", peer.text("a text that is decoded")],
    ["once short messages were copied", concat(peer.binary(hex`01 02 03`), peer.binary(hex`04`), peer.text("x"))],
    ["once control frames were copied", concat(peer.ping(hex`aa bb`), peer.pong(hex`cc`))],
    ["in the middle of a header", peer.binary(large).slice(0, 3)],
    ["when it discards them", concat(peer.close(1000), peer.binary(large))],
  ])("%s", (_when, bytes) => {
    const connection = open("server");
    connection.receive(0, bytes);
    const events = takeEvents(connection);
    const before = structuredClone(events);
    expect(connection.hasReleasedBytes).toBe(true);
    bytes.fill(0xee);
    expect(events).toEqual(before);
    expect(takeEvents(connection)).toEqual([]);
  });
});

describe("a connection has not released the bytes that it received", () => {
  test("while nobody has asked for them", () => {
    const connection = open("server");
    connection.receive(0, peer.text("one"));
    expect(connection.hasReleasedBytes).toBe(false);
    connection.receive(0, peer.text("two"));
    connection.nextEvent();
    expect(connection.hasReleasedBytes).toBe(false);
    takeEvents(connection);
    expect(connection.hasReleasedBytes).toBe(true);
  });

  test("when a message is a view of them, until the next ones arrive", () => {
    const connection = open("server");
    connection.receive(0, peer.binary(large));
    takeEvents(connection);
    expect(connection.hasReleasedBytes).toBe(false);
    connection.receive(0, peer.text("x"));
    takeEvents(connection);
    expect(connection.hasReleasedBytes).toBe(true);
  });

  test("when they are a part of a message", () => {
    const connection = open("server");
    connection.receive(0, peer.binary(large).slice(0, 4500));
    takeEvents(connection);
    expect(connection.hasReleasedBytes).toBe(false);
  });

  test("while a long message is not half there; what follows is copied to its place", () => {
    const connection = open("server");
    const frame = peer.binary(new Uint8Array(262_144));
    const released: boolean[] = [];
    for (let at = 0; at < frame.length; at += 65_536) {
      const chunk = frame.slice(at, at + 65_536);
      connection.receive(0, chunk);
      const [event] = takeEvents(connection);
      released.push(connection.hasReleasedBytes);
      if (connection.hasReleasedBytes) chunk.fill(0xee);
      if (event !== undefined) expect(event).toEqual({ kind: "binary", bytes: new Uint8Array(262_144) });
    }
    expect(released).toEqual([false, false, true, true, true]);
  });

  test("when a transform has them", () => {
    const connection = open("server", {}, new InvertingTransform());
    connection.receive(0, peer.frame(2, hex`01 02`, { rsv: 4 }));
    expect(takeEvents(connection)).toEqual([{ kind: "binary", bytes: hex`fe fd` }]);
    expect(connection.hasReleasedBytes).toBe(false);
  });
});

test("text that is delivered as bytes is not written over", () => {
  const connection = open("server", { text: "utf8" });
  const bytes = peer.text("x".repeat(1000));
  connection.receive(0, bytes);
  const [event] = takeEvents(connection);
  if (connection.hasReleasedBytes) bytes.fill(0xee);
  expect(event).toEqual({ kind: "utf8", bytes: utf8("x".repeat(1000)) });
});

test("a connection between messages gives its decoder back, for whoever comes next", () => {
  const settings = new ConnectionSettings({ role: "server", random: () => {} });
  const giveBack = vi.spyOn(settings.decoders, "giveBack");
  const connection = new Connection(0, settings);
  connection.receive(0, concat(peer.text("one"), peer.text("two").slice(0, 4)));
  takeEvents(connection);
  expect(giveBack).not.toHaveBeenCalled();
  connection.receive(0, peer.text("two").slice(4));
  takeEvents(connection);
  expect(giveBack).toHaveBeenCalledTimes(1);
});
