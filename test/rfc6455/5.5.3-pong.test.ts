// RFC 6455 §5.5.3. Which Pings a Pong settles: test/liveness/latency.test.ts.

import { describe, expect, test } from "vitest";
import { framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { hex } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

describe("§5.5.3", () => {
  test('"A Pong frame MAY be sent unsolicited [...] A response to an unsolicited Pong frame is not expected"', () => {
    for (const role of ROLES) {
      const drained = receive(open(role), 0, new Peer(role).pong(hex`01 02`));
      expect(drained.events).toEqual([{ kind: "pong", payload: hex`01 02`, acknowledged: [] }]);
      expect(drained.effects).toEqual([]);
    }
  });

  test("we can send one, too", () => {
    for (const role of ROLES) {
      const connection = open(role);
      connection.pong(hex`01`);
      expect(framesIn(takeEffects(connection))).toMatchObject([{ opcode: 10, payload: hex`01` }]);
    }
  });

  test("pong() is never left out, unlike the Pongs that answer by themselves", () => {
    const connection = open("server");
    for (let count = 0; count < 100; count++) connection.pong(Uint8Array.of(count));
    expect(framesIn(takeEffects(connection))).toHaveLength(100);
  });

  test("none can be sent once closing has begun", () => {
    const connection = open("server");
    connection.close(0);
    expect(() => connection.pong(hex``)).toThrow(expect.objectContaining({ code: "not-open" }));
  });
});
