// permessage-deflate with other implementations, in both roles.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ClientSession, connect, permessageDeflate, type Server, serve } from "@sansock/node-adapter";
import { chromium as playwright } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import WsClient, { WebSocketServer } from "ws";
import { contentOf, echo, nextOf } from "../adapters/node/support.ts";
import { chromium, chromiumArguments, python } from "../support/tools.ts";
import { conversation } from "./conversation.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const maxMessageBytes = 2 ** 22;

/** Parameters that both ends can agree on, from the least memory to the most. */
const variants = [
  { name: "by default", options: {} },
  { name: "without context takeover", options: { serverContextTakeover: false, clientContextTakeover: false } },
  { name: "with windows of 9 bits", options: { serverMaxWindowBits: 9, clientMaxWindowBits: 9 } },
  { name: "with windows of 15 bits", options: { serverMaxWindowBits: 15, clientMaxWindowBits: 15 } },
] as const;

async function start(options = {}): Promise<Server> {
  const server = await serve(
    { port: 0, host: "127.0.0.1", maxMessageBytes, pingInterval: 20, extensions: [permessageDeflate(options)] },
    echo,
  );
  cleanups.push(() => server.close({ timeout: 500 }));
  return server;
}

/** Twice, so that the second time refers to the first. */
async function converse(client: ClientSession): Promise<void> {
  for (const content of [...conversation, ...conversation, new Array(300).fill("a piece, ")].flat()) {
    void client.send(content);
    const answer = contentOf((await nextOf(client))!);
    if (typeof content === "string") expect(answer).toBe(content);
    else expect(Buffer.compare(answer as Uint8Array, content)).toBe(0);
  }
  void client.send(["fragments, ", "fragments, ", "", "compressed as one message"], { compress: true });
  expect(await nextOf(client)).toEqual({ kind: "text", text: "fragments, fragments, compressed as one message" });
  void client.send("plain ".repeat(100), { compress: false });
  expect(await nextOf(client)).toEqual({ kind: "text", text: "plain ".repeat(100) });
  expect(await client.ping()).toBeGreaterThanOrEqual(0);
}

describe.each(variants)("permessage-deflate $name", ({ options }) => {
  test("a ws client converses with our server", async () => {
    const server = await start(options);
    const client = new WsClient(`ws://127.0.0.1:${server.port}/`, { perMessageDeflate: { threshold: 0 } });
    await once(client, "open");
    expect(client.extensions).toMatch(/^permessage-deflate/);
    for (const content of [...conversation, ...conversation]) {
      client.send(content);
      const [data] = (await once(client, "message")) as [Buffer];
      expect(Buffer.compare(data, Buffer.from(content as string))).toBe(0);
    }
    client.close(3000);
    await once(client, "close");
  });

  test("our client converses with a ws server", async () => {
    const wss = new WebSocketServer({ port: 0, perMessageDeflate: { threshold: 0 }, maxPayload: maxMessageBytes });
    cleanups.push(() => void wss.close());
    wss.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await once(wss, "listening");
    const { port } = wss.address() as { port: number };
    const client = await connect(`ws://127.0.0.1:${port}/`, {
      maxMessageBytes,
      extensions: [permessageDeflate(options)],
    });
    expect(client.opening.response.headers.get("sec-websocket-extensions")).toMatch(/^permessage-deflate/);
    await converse(client);
    expect(await client.close()).toMatchObject({ clean: true });
  });

  test("our client converses with our server", async () => {
    const server = await start(options);
    const url = `ws://127.0.0.1:${server.port}/`;
    const client = await connect(url, { maxMessageBytes, extensions: [permessageDeflate(options)] });
    expect(client.opening.response.headers.get("sec-websocket-extensions")).toMatch(/^permessage-deflate/);
    await converse(client);
    expect(await client.close()).toMatchObject({ clean: true });
  });
});

test("a message that inflates beyond the limit ends the connection with 1009", async () => {
  const server = await serve(
    { port: 0, host: "127.0.0.1", maxMessageBytes: 100_000, extensions: [permessageDeflate()] },
    echo,
  );
  cleanups.push(() => server.close({ timeout: 500 }));
  const client = await connect(`ws://127.0.0.1:${server.port}/`, { extensions: [permessageDeflate()] });
  void client.send("x".repeat(100_001));
  expect(await client.closed).toMatchObject({
    code: 1009,
    received: { reason: "a message exceeds the configured limit" },
  });
});

test("nobody compresses with a server or client that does not", async () => {
  const plain = await serve({ port: 0, host: "127.0.0.1" }, echo);
  cleanups.push(() => plain.close({ timeout: 500 }));
  const client = await connect(`ws://127.0.0.1:${plain.port}/`, { extensions: [permessageDeflate()] });
  expect(client.opening.response.headers.has("sec-websocket-extensions")).toBe(false);
  void client.send("plain ".repeat(100));
  expect(await nextOf(client)).toEqual({ kind: "text", text: "plain ".repeat(100) });
  await client.close();
});

describe.runIf(python !== undefined)("Python's websockets", () => {
  test("a Python client converses with our server, compressed", async () => {
    const server = await serve(
      { port: 0, host: "127.0.0.1", subprotocols: ["echo"], maxMessageBytes, extensions: [permessageDeflate()] },
      echo,
    );
    cleanups.push(() => server.close({ timeout: 500 }));
    const { lines } = run("python-client.py", `ws://127.0.0.1:${server.port}/`, "deflate");
    expect(await next(lines)).toEqual({ subprotocol: "echo", extensions: ["permessage-deflate"] });
    expect(await next(lines)).toEqual({ echoed: 7, pinged: true });
    expect(await next(lines)).toMatchObject({ code: 3210 });
  });

  test("our client converses with a Python server, compressed", async () => {
    const { lines } = run("python-server.py", "deflate");
    const { port } = (await next(lines)) as { port: number };
    const url = `ws://127.0.0.1:${port}/`;
    const client = await connect(url, { maxMessageBytes, extensions: [permessageDeflate()] });
    expect(client.opening.response.headers.get("sec-websocket-extensions")).toMatch(/^permessage-deflate/);
    await converse(client);
    await client.close();
  });
});

describe.runIf(chromium !== undefined)("Chromium", () => {
  test("converses with our server, compressed", async () => {
    const http = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html").end("<!doctype html><title>test</title>");
    });
    const server = await serve({ port: 0, host: "127.0.0.1", http, extensions: [permessageDeflate()] }, echo);
    cleanups.push(
      () => server.close({ timeout: 500 }),
      () => http.closeAllConnections(),
    );
    const browser = await playwright.launch({ executablePath: chromium!, args: [...chromiumArguments] });
    cleanups.push(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const result = await page.evaluate(async () => {
      const socket = new WebSocket(location.href.replace("http", "ws"));
      const event = <T>(name: string): Promise<T> =>
        new Promise((resolve) => socket.addEventListener(name, (value) => resolve(value as T), { once: true }));
      await event("open");
      const wrong: number[] = [];
      for (let index = 0; index < 100; index++) {
        const content = JSON.stringify({ index, name: "h\u00e9llo", items: new Array(index).fill(index) });
        socket.send(content);
        if ((await event<MessageEvent>("message")).data !== content) wrong.push(index);
      }
      return { extensions: socket.extensions, wrong };
    });
    expect(result.extensions).toMatch(/^permessage-deflate/);
    expect(result.wrong).toEqual([]);
  });
});

function run(script: string, ...args: string[]): { lines: AsyncIterator<string>; child: ChildProcess } {
  const child = spawn(python!, [join(import.meta.dirname, script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  cleanups.push(() => void child.kill());
  return { lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator](), child };
}

async function next(lines: AsyncIterator<string>): Promise<unknown> {
  const { value } = await lines.next();
  return JSON.parse(value as string);
}
