// Against `ws`, in both roles.

import { once } from "node:events";
import { connect, serve } from "@sansock/node-adapter";
import { afterEach, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { contentOf, echo, nextOf } from "../adapters/node/support.ts";
import { conversation } from "./conversation.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("a ws client converses with our server", async () => {
  const server = await serve({ port: 0, subprotocols: ["echo"], pingInterval: 30, maxMessageBytes: 2 ** 22 }, echo);
  cleanups.push(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`, ["other", "echo"], { perMessageDeflate: false });
  await once(client, "open");
  expect(client.protocol).toBe("echo");
  for (const content of conversation) {
    client.send(content);
    const [data, isBinary] = (await once(client, "message")) as [Buffer, boolean];
    if (typeof content === "string") expect(data.toString()).toBe(content);
    else expect(Buffer.compare(data, content)).toBe(0);
    expect(isBinary).toBe(typeof content !== "string");
  }
  client.send("frag", { fin: false });
  client.send("", { fin: false });
  client.send("mented", { fin: true });
  const [joined] = (await once(client, "message")) as [Buffer];
  expect(joined.toString()).toBe("fragmented");
  client.ping("are you there?");
  const [pong] = (await once(client, "pong")) as [Buffer];
  expect(pong.toString()).toBe("are you there?");
  await once(client, "ping"); // keepalive
  const [session] = server.sessions;
  expect(await session!.ping()).toBeGreaterThanOrEqual(0);
  client.close(3000, "enough");
  const [code, reason] = (await once(client, "close")) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([3000, ""]);
  expect(await session!.closed).toMatchObject({ code: 3000, reason: "enough", clean: true });
});

test("our client converses with a ws server", async () => {
  const wss = new WebSocketServer({ port: 0, perMessageDeflate: false });
  cleanups.push(() => void wss.close());
  wss.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(wss, "listening");
  const { port } = wss.address() as { port: number };
  const client = await connect(`ws://127.0.0.1:${port}/`, { pingInterval: 20, maxMessageBytes: 2 ** 22 });
  for (const content of conversation) {
    void client.send(content);
    const answer = contentOf((await nextOf(client))!);
    if (typeof content === "string") expect(answer).toBe(content);
    else expect(Buffer.compare(answer as Uint8Array, content)).toBe(0);
  }
  void client.send(["in ", "many", "", " pieces"]);
  expect(await nextOf(client)).toEqual({ kind: "text", text: "in many pieces" });
  expect(await client.ping(new Uint8Array(125))).toBeGreaterThanOrEqual(0);
  expect(await client.close(4321, "done")).toMatchObject({ code: 4321, clean: true });
});

test("a ws server that closes is answered, and one that terminates is told from it", async () => {
  const wss = new WebSocketServer({ port: 0 });
  cleanups.push(() => void wss.close());
  wss.on("connection", (socket, request) =>
    request.url === "/kill" ? socket.terminate() : socket.close(1013, "busy"),
  );
  await once(wss, "listening");
  const { port } = wss.address() as { port: number };
  const closed = await connect(`ws://127.0.0.1:${port}/`);
  expect(await closed.closed).toMatchObject({ code: 1013, reason: "busy", clean: true });
  const killed = await connect(`ws://127.0.0.1:${port}/kill`);
  expect(await killed.closed).toMatchObject({ code: 1006, cause: { kind: "transport-lost" } });
});
