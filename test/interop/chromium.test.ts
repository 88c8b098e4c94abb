// Against a browser, whose WebSocket is a client of its own making.

import { createServer } from "node:http";
import { type ServeOptions, type Server, type ServerSession, serve } from "@sansock/node-adapter";
import { type Browser, chromium as playwright } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { echo } from "../adapters/node/support.ts";
import { chromium, chromiumArguments } from "../support/tools.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: Partial<ServeOptions> = {},
  handler: (session: ServerSession) => Promise<void> = echo,
): Promise<Server> {
  const http = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end("<!doctype html><title>test</title>");
  });
  const server = await serve({ port: 0, host: "127.0.0.1", http, maxMessageBytes: 2 ** 22, ...options }, handler);
  cleanups.push(
    () => server.close({ timeout: 500 }),
    () => http.closeAllConnections(),
  );
  return server;
}

describe.runIf(chromium !== undefined)("Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await playwright.launch({ executablePath: chromium!, args: [...chromiumArguments] });
  });
  afterAll(() => browser?.close());

  test("converses with our server, from a page of the same origin", async () => {
    const server = await start({ subprotocols: ["echo"], pingInterval: 20 });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const result = await page.evaluate(async () => {
      const socket = new WebSocket(location.href.replace("http", "ws"), ["echo"]);
      socket.binaryType = "arraybuffer";
      const event = <T>(name: string): Promise<T> =>
        new Promise((resolve) => socket.addEventListener(name, (value) => resolve(value as T), { once: true }));
      await event("open");
      const wrong: number[] = [];
      const contents = ["", "hello", "\ufeffbom \u{1f600}\u00e9\0", "x".repeat(65_536), "\u00e9".repeat(100_000)];
      for (const [index, content] of contents.entries()) {
        socket.send(content);
        if ((await event<MessageEvent>("message")).data !== content) wrong.push(index);
      }
      const bytes = new Uint8Array(1_000_000).map((_, index) => index * 7);
      socket.send(bytes);
      const echoed = new Uint8Array((await event<MessageEvent>("message")).data);
      const same = echoed.length === bytes.length && echoed.every((byte, index) => byte === bytes[index]);
      socket.close(3001, "bye");
      const { code, reason, wasClean } = await event<CloseEvent>("close");
      return { protocol: socket.protocol, wrong, same, code, reason, wasClean };
    });
    expect(result).toEqual({ protocol: "echo", wrong: [], same: true, code: 3001, reason: "", wasClean: true });
    await page.close();
  });

  test("answers Pings with latency, and hears why it was closed", async () => {
    const latencies: number[] = [];
    const server = await start({}, async (session) => {
      for (let count = 0; count < 3; count++) latencies.push(await session.ping());
      await session.close(4242, "that was all");
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const closed = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(location.href.replace("http", "ws"));
          socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
        }),
    );
    expect(closed).toEqual({ code: 4242, reason: "that was all", wasClean: true });
    expect(latencies).toHaveLength(3);
    await page.close();
  });

  test("is refused from a page of another origin", async () => {
    const [mine, theirs] = [await start(), await start()];
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${theirs.port}/`);
    const outcome = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve("open");
          socket.onclose = ({ code }) => resolve(code);
        }),
      `ws://127.0.0.1:${mine.port}/`,
    );
    expect(outcome).toBe(1006);
    expect(mine.sessions.size).toBe(0);
    await page.close();
  });

  test("a page that goes away is noticed at once", async () => {
    let opened: (session: ServerSession) => void = () => {};
    const session = new Promise<ServerSession>((resolve) => {
      opened = resolve;
    });
    const server = await start({}, async (one) => {
      opened(one);
      await echo(one);
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.evaluate(() => void new WebSocket(location.href.replace("http", "ws")));
    const closed = (await session).whenClosed();
    await page.close();
    expect([1001, 1005, 1006]).toContain((await closed).code);
  });
});
