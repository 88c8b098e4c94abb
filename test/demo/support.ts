// Demos that run as long as a test, and their pages in a headless browser.

import type { Browser, Page } from "playwright-core";
import { type Demo, type DemoOptions, startDemo } from "../../packages/demo/src/start-demo.ts";
import { atEnd } from "../support/cleanups.ts";

/** Short enough not to wait for long; long enough for a browser that has much to do. Times in ms. */
const timings = { pingInterval: 200, pingTimeout: 2_500, closeTimeout: 300 };

/** A demo of its own for this test; it ends with the test. */
export async function start(options: Partial<DemoOptions> = {}): Promise<Demo> {
  const demo = await startDemo({ port: 0, host: "127.0.0.1", ...timings, ...options });
  atEnd(() => demo.close());
  return demo;
}

export interface OpenPage {
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: readonly string[];
}

/** The page of a demo, with both of its connections open and their latency measured. */
export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const context = await browser.newContext();
  atEnd(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000); // says what was waited for, where the test's own timeout would not
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  await page.locator(".card").nth(1).locator("[data-samples]").waitFor();
  return { page, complaints };
}
