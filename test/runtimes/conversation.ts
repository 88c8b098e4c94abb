// A server and a client that know nothing of the runtime they are in: from the opening handshake over messages, fragments,
// compression and keepalive to a network that goes dark, once with machines alone and once with sessions.

import {
  ClientHandshake,
  type ClientHandshakeEvent,
  type ConnectionEvent,
  parseWebSocketUrl,
  permessageDeflate,
  ServerHandshake,
  type ServerHandshakeEvent,
} from "@sansock/protocol";
import { countingRandom, VirtualServer, Wire } from "@sansock/protocol/testing";

type AnyEvent = ClientHandshakeEvent | ServerHandshakeEvent | ConnectionEvent;

const TEXT = "h\u00e9llo, \u{1f600}, ".repeat(50);
const keepalive = { pingInterval: 20_000, pingTimeout: 5_000 };

/** What came of both, as plain data: the same in every runtime. */
export async function converse(): Promise<object> {
  return { machines: converseAsMachines(), sessions: await converseAsSessions() };
}

function converseAsMachines(): object {
  const options = { random: countingRandom, subprotocols: ["echo"], extensions: [permessageDeflate()] };
  const server = new ServerHandshake(0, { ...options, ...keepalive });
  const client = new ClientHandshake(0, { ...options, url: parseWebSocketUrl("ws://server.test/") });
  const wire = new Wire<AnyEvent, AnyEvent>({ server, client }, { latency: 40 });
  let latency: number | undefined;
  wire.server.onEvent = (event) => {
    if (event.kind === "request") {
      const connection = server.accept(wire.now);
      wire.server.onEvent = (next) => {
        if (next.kind === "text") connection.sendText(next.text);
        if (next.kind === "pong") latency = connection.latency;
      };
      wire.server.run(connection);
    }
  };
  wire.client.onEvent = (event) => {
    if (event.kind !== "open") return;
    const { connection } = event;
    wire.client.run(connection);
    connection.sendText(TEXT);
  };
  wire.run(60_000);
  wire.cut(); // no end, no reset: the network just stops
  wire.run(60_000);
  const texts = wire.client.events.flatMap((event) => (event.kind === "text" ? [event.text === TEXT] : []));
  const pings = wire.client.events.filter(({ kind }) => kind === "ping").length;
  const last = wire.server.events.at(-1);
  return { texts, pings, latency, now: wire.now, cause: last?.kind === "closed" ? last.cause : undefined };
}

async function converseAsSessions(): Promise<object> {
  const ends: string[] = [];
  const server = new VirtualServer({ ...keepalive, extensions: [permessageDeflate()] }, async (session) => {
    try {
      for await (const message of session) await session.send(message);
    } finally {
      ends.push((await session.closed).cause.kind);
    }
  });
  const options = { extensions: [permessageDeflate()], link: { latency: 15 } };
  const [polite, silent] = [await server.connect(options), await server.connect(options)];
  const answers: string[] = [];
  void polite.client.send(["piece by piece, ", TEXT]);
  void polite.client.send(Uint8Array.of(1, 2, 3));
  for (let count = 0; count < 2; count++) {
    const { value } = await server.until(polite.client[Symbol.asyncIterator]().next());
    answers.push(value?.kind === "text" ? String(value.text === `piece by piece, ${TEXT}`) : String(value?.bytes));
  }
  const latency = await server.until(polite.client.ping());
  silent.link.cut();
  await server.run(60_000);
  const { code, clean } = await server.until(polite.client.close(4000, "done"));
  await server.close();
  return { answers, latency, code, clean, ends, errors: server.errors };
}
