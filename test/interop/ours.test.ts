// Our adapters with each other.

import { describe, expect, test } from "vitest";
import { subjects } from "./subjects.ts";

const pairs = subjects.flatMap(([onServer, server]) =>
  subjects.map(([onClient, client]) => [onServer, onClient, server, client] as const),
);

describe.each(pairs)("our server on %s and our client on %s", (_onServer, _onClient, server, client) => {
  test.each(
    Object.entries({
      "without compression": { deflate: undefined },
      compressed: { deflate: {} },
      "compressed without context takeover": {
        deflate: { serverContextTakeover: false, clientContextTakeover: false },
      },
    }),
  )("converse, %s", async (_name, { deflate }) => {
    const { url, reports } = await server.serve({ subprotocols: ["echo"], deflate });
    const conversed = await client.converse(url, { subprotocols: ["echo"], deflate });
    expect(conversed.wrong).toEqual([]);
    expect(conversed.subprotocol).toBe("echo");
    expect(conversed.extensions ?? "").toMatch(deflate === undefined ? /^$/ : /^permessage-deflate/);
    expect(conversed.ended).toMatchObject({ code: 4321, clean: true });
    expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    expect(await reports.next("ended")).toMatchObject({ code: 4321, reason: "done", clean: true });
  });

  test("do not compress unless both want to", async () => {
    const plain = await server.serve();
    const offered = await client.converse(plain.url, { deflate: {} });
    expect([offered.extensions, offered.wrong]).toEqual([undefined, []]);
    const willing = await server.serve({ deflate: {} });
    const unasked = await client.converse(willing.url);
    expect([unasked.extensions, unasked.wrong]).toEqual([undefined, []]);
  });

  test("end the connection with 1009 for a message that inflates beyond the limit", async () => {
    const { url, reports } = await server.serve({ deflate: {}, maxMessageBytes: 100_000 });
    expect(await client.visit(url, { deflate: {} }, "x".repeat(100_001))).toMatchObject({
      code: 1009,
      received: "a message exceeds the configured limit",
    });
    expect(await reports.until("ended")).toMatchObject({ cause: "violation" });
  });

  test("hear why the server closes", async () => {
    const { url } = await server.serve();
    expect(await client.visit(`${url}close`)).toMatchObject({ code: 4242, reason: "that was all", clean: true });
  });
});
