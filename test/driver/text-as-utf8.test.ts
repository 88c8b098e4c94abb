// Text as bytes, from one session to the other and back.

import type { Message } from "@sansock/protocol";
import { sessionPair } from "@sansock/protocol/testing";
import { expect, test } from "vitest";
import { utf8 } from "../support/hex.ts";

test("what a callback gets can be sent back as it is: UTF-8 as text, binary as binary", async () => {
  const kinds: string[] = [];
  const { client, server, run } = sessionPair({
    server: {
      text: "utf8",
      callbacks: {
        message(session, message) {
          kinds.push(message.kind);
          return session.send(message);
        },
      },
    },
  });
  const received: Message[] = [];
  void (async () => {
    for await (const message of client) received.push(message);
  })();
  void client.send("Köln");
  void client.send(new Uint8Array([255]));
  await run(100);
  expect(kinds).toEqual(["utf8", "binary"]);
  expect(received).toEqual([
    { kind: "text", text: "Köln" },
    { kind: "binary", bytes: new Uint8Array([255]) },
  ]);
  expect(server.state).toBe("open");
});

test("whoever iterates gets it, too, and can read it while it arrives", async () => {
  const whole = sessionPair({ server: { text: "utf8" } });
  const messages: Message[] = [];
  void (async () => {
    for await (const message of whole.server) messages.push(message);
  })();
  void whole.client.send("東京");
  await whole.run(100);
  expect(messages).toEqual([{ kind: "utf8", bytes: utf8("東京") }]);

  const streamed = sessionPair({ server: { text: "utf8", delivery: "fragments" } });
  const pieces: unknown[] = [];
  void (async () => {
    for await (const message of streamed.server.streams()) {
      pieces.push(message.kind);
      for await (const piece of message) pieces.push(piece);
    }
  })();
  void streamed.client.send("東京");
  await streamed.run(100);
  expect(pieces).toEqual(["utf8", utf8("東京")]);
});
