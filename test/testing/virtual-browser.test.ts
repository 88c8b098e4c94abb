// The browser of the testing kit: its WebSocket behaves as the specification of WebSockets in browsers says.

import type { ServerOptions, SessionCallbacks } from "@sansock/protocol/driver";
import {
  VirtualBrowser,
  type VirtualBrowserOptions,
  VirtualServer,
  type VirtualWebSocket,
} from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

const URL = "ws://server.test/";
const echo: SessionCallbacks<never> = { message: (session, message) => void session.send(message) };

function world(options: VirtualBrowserOptions = {}, serverOptions: ServerOptions = {}) {
  const server = new VirtualServer(serverOptions, echo);
  const browser = new VirtualBrowser(server, options);
  /** Opens a WebSocket, and what its events are, as they come. */
  const open = (protocols?: string | string[]): { socket: VirtualWebSocket; events: unknown[] } => {
    const socket = new browser.environment.WebSocket(URL, protocols);
    const events: unknown[] = [];
    socket.onopen = () => void events.push("open");
    socket.onmessage = ({ data }) => void events.push(data);
    socket.onerror = () => void events.push("error");
    socket.onclose = (event) => void events.push(event);
    return { socket, events };
  };
  return { server, browser, open };
}

const ABNORMAL = { code: 1006, reason: "", wasClean: false };

describe("its WebSocket", () => {
  test("opens, exchanges text and bytes, and closes", async () => {
    const { server, browser, open } = world({ link: { latency: 10 } }, { subprotocols: ["chat"] });
    const { socket, events } = open(["other", "chat"]);
    expect(socket.readyState).toBe(0);
    expect(socket.protocol).toBe("");
    expect(socket.bufferedAmount).toBe(0);
    expect(() => socket.send("too early")).toThrow(expect.objectContaining({ code: "not-open" }));
    await server.run(100);
    expect(socket.readyState).toBe(1);
    expect(socket.protocol).toBe("chat");
    socket.send("hello");
    const bytes = Uint8Array.of(1, 2, 3);
    socket.send(bytes);
    bytes.fill(9); // it has its own copy
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    await server.run(100);
    expect(socket.bufferedAmount).toBe(0);
    socket.close(3001, "bye");
    expect(socket.readyState).toBe(2);
    socket.send("nobody hears this");
    socket.close();
    await server.run(100);
    expect(socket.readyState).toBe(3);
    expect(events).toEqual([
      "open",
      "hello",
      Uint8Array.of(1, 2, 3).buffer,
      { code: 3001, reason: "", wasClean: true },
    ]);
    socket.close();
    socket.send("nor this");
    expect(browser.sockets).toEqual([socket]);
    expect(socket.url).toBe(URL);
  });

  test("takes one subprotocol as a string", async () => {
    const { server, open } = world({}, { subprotocols: ["chat"] });
    const { socket } = open("chat");
    await server.run(10);
    expect(socket.protocol).toBe("chat");
  });

  test("hears what the server closes it with, and delivers nothing after its own close", async () => {
    const { server, open } = world({ link: { latency: 10 } });
    const [heard, deaf] = [open(), open()];
    await server.run(100);
    const [first, second] = [...server.sessions];
    void first!.close(4001, "that was all");
    void second!.send("too late");
    deaf.socket.close();
    await server.run(100);
    expect(heard.events).toEqual(["open", { code: 4001, reason: "that was all", wasClean: true }]);
    expect(deaf.events).toEqual(["open", { code: 1000, reason: "", wasClean: true }]);
  });

  test("is closing from the moment that the server's Close has arrived", async () => {
    const { server, open } = world({ link: { latency: 10 } });
    const { socket } = open();
    await server.run(100);
    void [...server.sessions][0]!.close();
    await server.run(15);
    expect(socket.readyState).toBe(2);
    socket.close();
  });

  test("fails when no server can be reached, or refuses it, or it is closed before it is open", async () => {
    const { server, browser, open } = world({}, { authorize: () => ({ status: 401 }) });
    const refused = open();
    browser.server = undefined;
    const alone = open();
    alone.socket.close();
    expect(browser.link).toBeUndefined();
    const { server: other, open: openOther } = world({ link: { latency: 10 } });
    const impatient = openOther();
    impatient.socket.close();
    expect(impatient.socket.readyState).toBe(2);
    await server.run(100);
    await other.run(100);
    for (const { events, socket } of [refused, alone, impatient]) {
      expect(events).toEqual(["error", ABNORMAL]);
      expect(socket.readyState).toBe(3);
    }
    expect(other.sessions.size).toBe(0);
  });

  test("refuses URLs that are none, and codes that a page may not send", async () => {
    const { server, browser, open } = world();
    expect(() => new browser.environment.WebSocket("http://server.test/")).toThrow();
    expect(browser.sockets).toEqual([]);
    const { socket } = open();
    await server.run(10);
    for (const code of [1001, 2999, 5000]) {
      expect(() => socket.close(code)).toThrow(expect.objectContaining({ code: "bad-close-code" }));
    }
  });

  test("needs nobody who listens", async () => {
    const { server, browser } = world();
    const socket = new browser.environment.WebSocket(URL);
    await server.run(10);
    socket.send("hello");
    await server.run(10);
    socket.close();
    await server.run(10);
    browser.server = undefined;
    const another = new browser.environment.WebSocket(URL);
    await server.run(10);
    expect([socket.readyState, another.readyState]).toEqual([3, 3]);
  });
});

describe("its page", () => {
  test("tells those who watch, and knows whether it is online", () => {
    const { browser } = world();
    const { page } = browser.environment;
    const told: string[] = [];
    const stop = page.watch((event) => void told.push(event));
    expect(browser.listeners).toBe(1);
    for (const event of ["offline", "visible"] as const) browser.emit(event);
    expect(page.isOnline).toBe(false);
    browser.emit("online");
    expect(page.isOnline).toBe(true);
    stop();
    browser.emit("suspended");
    expect(told).toEqual(["offline", "visible", "online"]);
    expect(browser.listeners).toBe(0);
  });
});

describe("its time", () => {
  test("can be throttled", async () => {
    const { server, browser } = world();
    const { clock } = browser.environment;
    const rung: number[] = [];
    browser.throttle(1_000);
    clock.alarm(500, () => void rung.push(clock.now()));
    await server.run(5_000);
    expect(rung).toEqual([1_500]);
  });

  test("can sleep: timers are late then, and what has arrived comes after them", async () => {
    const { server, browser, open } = world({}, { pingInterval: null });
    const { clock } = browser.environment;
    const { events } = open();
    await server.run(100);
    browser.server = undefined;
    new browser.environment.WebSocket(URL); // one without a link
    browser.sleep();
    clock.alarm(500, () => void events.push(clock.now()));
    void [...server.sessions][0]!.send("hello");
    await server.run(60_000);
    expect(events).toEqual(["open"]);
    browser.wake();
    await server.run(0);
    expect(events).toEqual(["open", 60_100, "hello"]);
  });
});
