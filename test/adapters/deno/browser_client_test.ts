// The client of pages, with the WebSocket that Deno has, against our server.

import assert from "node:assert/strict";
import { connect, type Message } from "@sansock/browser";
import { contentOf, start } from "./support.ts";

const { test } = Deno;

test("a client of @sansock/browser measures by messages that the server's application does not see, and comes back", async () => {
  const heard: unknown[] = [];
  const server = await start(
    { message: (_session, message) => void heard.push(contentOf(message)) },
    { answerKeepalive: true },
  );
  const lost = Promise.withResolvers<unknown>();
  await using client = connect(
    server.url,
    { reconnect: { minDelay: 10 } },
    { down: (_client, { kind }) => lost.resolve(kind) },
  );
  await client.whenOpen();
  await client.send("hello");
  assert(((await client.ping()) satisfies number) >= 0);
  assert.deepEqual(heard, ["hello"]);
  for (const session of server.sessions) session.abort();
  assert.equal(await lost.promise, "closed");
  await client.whenOpen();
  await client.send(Uint8Array.of(1, 2));
  await client.ping();
  assert.deepEqual(heard, ["hello", Uint8Array.of(1, 2)]);
  const end = await client.close(4000, "done");
  assert.deepEqual([end.kind, end.outage?.code], ["closed", 4000]);
  await server.close();
});

test("a client of @sansock/browser iterates over what Deno's WebSocket receives", async () => {
  const server = await start(async (session) => {
    await session.send("a");
    await session.send(Uint8Array.of(1));
  });
  const client = connect(server.url, { keepalive: null });
  const received: Message[] = [];
  for await (const message of client) received.push(message); // until the server closes with 1000
  assert.deepEqual(received, [
    { kind: "text", text: "a" },
    { kind: "binary", bytes: Uint8Array.of(1) },
  ]);
  await server.close();
});
