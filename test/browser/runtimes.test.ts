// With WebSocket classes of others, outside of browsers, against our server on Node.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Client, connect, type Outage, type WebSocketClass } from "@sansock/browser";
import { serve } from "@sansock/node-adapter";
import { WebSocket as Undici } from "undici";
import { describe, expect, test } from "vitest";
import { WebSocket as Ws } from "ws";
import { atEnd } from "../support/cleanups.ts";

/** What Node has from version 22 on is undici's. */
const classes: Readonly<Record<string, WebSocketClass>> = { undici: Undici, ws: Ws };

describe.each(Object.entries(classes))("a client with the WebSocket of %s", (_name, WebSocket) => {
  async function open(): Promise<{ client: Client; drop: () => void; lost: Promise<unknown> }> {
    const server = await serve({ port: 0, host: "127.0.0.1", answerKeepalive: true }, (session) => session.closed);
    atEnd(() => server.close({ timeout: 0 }));
    let lose: (outage: Outage) => void = () => {};
    const lost = new Promise((resolve) => {
      lose = resolve;
    });
    const client = connect(
      `ws://127.0.0.1:${server.port}/`,
      { WebSocket, reconnect: { minDelay: 10 }, keepalive: { interval: 50 } },
      { down: (_client, outage) => lose(outage) },
    );
    atEnd(() => client.close());
    await client.whenOpen();
    return {
      client,
      lost,
      drop: () => {
        for (const session of server.sessions) session.abort();
      },
    };
  }

  test("measures, and comes back when it was dropped", async () => {
    const { client, drop, lost } = await open();
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    drop();
    expect(await lost).toMatchObject({ kind: "closed", code: 1006, opened: true });
    await client.whenOpen();
    await client.send(Uint8Array.of(1));
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await client.close(4000, "done")).toMatchObject({ kind: "closed", outage: { code: 4000 } });
  });

  test("drops an attempt that has not opened yet, and nobody hears of it", async () => {
    const { client } = await open();
    const another = connect("ws://127.0.0.1:1/", { WebSocket, reconnect: { minDelay: 60_000 } });
    expect((await another.close()).kind).toBe("closed");
    expect(client.state).toBe("open");
  });
});

test("a client with the WebSocket of Bun measures, and comes back when it was dropped", async () => {
  const server = await serve(
    { port: 0, host: "127.0.0.1", answerKeepalive: true },
    {
      message(session, message) {
        if (message.kind === "text" && message.text === "drop me") session.abort();
        else void session.send(message);
      },
    },
  );
  atEnd(() => server.close({ timeout: 0 }));
  const program = join(import.meta.dirname, "visit.ts");
  const bun = join(import.meta.dirname, "../../node_modules/.bin/bun");
  const args = ["--conditions=@sansock/source", program, `ws://127.0.0.1:${server.port}/`];
  const { stdout } = await promisify(execFile)(bun, args, { timeout: 60_000 });
  expect(JSON.parse(stdout)).toEqual({
    received: ["hello", [1, 2]],
    outages: ["closed", "closed"],
    latency: expect.any(Number),
    end: "closed",
    code: 4000,
  });
});
