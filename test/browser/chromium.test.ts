// In a real browser, against our server on Node, over real networks that fail.

import { createServer } from "node:http";
import type { Client, Outage } from "@sansock/browser";
import { type Server, serve } from "@sansock/node-adapter";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../../packages/demo/src/relay.ts";
import { chromiumPages } from "../support/chromium.ts";
import { atEnd } from "../support/cleanups.ts";
import { chromium } from "../support/tools.ts";
import { bundle } from "./bundle.ts";

/** What the page keeps for the tests to see. */
interface Kept {
  sansock: typeof import("@sansock/browser");
  client: Client;
  outages: Outage[];
  messages: unknown[];
  opened: number;
}

declare const window: Kept & EventTarget;

/** An echo server with a page. A port of its own choice, unless one is given. */
async function listen(port = 0): Promise<Server> {
  const http = createServer((_request, response) =>
    response.setHeader("Content-Type", "text/html").end("<!doctype html><title>test</title>"),
  );
  const server = await serve(
    { port, host: "127.0.0.1", http, answerKeepalive: true },
    { message: (session, message) => void session.send(message) },
  );
  atEnd(() => server.close({ timeout: 0 }));
  return server;
}

async function relayTo(port: number): Promise<Relay> {
  const relay = await startRelay("127.0.0.1", port);
  atEnd(() => relay.close());
  return relay;
}

describe.runIf(chromium !== undefined)("a client in Chromium", () => {
  const openPage = chromiumPages();
  let script: string;
  beforeAll(async () => {
    script = await bundle("iife");
  });

  /** A page with an open client. */
  async function open(port: number): Promise<Page> {
    const page = await openPage(port);
    await page.addScriptTag({ content: script });
    await page.evaluate(() => {
      window.outages = [];
      window.messages = [];
      window.opened = 0;
      window.client = window.sansock.connect(
        location.href.replace("http", "ws"),
        { keepalive: { interval: 100, timeout: 500, grace: 100 }, reconnect: { minDelay: 20, maxDelay: 200 } },
        {
          open: () => void window.opened++,
          message: (_client, message) =>
            void window.messages.push(message.kind === "text" ? message.text : [...message.bytes]),
          down: (_client, outage) => void window.outages.push(outage),
        },
      );
    });
    await page.waitForFunction(() => window.client.state === "open");
    return page;
  }

  const isOpenAgain = (page: Page, opened: number): Promise<unknown> =>
    page.waitForFunction((count) => window.opened === count && window.client.state === "open", opened);

  test("exchanges messages, and measures by keepalive that the application does not see", async () => {
    const { port } = await listen();
    const page = await open(port!);
    await page.waitForFunction(() => (window.client.rtt?.samples ?? 0) >= 3);
    const { latency, ping, messages } = await page.evaluate(async () => {
      const { client } = window;
      await client.send("hello");
      await client.send(Uint8Array.of(1, 2, 3));
      const measured = await client.ping();
      return { latency: client.latency, ping: measured, messages: window.messages };
    });
    expect(latency).toBe(ping);
    expect(ping).toBeGreaterThanOrEqual(0);
    expect(messages).toEqual(["hello", [1, 2, 3]]);
    expect(await page.evaluate(async () => (await window.client.close(3001, "bye")).outage)).toMatchObject({
      kind: "closed",
      code: 3001,
    });
  });

  test("comes back when its server was killed, and started again", async () => {
    const server = await listen();
    const port = server.port!;
    const page = await open(port);
    for (const session of server.sessions) session.abort();
    await server.close({ timeout: 0 });
    await page.waitForFunction(() => window.outages.some(({ kind }) => kind === "refused"));
    expect(await page.evaluate(() => window.outages[0])).toMatchObject({ kind: "closed", code: 1006, opened: true });
    expect(await page.evaluate(() => window.client.send("lost").catch((error: Error) => error.name))).toBe(
      "Disconnected",
    );
    await listen(port);
    await isOpenAgain(page, 2);
    expect(await page.evaluate(() => window.client.ping())).toBeGreaterThanOrEqual(0);
  });

  test("finds a network that takes everything and brings nothing, and gets another connection", async () => {
    const server = await listen();
    const relay = await relayTo(server.port!);
    const page = await open(relay.port);
    const { address, port } = [...server.sessions][0]!.opening.peer;
    relay.pipeFrom(address, port)!.wire = { up: true, down: true, delay: 0 };
    await isOpenAgain(page, 2);
    const [outage] = await page.evaluate(() => window.outages);
    expect(outage).toMatchObject({ kind: "keepalive-timeout", code: 1006, opened: true });
    expect(outage!.diagnosis!.sinceAsked).toBeGreaterThanOrEqual(500);
  });

  test("makes no attempt while the browser is offline, and one as soon as it is not", async () => {
    const server = await listen();
    const page = await open(server.port!);
    await page.context().setOffline(true);
    for (const session of server.sessions) session.abort();
    await page.waitForFunction(() => window.client.state === "paused");
    await page.context().setOffline(false);
    await isOpenAgain(page, 2);
  });

  test("has no connection while the page is put away, and one when it is taken out again", async () => {
    const server = await listen();
    const page = await open(server.port!);
    const ended = [...server.sessions][0]!.whenClosed();
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    expect(await ended).toMatchObject({ received: { code: 1000, reason: "suspended" } });
    expect(await page.evaluate(() => window.client.state)).toBe("paused");
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await isOpenAgain(page, 2);
  });
});
