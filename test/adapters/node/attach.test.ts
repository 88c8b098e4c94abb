import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { attach, connect } from "@sansock/node-adapter";
import express from "express";
import Fastify from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { authority, certificate, echo, nextOf } from "../support.ts";
import { RawClient } from "./raw.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(http: HttpServer): Promise<number> {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return (http.address() as { port: number }).port;
}

async function expectEcho(url: string): Promise<void> {
  const client = await connect(url);
  void client.send(url);
  expect(await nextOf(client)).toEqual({ kind: "text", text: url });
  expect(await client.close()).toMatchObject({ code: 1000, clean: true });
}

test("joins a node:http server, and leaves its requests alone", async () => {
  const http = createServer((request, response) => response.end(`hello ${request.url}`));
  const port = await listen(http);
  const server = attach(http, {}, echo);
  cleanups.push(() => server.close());
  await expectEcho(`ws://127.0.0.1:${port}/any/path?x=1`);
  expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe("hello /page");
});

test("joins an https server, where same origin means https", async () => {
  const http = createHttpsServer(certificate("localhost"));
  const port = await listen(http);
  const server = attach(http, {}, echo);
  cleanups.push(() => server.close());
  const tls = { ca: authority };
  const client = await connect(`wss://localhost:${port}/`, { tls, origin: `https://localhost:${port}` });
  await client.close();
  await expect(connect(`wss://localhost:${port}/`, { tls, origin: `http://localhost:${port}` })).rejects.toMatchObject({
    status: 403,
  });
});

describe("several servers on one HTTP server", () => {
  test("each get their path; what nobody wants is answered with 404", async () => {
    const http = createServer();
    const port = await listen(http);
    const chat = attach(http, { path: "/chat" }, async (session) => void (await session.send("chat")));
    const admin = attach(http, { path: (request) => request.url?.startsWith("/admin/") ?? false }, async (session) => {
      await session.send("admin");
    });
    cleanups.push(() => Promise.all([chat.close(), admin.close()]));
    const answers: unknown[] = [];
    for (const path of ["/chat", "/chat?room=1", "/admin/x"]) {
      answers.push(await nextOf(await connect(`ws://127.0.0.1:${port}${path}`)));
    }
    expect(answers).toEqual(["chat", "chat", "admin"].map((text) => ({ kind: "text", text })));
    for (const path of ["/", "/chat/", "/chatty"]) {
      await expect(connect(`ws://127.0.0.1:${port}${path}`)).rejects.toMatchObject({ status: 404 });
    }
  });

  test("leave what they do not want to other listeners for upgrades, and leave altogether when closed", async () => {
    const http = createServer();
    const port = await listen(http);
    const server = attach(http, { path: "/mine" }, echo);
    http.on("upgrade", (request, socket) => {
      if (request.url === "/theirs") socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n");
    });
    await expect(connect(`ws://127.0.0.1:${port}/theirs`)).rejects.toMatchObject({ status: 418 });
    await expectEcho(`ws://127.0.0.1:${port}/mine`);
    await server.close();
    expect(http.listenerCount("upgrade")).toBe(1);
    expect(http.listening).toBe(true);
  });
});

test("a request to upgrade to something else is served as if it had not asked, body and all", async () => {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`));
  });
  const port = await listen(http);
  const server = attach(http, {}, echo);
  cleanups.push(() => server.close());
  const raw = await RawClient.connect(port);
  raw.write("POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n");
  raw.write("HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 4\r\n\r\nbody");
  expect(await raw.end()).toMatch(/^HTTP\/1\.1 200 OK.*POST \/x body/s);
  raw.socket.destroy();
});

test("an illegal request is refused by the engine's rules, which are stricter than Node's", async () => {
  const http = createServer();
  const port = await listen(http);
  const server = attach(http, {}, echo);
  cleanups.push(() => server.close());
  const raw = await RawClient.connect(port);
  raw.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  raw.write("Sec-WebSocket-Key: tooshort\r\nSec-WebSocket-Version: 13\r\n\r\n");
  expect(await raw.end()).toMatch(/^HTTP\/1\.1 400 /);
  raw.socket.destroy();
});

test("works beside express", async () => {
  const app = express();
  app.get("/page", (_request, response) => void response.send("express"));
  const http = createServer(app);
  const port = await listen(http);
  const server = attach(http, { path: "/ws" }, echo);
  cleanups.push(() => server.close());
  await expectEcho(`ws://127.0.0.1:${port}/ws`);
  expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe("express");
});

test("works beside fastify", async () => {
  const app = Fastify();
  app.get("/page", async () => "fastify");
  await app.listen({ port: 0, host: "127.0.0.1" });
  cleanups.push(() => app.close());
  const server = attach(app.server, { path: "/ws" }, echo);
  cleanups.push(() => server.close());
  const { port } = app.server.address() as { port: number };
  await expectEcho(`ws://127.0.0.1:${port}/ws`);
  expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe("fastify");
});
