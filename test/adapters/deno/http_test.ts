import assert from "node:assert/strict";
import { connect, type HttpHandler } from "@sansock/deno-adapter";
import { RawClient } from "../node/raw.ts";
import { echo, eventually, start } from "./support.ts";

const { test } = Deno;

async function serveHttp(http: HttpHandler, options = {}) {
  const server = await start(echo, { http, ...options });
  return Object.assign(server, { base: `http://127.0.0.1:${server.port}` });
}

test("a server without an HTTP handler answers 426", async () => {
  await using server = await start(echo);
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(response.status, 426);
  assert.equal(response.headers.get("upgrade"), "websocket");
  await response.body?.cancel();
});

test("an HTTP handler gets a Request and its peer, and WebSockets are served beside it", async () => {
  await using server = await serveHttp(async (request, peer) => {
    const { method, url, headers } = request;
    return Response.json([method, url, headers.get("x-mine"), peer.address, await request.text()]);
  });
  const got = await fetch(`${server.base}/health?deep=1`, { headers: { "X-Mine": "1" } });
  assert.deepEqual(await got.json(), ["GET", `${server.base}/health?deep=1`, "1", "127.0.0.1", ""]);
  assert.match(got.headers.get("date") ?? "", /GMT$/);
  const posted = await fetch(`${server.base}/form`, { method: "POST", body: "x".repeat(200_000) });
  assert.deepEqual(await posted.json(), ["POST", `${server.base}/form`, null, "127.0.0.1", "x".repeat(200_000)]);
  await using _client = await connect(server.url);
});

test("an HTTP handler may stream its response, and the body that the client sends may be a stream", async () => {
  await using server = await serveHttp(async (request) => {
    const text = await request.text();
    const pieces = ["<", text, ">", "x".repeat(500_000)];
    return new Response(ReadableStream.from(pieces).pipeThrough(new TextEncoderStream()), {
      status: 201,
      headers: [
        ["Content-Type", "text/plain"],
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
      ],
    });
  });
  const body = ReadableStream.from(["to ", "and ", "fro"]).pipeThrough(new TextEncoderStream());
  const response = await fetch(server.base, { method: "PUT", body });
  assert.equal(response.status, 201);
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(await response.text(), `<to and fro>${"x".repeat(500_000)}`);
});

test("HEAD has no body, a status without one neither, and a length that is announced is kept", async () => {
  await using server = await serveHttp((request) => {
    if (request.method === "HEAD") return new Response("not sent");
    if (request.url.endsWith("/none")) return new Response(null, { status: 204 });
    return new Response("four", { headers: { "Content-Length": "4" } });
  });
  assert.equal(await (await fetch(server.base, { method: "HEAD" })).text(), "");
  assert.equal((await fetch(`${server.base}/none`)).status, 204);
  const announced = await fetch(`${server.base}/four`);
  assert.equal(announced.headers.get("content-length"), "4");
  assert.equal(await announced.text(), "four");
});

test("a body that is too long is answered with 413, and a handler that throws with 500", async () => {
  const errors: unknown[] = [];
  const failure = new Error("on purpose");
  await using server = await serveHttp(
    () => {
      throw failure;
    },
    { maxHttpBodyBytes: 1000, onError: (error: unknown) => void errors.push(error) },
  );
  const long = await fetch(server.base, { method: "POST", body: "x".repeat(1001) });
  assert.equal(long.status, 413);
  await long.body?.cancel();
  const failed = await fetch(server.base, { method: "POST", body: "x".repeat(1000) });
  assert.equal(failed.status, 500);
  await failed.body?.cancel();
  assert.deepEqual(errors, [failure]);
});

test("a method that a Request cannot have is answered with 501", async () => {
  await using server = await serveHttp(() => new Response("never"));
  const raw = await RawClient.connect(server.port!);
  raw.write("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.match(await raw.end(), /^HTTP\/1\.1 501 /);
  raw.socket.destroy();
});

test("a client that goes away aborts the signal of its Request, and cancels a stream", async () => {
  const seen: string[] = [];
  await using server = await serveHttp((request) => {
    request.signal.addEventListener("abort", () => seen.push("aborted"));
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        cancel: () => void seen.push("cancelled"),
      }),
    );
  });
  const raw = await RawClient.connect(server.port!);
  raw.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await raw.until(() => raw.text.includes("first"));
  raw.socket.resetAndDestroy();
  await eventually(() => seen.length === 2);
  assert.deepEqual(seen.sort(), ["aborted", "cancelled"]);
});

test("an HTTP/1.0 client, as a proxy may be, gets what it understands", async () => {
  await using server = await serveHttp((request) => new Response(`you are ${new URL(request.url).host}`));
  const raw = await RawClient.connect(server.port!);
  raw.write("GET http://proxied.example/ HTTP/1.0\r\nHost: proxied.example\r\n\r\n");
  const [head, body] = (await raw.end()).split("\r\n\r\n");
  assert.match(head!, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/);
  assert.doesNotMatch(head!, /chunked/i);
  assert.equal(body, "you are proxied.example");
  raw.socket.destroy();
});

test("a server that closes answers HTTP requests in progress with 503", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await serveHttp(() => {
    asked.resolve();
    return new Promise(() => {});
  });
  const response = fetch(server.base);
  await asked.promise;
  const closing = server.close();
  const { status, body } = await response;
  assert.equal(status, 503);
  await body?.cancel();
  await closing;
});
