// What happens when the injected randomness throws (RFC 6455 §5.3, §10.3: "MUST be unpredictable").

import { describe, expect, test } from "vitest";
import { Outbox } from "../../packages/protocol/src/connection/outbox.ts";
import { type Connection, ConnectionSettings, prepareMessage } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, framesIn, open, passTime, receive, takeEffects } from "../support/endpoint.ts";
import { hex } from "../support/hex.ts";
import { Peer } from "../support/peer.ts";
import { countingRandom, failingRandom } from "../support/random.ts";

const peer = new Peer("client");

const senders: Readonly<Record<string, (connection: Connection) => void>> = {
  sendText: (connection) => connection.sendText("secret"),
  sendUtf8: (connection) => connection.sendUtf8(hex`73 65 63 72 65 74`),
  sendBinary: (connection) => connection.sendBinary(hex`01`),
  sendFragment: (connection) => connection.sendFragment("secret", false),
  sendPrepared: (connection) => connection.sendPrepared(prepareMessage("secret")),
  ping: (connection) => void connection.ping(0),
  pong: (connection) => connection.pong(hex``),
  close: (connection) => connection.close(0),
  "the Pong for a Ping": (connection) => void connection.receive(0, peer.ping()),
  "the reply to a Close": (connection) => void connection.receive(0, peer.close(1000)),
  "the Close for a violation": (connection) => void connection.receive(0, hex`ff`),
  "keepalive's Ping": (connection) => connection.handleTimeout(20_000),
};

describe("sec/mask-entropy-failure: a client without mask keys sends nothing and drops the transport", () => {
  for (const [name, send] of Object.entries(senders)) {
    test(name, () => {
      const connection = open("client", { random: failingRandom });
      send(connection);
      const events = [];
      for (let event = connection.nextEvent(); event; event = connection.nextEvent()) events.push(event);
      const { effects } = takeEffects(connection);
      expect(effects).toEqual([{ kind: "destroy" }]);
      const rest = drain(connection);
      expect(rest.effects).toEqual([]);
      const cause = name === "the Close for a violation" ? "violation" : "random-failed";
      expect(closedIn({ events }, rest)).toMatchObject({ cause: { kind: cause }, sent: undefined, clean: false });
      expect(connection.state).toBe("closed");
      // Nothing is left to wait for, and nothing more comes.
      expect(connection.deadline).toBeUndefined();
      connection.handleTimeout(1e6);
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
    });
  }

  test("what was masked before it failed is dropped, too: the end of a message may be missing", () => {
    let draws = 0;
    const counting = countingRandom();
    const connection = open("client", {
      random: (target) => {
        if (++draws > 1) throw new Error("no more entropy");
        counting(target);
      },
    });
    for (let count = 0; connection.state === "open"; count++) {
      expect(count).toBeLessThan(1_000);
      connection.sendText("x");
    }
    expect(takeEffects(connection).effects).toEqual([{ kind: "destroy" }]);
  });

  test("many Pongs that cannot be masked end it once", () => {
    const connection = open("client", { random: failingRandom });
    const drained = receive(connection, 0, ...Array.from({ length: 20 }, () => peer.ping()));
    expect(drained.effects).toEqual([{ kind: "destroy" }]);
    expect(closedIn(drain(connection)).cause).toEqual({ kind: "random-failed" });
  });
});

describe("a server masks nothing", () => {
  test("and needs no randomness: its keepalive goes on, with counted payloads", () => {
    const server = new Peer("server");
    const connection = open("server", { random: failingRandom, pingInterval: 1_000, pingTimeout: 1_000 });
    for (let round = 1; round <= 3; round++) {
      const [moment] = passTime(connection, round * 1_000);
      const [ping] = framesIn(moment!);
      receive(connection, round * 1_000, server.pong(ping!.payload));
    }
    connection.sendText("hello");
    expect(connection.state).toBe("open");
    expect(connection.rtt?.samples).toBe(3);
  });
});

describe("without a mask key", () => {
  for (const name of ["sendText", "sendUtf8", "sendBinary", "sendFragment", "sendPrepared", "pong", "close"]) {
    test(`${name}() has closed the connection when it returns`, () => {
      const connection = open("client", { random: failingRandom });
      senders[name]!(connection);
      expect(connection.state).toBe("closed");
    });
  }

  test("ping() has closed the connection when it returns, and returns 0, which is the id of no Ping", () => {
    const connection = open("client", { random: failingRandom });
    expect(connection.ping(0)).toBe(0);
    expect(connection.state).toBe("closed");
  });

  test("an outbox queues no frame of any kind, not even for a moment", () => {
    const queueing: ((outbox: Outbox) => void)[] = [
      (outbox) => outbox.frame(0x82, hex`01 02`),
      (outbox) => outbox.textFrame(0x81, "secret"),
      (outbox) => outbox.preparedFrame(prepareMessage("secret")),
    ];
    for (const queue of queueing) {
      const { randomWords, textCodec, slab } = new ConnectionSettings({ role: "client", random: failingRandom });
      const outbox = new Outbox(randomWords, textCodec, slab);
      queue(outbox);
      expect(outbox.randomFailed).toBe(true);
      expect([outbox.queuedBytes, outbox.next()]).toEqual([0, undefined]);
    }
  });
});
