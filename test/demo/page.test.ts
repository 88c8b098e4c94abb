// The page of the demo, in a browser: what a user sees, and what the buttons do.

import { connect } from "@sansock/node-adapter";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { chromium } from "../support/tools.ts";
import { openPage, start } from "./support.ts";

/** The card of a connection with this text on it, anywhere. */
const withText = (locator: Locator, text: string | RegExp): Promise<void> =>
  locator.filter({ hasText: text }).waitFor();
const button = (within: Locator, name: string): Locator => within.getByRole("button", { name, exact: true });

describe.runIf(chromium !== undefined)("the page of the demo", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test("shows two connections, whose latency graphs grow, and makes the browser complain of nothing", async () => {
    const { page, complaints } = await openPage(browser, (await start()).url);
    const graph = page
      .locator(".card")
      .first()
      .getByRole("img", { name: /^Latency of the last minute: now [\d.]+ ms/ });
    await graph.waitFor();
    const points = (): Promise<number> => graph.evaluate((svg) => Number((svg as SVGElement).dataset.samples));
    await page.waitForFunction(([svg, before]) => Number((svg as SVGElement).dataset.samples) > (before as number), [
      await graph.elementHandle(),
      await points(),
    ] as const);
    expect(await graph.locator(".line").getAttribute("d")).toMatch(/^M[-\d.]+ [\d.]+L/);
    await withText(page.locator(".timer").first(), /waits for (the next Ping, in|a Pong, within) \d+\.\d s/);
    expect(await page.locator("h2").first().textContent()).toBe("Open 2");
    expect(complaints).toEqual([]);
  });

  test("sends what was typed, and counts it on the way in and on the way out", async () => {
    const { page } = await openPage(browser, (await start()).url);
    const card = page.locator(".card").first();
    await page.getByLabel("Message").fill("grüezi");
    await button(card, "Send").click();
    await button(card, "Send").click();
    await withText(card.locator(".row"), "received2 · 14 B");
    await withText(card.locator(".row"), "sent2 · 14 B");
    await withText(card.locator(".row"), /last echoafter [\d.]+ m?s/);
  });

  test("opens further connections, and pings when it is told to", async () => {
    const { page } = await openPage(browser, (await start({ pingInterval: 60_000 })).url);
    await button(page.locator(".toolbar"), "Open a connection").click();
    const card = page.locator(".card").nth(2);
    const graph = card.locator("[data-samples]");
    await graph.waitFor();
    expect(await graph.getAttribute("data-samples")).toBe("1");
    await button(card, "Ping").click();
    await card.locator("[data-samples='2']").waitFor();
  });

  test("shows the delay that it asks for as latency", async () => {
    const { page } = await openPage(browser, (await start()).url);
    const card = page.locator(".card").first();
    await card.getByText("200 ms", { exact: true }).click();
    await withText(card, "200 ms longer, each way");
    // There and back; Pings that were on the way already are faster.
    await withText(card.locator(".latency"), /^[4-9]\d\d ms$/);
  });

  test("reports a blackholed connection as a ping timeout, while the browser believes that it is open", async () => {
    const { page, complaints } = await openPage(browser, (await start()).url);
    await button(page.locator(".card").first(), "Blackhole").click();
    await withText(page.locator(".card").first().locator(".timer"), "a Pong, within");
    const ended = page.locator(".ended");
    await withText(ended, "Ping timeout");
    expect(await page.locator(".card").count()).toBe(1);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("ended-heading");
    expect(await ended.locator(".description").textContent()).toMatch(
      /^keepalive ping timeout: no pong arrived in time; sent Close 1011 "keepalive ping timeout"; last byte in \d+ ms ago/i,
    );
    await ended.getByText("What was known").click();
    await withText(ended.locator(".row"), "causeping-timeout");
    await withText(ended.locator(".row"), "receivedno Close");
    await withText(ended.locator(".row"), "unanswered Pings1");
    await withText(ended, "In this browser the socket is still open");
    await button(ended, "Mend the wire").click();
    await withText(ended, /In this browser: (Close 1011 “keepalive ping timeout”|1006, no Close)/);
    expect(complaints).toEqual([]);
  });

  test("shows who waits for whom when a client stops reading, and ends that too", async () => {
    const { page } = await openPage(browser, (await start({ pingTimeout: 8_000 })).url);
    const card = page.locator(".card").first();
    await button(card, "Stall reading").click();
    await withText(card, "the client reads nothing");
    for (let bursts = 0; bursts < 3; bursts++) await button(card, "Burst").click();
    await withText(card, "open, reading paused");
    await withText(card.locator(".row"), /^queued[\d.]+ kB/);
    await withText(page.locator(".ended"), /Ping timeout.* bytes queued.*we had stopped reading/s);
  });

  test("keeps a connection that recovers within the deadline", async () => {
    const { page } = await openPage(browser, (await start({ pingTimeout: 20_000 })).url);
    const card = page.locator(".card").first();
    await button(card, "Blackhole").click();
    await withText(card.locator(".latency"), /^>/);
    await button(card, "Send").click();
    await button(card, "Blackhole").click();
    await withText(card.locator(".timer"), "the next Ping");
    await withText(card.locator(".row"), "sent1 · 5 B");
    expect(await page.locator(".ended").count()).toBe(0);
  });

  test("tells a closing handshake from a reset", async () => {
    const { page } = await openPage(browser, (await start()).url);
    await button(page.locator(".card").first(), "Close").click();
    const closed = page.locator(".ended").filter({ hasText: "Closed" });
    await withText(closed, 'received Close 1000 "closed from the page"; sent Close 1000');
    await withText(closed, "In this browser: Close 1000.");
    await button(page.locator(".card").first(), "Reset").click();
    const lost = page.locator(".ended").filter({ hasText: "Transport lost" });
    await withText(lost, "In this browser: 1006, no Close, not clean.");
    await page.getByText("No connection is open.").waitFor();
  });

  test("lists connections that are not its own, and offers only what can be done to them", async () => {
    const demo = await start();
    const { page } = await openPage(browser, demo.url);
    const session = await connect(demo.url.replace("http", "ws"));
    const card = page.locator(".card").nth(2);
    await withText(card, "from 127.0.0.1, port");
    for (const name of ["Send", "Burst", "Stall reading", "Blackhole", "Reset"]) {
      expect(await button(card, name).isDisabled(), name).toBe(true);
    }
    await button(card, "Close").click();
    expect(await session.closed).toMatchObject({ code: 1000, clean: true });
    await withText(page.locator(".ended"), "Closed by this side");
  });

  test("says so when the server is gone, and starts anew when there is one again", async () => {
    const first = await start();
    const { page } = await openPage(browser, first.url);
    await first.close();
    await withText(page.locator(".observer"), "no server");
    await start({ port: Number(new URL(first.url).port) });
    await withText(page.locator(".observer"), "live");
    await page.locator(".card").nth(1).locator("[data-samples]").waitFor();
    expect(await page.locator(".ended").count()).toBe(0);
  });

  test("fits into wide and narrow windows, also when there is much to say", async () => {
    const { page } = await openPage(browser, (await start({ pingTimeout: 20_000 })).url);
    await button(page.locator(".card").first(), "Reset").click();
    await page.locator(".ended").getByText("What was known").click();
    const card = page.locator(".card").first();
    await button(card, "Stall reading").click();
    for (let bursts = 0; bursts < 3; bursts++) await button(card, "Burst").click();
    await withText(card, "open, reading paused");
    for (const width of [1600, 1280, 1081, 1000, 721, 720, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll("main *, .masthead *")]
          .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
          .map((element) => element.outerHTML),
      );
      expect(outside, `${width}`).toEqual([]);
    }
  });
});
