// RFC 6455 §5.5.1, the Close frame, and §7.4, its codes. What becomes of the connection: 7-closing.test.ts.

import { describe, expect, test } from "vitest";
import {
  Connection,
  ConnectionSettings,
  isSendableCloseCode,
  truncateCloseReason,
} from "../../packages/protocol/src/index.ts";
import { drain, framesIn, open, receive, takeEffects } from "../support/endpoint.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { closePayload, Peer, ROLES } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

describe("§5.5.1: the payload of a received Close", () => {
  for (const role of ROLES) {
    const peer = new Peer(role);

    test(`${role}: nothing means 1005, and is answered with 1000`, () => {
      const drained = receive(open(role), 0, peer.close());
      expect(drained.events).toEqual([{ kind: "closing", code: 1005, reason: "" }]);
      expect(framesIn(drained)).toMatchObject([{ opcode: 8, payload: closePayload(1000) }]);
    });

    test(`${role}: a code and a reason; the code is echoed`, () => {
      const drained = receive(open(role), 0, peer.close(4321, "ça suffit"));
      expect(drained.events).toEqual([{ kind: "closing", code: 4321, reason: "ça suffit" }]);
      expect(framesIn(drained)).toMatchObject([{ opcode: 8, payload: closePayload(4321) }]);
    });

    test(`${role}: one byte is no code`, () => {
      const connection = open(role);
      expectViolation(connection, role, receive(connection, 0, peer.frame(8, hex`03`)), "close-payload-truncated");
    });

    test(`${role}: a reason that is not UTF-8 fails with 1007, a truncated one, too`, () => {
      for (const reason of [hex`ff`, hex`c0 80`, hex`ed a0 80`, hex`e2 82`, hex`f4 90 80 80`]) {
        const connection = open(role);
        const drained = receive(connection, 0, peer.frame(8, concat(hex`03 e8`, reason)));
        expectViolation(connection, role, drained, "close-reason-invalid-utf8");
      }
    });

    test(`${role}: the reason keeps U+FEFF, U+0000 and characters beyond the BMP`, () => {
      const reason = "\ufeffa\u0000😀";
      expect(receive(open(role), 0, peer.close(1000, reason)).events).toMatchObject([{ reason }]);
    });

    test(`${role}: in pieces it is the same`, () => {
      const bytes = peer.close(1001, "going");
      const connection = open(role);
      const events = [...bytes].flatMap((byte) => receive(connection, 0, Uint8Array.of(byte)).events);
      expect(events).toEqual([{ kind: "closing", code: 1001, reason: "going" }]);
    });
  }
});

describe("§7.4: the codes that may be on the wire", () => {
  const legal = (code: number): boolean =>
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
    (code >= 3000 && code < 5000);

  test("all 65 536, received", () => {
    const settings = new ConnectionSettings({ role: "client", random: countingRandom() });
    for (let code = 0; code < 65_536; code++) {
      if (isSendableCloseCode(code) !== legal(code)) expect.fail(`code ${code}`);
      const connection = new Connection(0, settings);
      connection.receive(0, Uint8Array.of(0x88, 2, code >> 8, code & 0xff));
      const event = connection.nextEvent();
      if ((event?.kind === "closing" && event.code === code) !== legal(code)) expect.fail(`code ${code}`);
    }
  });

  test("an illegal one fails the connection", () => {
    for (const role of ROLES) {
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
        const connection = open(role);
        expectViolation(connection, role, receive(connection, 0, new Peer(role).close(code)), "close-code-invalid");
      }
    }
  });

  test("all of them and others, sent", () => {
    const settings = new ConnectionSettings({ role: "server", random: countingRandom() });
    for (let code = -1; code <= 5_100; code++) {
      const connection = new Connection(0, settings);
      let refused: unknown;
      try {
        connection.close(0, code);
      } catch (error) {
        refused = (error as { code?: unknown }).code;
      }
      if (refused !== (legal(code) ? undefined : "bad-close-code")) expect.fail(`code ${code}: ${refused}`);
    }
    for (const code of [1000.5, 3000.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => open("server").close(0, code)).toThrow(expect.objectContaining({ code: "bad-close-code" }));
    }
  });
});

describe("§5.5.1: the Close that we send", () => {
  test("without a code it says 1000; the reason follows it", () => {
    for (const role of ROLES) {
      const plain = open(role);
      plain.close(0);
      expect(framesIn(takeEffects(plain))).toMatchObject([{ opcode: 8, fin: true, payload: hex`03 e8` }]);
      const polite = open(role);
      polite.close(0, 1001, "à bientôt");
      expect(framesIn(takeEffects(polite))).toMatchObject([
        { opcode: 8, payload: concat(hex`03 e9`, utf8("à bientôt")) },
      ]);
    }
  });

  test("a bad one is refused, also while closing, and changes nothing", () => {
    const connection = open("server");
    for (let round = 0; round < 2; round++) {
      expect(() => connection.close(0, 1006)).toThrow(expect.objectContaining({ code: "bad-close-code" }));
      expect(() => connection.close(0, 1000, "r".repeat(124))).toThrow(
        expect.objectContaining({ code: "bad-close-reason" }),
      );
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
      connection.close(0);
      takeEffects(connection);
    }
  });

  test("a lone surrogate in the reason is sent as U+FFFD, never as invalid UTF-8", () => {
    const connection = open("server");
    connection.close(0, 1000, "a\ud800b");
    expect(framesIn(takeEffects(connection))).toMatchObject([{ payload: closePayload(1000, "a\ufffdb") }]);
  });
});

describe("truncateCloseReason", () => {
  test("it leaves what fits alone, and cuts between code points", () => {
    expect(truncateCloseReason("")).toBe("");
    expect(truncateCloseReason("r".repeat(123))).toBe("r".repeat(123));
    expect(truncateCloseReason("r".repeat(124))).toBe("r".repeat(123));
    expect(truncateCloseReason("é".repeat(100))).toBe("é".repeat(61));
    expect(truncateCloseReason(`${"x".repeat(121)}€`)).toBe("x".repeat(121));
    expect(truncateCloseReason(`${"x".repeat(120)}😀!`)).toBe("x".repeat(120));
    expect(truncateCloseReason(`${"x".repeat(119)}😀!`)).toBe(`${"x".repeat(119)}😀`);
    expect(truncateCloseReason("\ud800".repeat(50))).toBe("\ud800".repeat(41));
  });
});
