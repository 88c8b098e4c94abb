// Against Deno's own WebSocket, in both roles.

import assert from "node:assert/strict";
import { connect } from "@sansock/deno-adapter";
import { conversation } from "../../interop/conversation.ts";
import { contentOf, echo, nextOf, start } from "./support.ts";

const { test } = Deno;

function next<T extends Event>(socket: WebSocket, type: string): Promise<T> {
  return new Promise((resolve) => socket.addEventListener(type, (event) => resolve(event as T), { once: true }));
}

test("Deno's own client converses with our server", async () => {
  await using server = await start(echo, { subprotocols: ["echo"], pingInterval: 20, maxMessageBytes: 2 ** 22 });
  const client = new WebSocket(server.url, ["other", "echo"]);
  client.binaryType = "arraybuffer";
  await next(client, "open");
  assert.equal(client.protocol, "echo");
  for (const content of conversation) {
    client.send(content as string | Uint8Array<ArrayBuffer>);
    const { data } = await next<MessageEvent>(client, "message");
    assert.deepEqual(typeof data === "string" ? data : new Uint8Array(data), content);
  }
  const [session] = server.sessions;
  assert((await session!.ping()) >= 0);
  const closed = next<CloseEvent>(client, "close");
  client.close(3000, "enough");
  assert.equal((await closed).wasClean, true); // its own code is never told to it again
  const event = await session!.closed;
  assert.deepEqual([event.code, event.reason, event.clean], [3000, "enough", true]);
});

test("our client converses with Deno's own server", async () => {
  const ports = Promise.withResolvers<number>();
  await using _server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => ports.resolve(port) },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "echo", idleTimeout: 0 });
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    },
  );
  const url = `ws://127.0.0.1:${await ports.promise}/`;
  const client = await connect(url, { subprotocols: ["echo"], pingInterval: 20, maxMessageBytes: 2 ** 22 });
  assert.equal(client.opening.subprotocol, "echo");
  for (const content of conversation) {
    void client.send(content);
    assert.deepEqual(contentOf((await nextOf(client))!), content);
  }
  void client.send(["in ", "many", "", " pieces"]);
  assert.deepEqual(await nextOf(client), { kind: "text", text: "in many pieces" });
  assert((await client.ping(new Uint8Array(125))) >= 0);
  const { code, clean } = await client.close(4321, "done");
  assert.deepEqual([code, clean], [4321, true]);
});
