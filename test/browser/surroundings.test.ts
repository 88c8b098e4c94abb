// What a client takes from its surroundings, unless it is given something else: the clock, and the page.

import { browserClock, browserPage, type PageEvent } from "@sansock/browser";
import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the clock", () => {
  test("rings when it is time, and not when it was cancelled", () => {
    vi.useFakeTimers();
    const rung: string[] = [];
    const now = browserClock.now();
    browserClock.alarm(now + 99.5, () => void rung.push("one"));
    const cancel = browserClock.alarm(now + 50, () => void rung.push("another"));
    cancel();
    vi.advanceTimersByTime(99);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual(["one"]);
  });

  test("rings soon, and never during the call, for what is due", () => {
    vi.useFakeTimers();
    let rung = false;
    browserClock.alarm(browserClock.now() - 1_000, () => {
      rung = true;
    });
    expect(rung).toBe(false);
    vi.advanceTimersByTime(1);
    expect(rung).toBe(true);
  });

  test("does not ring at once for what a timer cannot be set for", () => {
    vi.useFakeTimers();
    let rung = false;
    const cancel = browserClock.alarm(browserClock.now() + 2 ** 40, () => {
      rung = true;
    });
    vi.advanceTimersByTime(1_000_000);
    expect(rung).toBe(false);
    cancel();
  });
});

describe("the page", () => {
  /** A window with a document, as far as they are needed. */
  function stubWindow() {
    const window = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
    vi.stubGlobal("document", document);
    return { window, document };
  }

  test("tells what happens to its window and its document, until nobody listens any more", () => {
    const { window, document } = stubWindow();
    const told: PageEvent[] = [];
    const stop = browserPage.watch((event) => void told.push(event));
    for (const type of ["online", "offline", "pagehide", "pageshow"]) window.dispatchEvent(new Event(type));
    document.dispatchEvent(new Event("visibilitychange")); // somebody looks elsewhere
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    document.dispatchEvent(new Event("resume"));
    const all: PageEvent[] = ["online", "offline", "suspended", "resumed", "visible", "visible"];
    expect(told).toEqual(all);
    stop();
    for (const type of ["online", "pagehide"]) window.dispatchEvent(new Event(type));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(told).toEqual(all);
  });

  test("of a worker has no document, and of a server nothing at all", () => {
    const { window } = stubWindow();
    vi.stubGlobal("document", undefined);
    const told: PageEvent[] = [];
    const stop = browserPage.watch((event) => void told.push(event));
    window.dispatchEvent(new Event("offline"));
    expect(told).toEqual(["offline"]);
    stop();
    vi.unstubAllGlobals();
    browserPage.watch(() => {})();
  });

  test.each<[navigator: unknown, isOnline: boolean]>([
    [undefined, true],
    [{}, true],
    [{ onLine: true }, true],
    [{ onLine: false }, false],
  ])("with the navigator %j is online: %s", (navigator, isOnline) => {
    vi.stubGlobal("navigator", navigator);
    expect(browserPage.isOnline).toBe(isOnline);
  });
});
