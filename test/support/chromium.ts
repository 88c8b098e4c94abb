import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { atEnd } from "./cleanups.ts";
import { chromium, chromiumArguments } from "./tools.ts";

export function launchChromium(): Promise<Browser> {
  return playwright.launch({ executablePath: chromium!, args: [...chromiumArguments] });
}

/** One browser for the tests of a group. Returns how to get a page whose origin is the server on a port, for one test. */
export function chromiumPages(): (port: number) => Promise<Page> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return async (port) => {
    const page = await browser.newPage();
    atEnd(() => page.close());
    await page.goto(`http://127.0.0.1:${port}/`);
    return page;
  };
}
