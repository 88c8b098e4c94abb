// The Autobahn testsuite found it by its times: 45 ms for every message that a server on Deno sent in two writes.

import assert from "node:assert/strict";
import { connect } from "@sansock/deno-adapter";
import { contentOf, echo, nextOf, start } from "./support.ts";

const { test } = Deno;

/** Calls `note` whenever an end of a connection to `port` asks for writes that are not delayed, until it is disposed. */
async function watchNoDelay(port: number, note: (end: "server" | "client") => void): Promise<Disposable> {
  using conn = await Deno.connect({ port, hostname: "127.0.0.1" });
  const prototype: Deno.TcpConn = Object.getPrototypeOf(conn);
  const { setNoDelay } = prototype;
  prototype.setNoDelay = function (noDelay) {
    if (noDelay === true && this.remoteAddr.port === port) note("client");
    if (noDelay === true && this.localAddr.port === port) note("server");
    setNoDelay.call(this, noDelay);
  };
  return {
    [Symbol.dispose]() {
      prototype.setNoDelay = setNoDelay;
    },
  };
}

test("neither end delays a write until the other has confirmed the one before", async () => {
  await using server = await start(echo);
  const ends = new Set<string>();
  using _watch = await watchNoDelay(server.port!, (end) => ends.add(end));
  await using client = await connect(server.url);
  await client.send("a");
  assert.deepEqual(contentOf((await nextOf(client))!), "a");
  assert.deepEqual([...ends].sort(), ["client", "server"]);
});

test("nor does a client over a connection that it was given", async () => {
  await using server = await start(echo);
  const ends = new Set<string>();
  using _watch = await watchNoDelay(server.port!, (end) => ends.add(end));
  const socket = await Deno.connect({ port: server.port!, hostname: "127.0.0.1" });
  await using client = await connect(server.url, { socket });
  await client.send("a");
  assert.deepEqual(contentOf((await nextOf(client))!), "a");
  assert.deepEqual([...ends].sort(), ["client", "server"]);
});

test("a server serves those for whom the system refuses it, and those after them", async () => {
  await using server = await start(echo);
  let refused = 0;
  using _watch = await watchNoDelay(server.port!, (end) => {
    if (end !== "server") return;
    refused++;
    throw new Error("on purpose");
  });
  for (const content of ["a", "b"]) {
    await using client = await connect(server.url);
    await client.send(content);
    assert.deepEqual(contentOf((await nextOf(client))!), content);
  }
  assert.equal(refused, 2);
});
