// RFC 6455 §5.5.2.

import { describe, expect, test } from "vitest";
import { MAX_WAITING_PONGS } from "../../packages/protocol/src/connection/outbox.ts";
import { framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { hex, utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe('§5.5.2: "an endpoint MUST send a Pong frame in response"', () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: with identical payload, from 0 to 125 bytes`, () => {
      for (const length of [0, 1, 4, 124, 125]) {
        const payload = Uint8Array.from({ length }, (_, index) => 255 - index);
        const drained = receive(open(role), 0, peer.ping(payload));
        expect(drained.events).toEqual([{ kind: "ping", payload }]);
        expect(framesIn(drained)).toMatchObject([{ opcode: 10, fin: true, payload }]);
      }
    });

    test(`${role}: before the application sees later events`, () => {
      const connection = open(role);
      connection.receive(0, peer.ping(new Uint8Array(125).fill(1)));
      connection.receive(0, peer.text("later"));
      expect(connection.nextEvent()?.kind).toBe("ping");
      expect(framesIn(takeEffects(connection))).toMatchObject([{ opcode: 10, payload: new Uint8Array(125).fill(1) }]);
      expect(connection.nextEvent()?.kind).toBe("text");
    });

    test(`${role}: before what the application sends in response to later events`, () => {
      const connection = open(role);
      connection.receive(0, peer.ping(hex`01`));
      connection.receive(0, peer.text("question"));
      while (connection.nextEvent() !== undefined);
      connection.sendText("answer");
      expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([10, 1]);
    });

    test(`${role}: ten Pings in one chunk get ten Pongs, in order (sec/ten-pings-ten-pongs, Autobahn 2.10)`, () => {
      const pings = Array.from({ length: 10 }, (_, index) => peer.ping(utf8(`payload-${index}`)));
      const pongs = framesIn(receive(open(role), 0, ...pings)).map(({ payload }) => payload);
      expect(pongs).toEqual(Array.from({ length: 10 }, (_, index) => utf8(`payload-${index}`)));
    });

    test(`${role}: while we are closing, too, until the peer's Close came`, () => {
      const connection = open(role);
      connection.close(0);
      takeEffects(connection);
      const ping = receive(connection, 1, peer.ping(hex`01`));
      expect(framesIn(ping)).toMatchObject([{ opcode: 10, payload: hex`01` }]);
      const after = receive(connection, 2, peer.close(1000), peer.ping(hex`02`));
      expect(after.events).toEqual([{ kind: "closing", code: 1000, reason: "" }]);
      expect(framesIn(after)).toEqual([]);
    });

    test(`${role}: "unless it already received a Close frame"`, () => {
      const drained = receive(open(role), 0, peer.close(1000), peer.ping(hex`01`));
      expect(drained.events).toEqual([{ kind: "closing", code: 1000, reason: "" }]);
      expect(framesIn(drained).map(({ opcode }) => opcode)).toEqual([8]);
    });

    test(`${role}: but not behind the end, when the transport is gone`, () => {
      const connection = open(role);
      connection.receive(0, peer.ping(hex`01`));
      connection.handleTransportClosed(1);
      expect(connection.nextEvent()).toEqual({ kind: "ping", payload: hex`01` });
      expect(takeEffects(connection).effects).toEqual([]);
      expect(connection.nextEvent()?.kind).toBe("closed");
    });

    test(`${role}: with autoPong off it is the caller's duty`, () => {
      const connection = open(role, { autoPong: false });
      const drained = receive(connection, 0, peer.ping(hex`01`));
      expect(drained.events).toEqual([{ kind: "ping", payload: hex`01` }]);
      expect(drained.effects).toEqual([]);
      connection.pong(hex`01`);
      expect(framesIn(takeEffects(connection))).toMatchObject([{ opcode: 10, payload: hex`01` }]);
    });
  }

  test("the event's payload is the application's: changing it does not change the Pong", () => {
    const connection = open("client");
    connection.receive(0, new Peer("client").ping(hex`01 02`));
    const event = connection.nextEvent();
    if (event?.kind === "ping") event.payload.fill(0xff);
    expect(framesIn(takeEffects(connection))).toMatchObject([{ payload: hex`01 02` }]);
  });
});

describe("Pongs that nobody takes (sec/ping-flood-unread)", () => {
  test("200 000 Pings leave no more than 16 Pongs, the newest", () => {
    const connection = open("server");
    const flood = new Uint8Array(200_000 * 10);
    for (let index = 0; index < 200_000; index++) {
      flood.set([0x89, 0x84, 0, 0, 0, 0, index >> 24, index >> 16, index >> 8, index], index * 10);
    }
    connection.receive(0, flood);
    let pings = 0;
    while (connection.nextEvent() !== undefined) pings++;
    expect(pings).toBe(200_000);
    const pongs = framesIn(takeEffects(connection));
    expect(pongs).toHaveLength(MAX_WAITING_PONGS);
    expect(pongs.at(-1)?.payload).toEqual(Uint8Array.of(0, 3, 0x0d, 0x3f));
    expect(pongs[0]?.payload).toEqual(Uint8Array.of(0, 3, 0x0d, 0x30));
  });

  test("once they are taken, it goes on as before", () => {
    const peer = new Peer("client");
    const connection = open("client");
    receive(connection, 0, ...Array.from({ length: 100 }, () => peer.ping(hex`01`)));
    expect(framesIn(receive(connection, 0, peer.ping(hex`02`), peer.ping(hex`03`)))).toMatchObject([
      { payload: hex`02` },
      { payload: hex`03` },
    ]);
  });
});
