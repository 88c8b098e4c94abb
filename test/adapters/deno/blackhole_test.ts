// A network that takes everything and brings nothing, in either direction: the sockets stay open, and nobody is told.

import assert from "node:assert/strict";
import { type ClosedEvent, connect } from "@sansock/deno-adapter";
import { type Relay, startRelay } from "../../../packages/demo/src/relay.ts";
import { nextOf, start } from "./support.ts";

const { test } = Deno;

const timings = { pingInterval: 30, pingTimeout: 100, closeTimeout: 50 };
/** Nothing ends because of these. */
const patience = { pingInterval: null, pingTimeout: null, closeTimeout: 50 };

/** A server and a client with a relay between them, and how each of the two ends. */
async function join(ofServer: object, ofClient: object) {
  const ended = Promise.withResolvers<ClosedEvent>();
  const server = await start(
    {
      message: (session, message) => void session.send(message),
      close: (_session, event) => ended.resolve(event),
    },
    ofServer,
  );
  const relay: Relay = await startRelay("127.0.0.1", server.port!);
  const client = await connect(`ws://127.0.0.1:${relay.port}/`, ofClient);
  void client.send("is there anybody?");
  assert.deepEqual(await nextOf(client), { kind: "text", text: "is there anybody?" });
  const { address, port } = [...server.sessions][0]!.opening.peer;
  return {
    server,
    client,
    pipe: relay.pipeFrom(address, port)!,
    serverEnded: ended.promise,
    async [Symbol.asyncDispose]() {
      relay.close();
      client.abort();
      await server.close();
    },
  };
}

function assertTimedOut({ code, cause, sent, diagnosis }: ClosedEvent): void {
  assert.deepEqual([code, cause], [1006, { kind: "ping-timeout" }]);
  assert.deepEqual(sent, { code: 1011, reason: "keepalive ping timeout" });
  assert.equal(diagnosis.unansweredPings, 1);
  assert(diagnosis.sinceReceived! >= timings.pingTimeout, "not before the Pong was due");
}

for (const [direction, wire] of [
  ["that brings nothing from the client", { up: true, down: false }],
  ["that brings nothing to the client", { up: false, down: true }],
  ["that brings nothing to anybody", { up: true, down: true }],
] as const) {
  test(`a server finds out about a network ${direction}, within the time of a Ping`, async () => {
    await using ends = await join(timings, patience);
    ends.pipe.wire = { ...wire, delay: 0 };
    assertTimedOut(await ends.serverEnded);
  });

  test(`a client finds out about a network ${direction}, within the time of a Ping`, async () => {
    await using ends = await join(patience, timings);
    ends.pipe.wire = { ...wire, delay: 0 };
    assertTimedOut(await ends.client.closed);
  });
}
