// Against undici, whose WebSocket is the one that Node 22 and later bring.

import { serve } from "@sansock/node-adapter";
import { WebSocket } from "undici";
import { afterEach, expect, test } from "vitest";
import { echo } from "../adapters/node/support.ts";
import { conversation } from "./conversation.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("Node's own client converses with our server", async () => {
  const server = await serve({ port: 0, subprotocols: ["echo"], pingInterval: 20, maxMessageBytes: 2 ** 22 }, echo);
  cleanups.push(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`, ["echo"]);
  client.binaryType = "arraybuffer";
  await event(client, "open");
  expect(client.protocol).toBe("echo");
  for (const content of conversation) {
    client.send(content as string);
    const { data } = (await event(client, "message")) as unknown as { data: string | ArrayBuffer };
    // It loses a leading U+FEFF, which RFC 6455 and the browsers keep.
    if (typeof content === "string") expect(data).toBe(content.replace(/^\ufeff/, ""));
    else expect(Buffer.compare(new Uint8Array(data as ArrayBuffer), content)).toBe(0);
  }
  const [session] = server.sessions;
  expect(await session!.ping()).toBeGreaterThanOrEqual(0);
  client.close(3456, "bye");
  const closed = (await event(client, "close")) as unknown as { code: number; wasClean: boolean };
  expect([closed.code, closed.wasClean]).toEqual([3456, true]);
  expect(await session!.closed).toMatchObject({ code: 3456, reason: "bye", clean: true });
});

function event(target: WebSocket, name: "open" | "message" | "close"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", reject, { once: true });
  });
}
