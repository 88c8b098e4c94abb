// The demo without a browser: what it answers to requests, and to those who observe.

import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect, HandshakeRefused } from "@sansock/node-adapter";
import { describe, expect, test } from "vitest";
import { parseCommand } from "../../packages/demo/src/observation.ts";
import { start } from "./support.ts";

async function fetchFrom(url: string, path: string, method = "GET"): Promise<{ status: number; headers: Headers }> {
  const { status, headers } = await fetch(new URL(path, url), { method });
  return { status, headers };
}

/** A request that nobody puts in order first, as `fetch` would. */
function requestAsItIs(url: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, options, (response) => resolve(response.resume()))
      .on("error", reject)
      .end();
  });
}

describe("the demo", () => {
  test("serves its own files and nothing else, under a policy that forbids everything else", async () => {
    const { url } = await start();
    const { status, headers } = await fetchFrom(url, "/");
    expect(status).toBe(200);
    const policy = headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'self'; connect-src 'self' ws:\/\/127\.0\.0\.1:\d+; /);
    expect(policy).not.toContain("unsafe");
    expect((await fetchFrom(url, "/main.js")).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    for (const path of ["/demo.ts", "/tsconfig.json", "/%2e%2e/demo.ts", "/index.html/", "/page"]) {
      expect((await fetchFrom(url, path)).status, path).toBe(404);
    }
    expect((await fetchFrom(url, "/", "POST")).status).toBe(405);
  });

  test("answers a path that leads out of its folder with 404", async () => {
    const { url } = await start();
    expect((await requestAsItIs(url, { path: "/../demo.ts" })).statusCode).toBe(404);
  });

  test("lets a page at an IPv6 address connect to all ports: a policy cannot name such an address", async () => {
    const { url } = await start();
    const { headers } = await requestAsItIs(url, { headers: { Host: "[::1]:9001" } });
    expect(headers["content-security-policy"]).toContain("connect-src 'self' ws:;");
  });

  test("lets no page of another host observe", async () => {
    const { url } = await start();
    const observed = connect(`${url.replace("http", "ws")}observe`, { headers: [["Origin", "https://example.com"]] });
    await expect(observed).rejects.toThrow(HandshakeRefused);
  });

  test("closes observers that send anything but commands with 1008", async () => {
    const { url } = await start();
    const observer = await connect(`${url.replace("http", "ws")}observe`);
    await observer.send('{"kind":"format","id":1}');
    expect(await observer.closed).toMatchObject({ code: 1008, reason: "not a command" });
  });

  test("takes a command about a connection that is gone as done", async () => {
    const { url } = await start();
    const observer = await connect(`${url.replace("http", "ws")}observe`);
    await observer.send('{"kind":"close","id":12345}');
    await observer.ping();
    expect(observer.state).toBe("open");
    await observer.close();
  });

  test("answers more commands to ping than a connection may have Pings in flight", async () => {
    const { url } = await start();
    const silent = await connect(url.replace("http", "ws"), { autoPong: false });
    const observer = await connect(`${url.replace("http", "ws")}observe`);
    for (let pings = 0; pings < 300; pings++) await observer.send('{"kind":"ping","id":1}');
    await observer.ping();
    expect([silent.state, observer.state]).toEqual(["open", "open"]);
    silent.abort();
    await observer.close();
  });
});

describe("a command of the page", () => {
  test.each([
    '{"kind":"ping","id":1}',
    '{"kind":"close","id":1}',
    '{"kind":"reset","id":1}',
    '{"kind":"wire","id":1,"wire":{"up":true,"down":false,"delay":20}}',
  ])("may be %s", (text) => {
    expect(parseCommand(text)).toEqual(JSON.parse(text));
  });

  test.each([
    "",
    "null",
    "[]",
    '"ping"',
    '{"kind":"ping"}',
    '{"kind":"ping","id":"1"}',
    '{"kind":"wire","id":1}',
    '{"kind":"wire","id":1,"wire":null}',
    '{"kind":"wire","id":1,"wire":{"up":1,"down":false,"delay":20}}',
    '{"kind":"wire","id":1,"wire":{"up":true,"down":false}}',
    '{"kind":"wire","id":1,"wire":{"up":true,"down":false,"delay":-1}}',
    '{"kind":"wire","id":1,"wire":{"up":true,"down":false,"delay":1e9}}',
  ])("cannot be %s", (text) => {
    expect(parseCommand(text)).toBeUndefined();
  });
});
