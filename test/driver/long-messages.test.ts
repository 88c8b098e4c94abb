// Long compressed messages between applications: whole, in order, and without keeping others waiting.

import { permessageDeflate, portableDeflate } from "@sansock/protocol";
import type { Session } from "@sansock/protocol/driver";
import { VirtualServer } from "@sansock/protocol/testing";
import { expect, test } from "vitest";

const extensions = [permessageDeflate({ codec: portableDeflate() })];
const LIMITS = { extensions, maxMessageBytes: 2 ** 23, maxQueuedBytes: 2 ** 24 };

/** Text that compresses to about a fifth. */
function longText(length: number): string {
  let text = "";
  for (let index = 0; text.length < length; index++)
    text += `{"id":${index},"value":${Math.imul(index, 0x9e3779b1)}}\n`;
  return text;
}

async function echo(session: Session<unknown>): Promise<void> {
  for await (const message of session) await session.send(message);
}

test("a long message that is sent and comes back is whole, and what follows it comes behind", async () => {
  const server = new VirtualServer(LIMITS, echo);
  const { client } = await server.connect(LIMITS);
  const long = longText(3 * 2 ** 20);
  const bytes = new TextEncoder().encode(long);
  const received: unknown[] = [];
  const done = (async (): Promise<void> => {
    for await (const message of client) {
      received.push(message.kind === "text" ? message.text : message.bytes);
      if (received.length === 4) return;
    }
  })();
  void client.send(long);
  void client.send("short");
  void client.send(bytes);
  void client.send("last", { compress: false });
  await server.clock.until(done);
  expect(received[0]).toBe(long);
  expect(received[1]).toBe("short");
  expect(Buffer.compare(received[2] as Uint8Array, bytes)).toBe(0);
  expect(received[3]).toBe("last");
  await server.clock.until(client.close());
  await server.close();
});

test("close() behind a long message lets it through", async () => {
  const texts: number[] = [];
  const server = new VirtualServer(LIMITS, async (session) => {
    for await (const message of session) if (message.kind === "text") texts.push(message.text.length);
  });
  const { client } = await server.connect(LIMITS);
  const long = longText(2 ** 20);
  void client.send(long);
  const { clean } = await server.clock.until(client.close());
  expect(clean).toBe(true);
  expect(texts).toEqual([long.length]);
  await server.close();
});

test("while a long message is compressed, and while it is decompressed, others have their turns", async () => {
  const server = new VirtualServer(LIMITS, async (session) => {
    for await (const message of session) if (message.kind === "text") turnsToReceive = turns - turnsToSend;
  });
  const { client } = await server.connect(LIMITS);
  let turns = 0;
  let turnsToSend = 0;
  let turnsToReceive = 0;
  const takeTurns = (): void => {
    turns++;
    if (turnsToReceive === 0) server.clock.alarm(server.clock.now(), takeTurns);
  };
  takeTurns();
  void client.send(longText(2 ** 21)).then(() => {
    turnsToSend = turns;
  });
  await server.run(10);
  expect(turnsToSend).toBeGreaterThanOrEqual(32 - 1); // a slice has 64 KiB
  expect(turnsToReceive).toBeGreaterThanOrEqual(1); // most was decompressed while the rest was compressed
  await server.clock.until(client.close());
  await server.close();
});

test("a session that is over its limit while it waits to be compressed is ended, not kept", async () => {
  const server = new VirtualServer({ ...LIMITS, maxQueuedBytes: 100_000 }, async (session) => {
    for (let count = 0; count < 3; count++) void session.send("x".repeat(90_000)).catch(() => {});
    await session.closed;
  });
  const { client } = await server.connect(LIMITS);
  const { code } = await server.clock.until(client.closed);
  expect(code).toBe(1008);
  await server.close();
});
