// Against a browser, whose WebSocket is a client of its own making.

import { describe, expect, test } from "vitest";
import { chromiumPages } from "../support/chromium.ts";
import { chromium } from "../support/tools.ts";
import { subjects } from "./subjects.ts";

describe.runIf(chromium !== undefined).each(subjects)("Chromium and our server on %s", (_runtime, subject) => {
  const open = chromiumPages();

  test.each(
    Object.entries({
      "without compression": { deflate: undefined, extensions: /^$/ },
      compressed: { deflate: {}, extensions: /^permessage-deflate/ },
    }),
  )("converse, from a page of the same origin, %s", async (_name, { deflate, extensions }) => {
    const { port, reports } = await subject.serve({ subprotocols: ["echo"], deflate });
    const page = await open(port);
    const result = await page.evaluate(async () => {
      const socket = new WebSocket(location.href.replace("http", "ws"), ["echo"]);
      socket.binaryType = "arraybuffer";
      const event = <T>(name: string): Promise<T> =>
        new Promise((resolve) => socket.addEventListener(name, (value) => resolve(value as T), { once: true }));
      await event("open");
      const wrong: number[] = [];
      const contents = ["", "hello", "\ufeffbom \u{1f600}\u00e9\0", "x".repeat(65_536), "\u00e9".repeat(100_000)];
      for (let count = 0; count < 100; count++) {
        contents.push(JSON.stringify({ count, name: "h\u00e9llo", items: new Array(count).fill(count) }));
      }
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
      return { protocol: socket.protocol, extensions: socket.extensions, wrong, same, code, reason, wasClean };
    });
    expect(result).toMatchObject({ protocol: "echo", wrong: [], same: true, code: 3001, reason: "", wasClean: true });
    expect(result.extensions).toMatch(extensions);
    expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    expect(await reports.next("ended")).toMatchObject({ code: 3001, reason: "bye", clean: true });
  });

  test("answers Pings with latency, and hears why it was closed", async () => {
    const { port, reports } = await subject.serve();
    const page = await open(port);
    const closed = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${location.href.replace("http", "ws")}close`);
          socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
        }),
    );
    expect(closed).toEqual({ code: 4242, reason: "that was all", wasClean: true });
    for (let count = 0; count < 3; count++) expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    expect(await reports.next("ended")).toMatchObject({ code: 4242, clean: true });
  });

  test("is refused from a page of another origin", async () => {
    const [mine, theirs] = await Promise.all([subject.serve(), subject.serve()]);
    const page = await open(theirs.port);
    const outcome = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve("open");
          socket.onclose = ({ code }) => resolve(code);
        }),
      mine.url,
    );
    expect(outcome).toBe(1006);
  });

  test("a page that goes away is noticed at once", async () => {
    const { port, reports } = await subject.serve();
    const page = await open(port);
    await page.evaluate(() => void new WebSocket(location.href.replace("http", "ws")));
    await reports.next("latency"); // it is open
    await page.close();
    expect([1001, 1005, 1006]).toContain((await reports.next<{ code: number }>("ended")).code);
  });
});
