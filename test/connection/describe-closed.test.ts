import { describe, expect, test } from "vitest";
import {
  type CloseCause,
  type ClosedEvent,
  type Diagnosis,
  describeClosed,
} from "../../packages/protocol/src/index.ts";

const diagnosis: Diagnosis = {
  age: 60_000,
  sinceReceived: 21_000.4,
  sinceTransmitted: 20_000,
  sincePong: undefined,
  unansweredPings: 1,
  latency: undefined,
  queuedBytes: 0,
  readingPaused: false,
  wokenLateBy: 0,
};

function closed(cause: CloseCause, rest: Partial<ClosedEvent> = {}): ClosedEvent {
  return {
    kind: "closed",
    code: 1006,
    reason: "",
    cause,
    received: undefined,
    sent: undefined,
    first: undefined,
    clean: false,
    diagnosis,
    ...rest,
  };
}

describe("one sentence about how a connection ended", () => {
  test("names the side that began, and both Closes in their order", () => {
    const sent = { code: 1000, reason: "done" };
    const received = { code: 1001, reason: "" };
    expect(describeClosed(closed({ kind: "handshake", initiator: "local" }, { sent, received, first: "sent" }))).toBe(
      'closed by this side; sent Close 1000 "done"; received Close 1001',
    );
    expect(
      describeClosed(
        closed(
          { kind: "handshake", initiator: "remote" },
          { sent, received: { code: 1005, reason: "" }, first: "received" },
        ),
      ),
    ).toBe('closed by the peer; received a Close without a code; sent Close 1000 "done"');
  });

  test("names the rule that was broken, and where it is written", () => {
    expect(
      describeClosed(
        closed(
          { kind: "violation", violation: "mask-missing" },
          { sent: { code: 1002, reason: "a client must mask every frame" }, first: "sent" },
        ),
      ),
    ).toBe(
      'the peer broke the protocol: a client must mask every frame (RFC 6455 §5.1); sent Close 1002 "a client must mask every frame"',
    );
  });

  test("says for each cause what it was", () => {
    const sentences = (["ping-timeout", "close-timeout", "transport-lost", "queue-overflow"] as const).map((kind) =>
      describeClosed(closed({ kind })),
    );
    const known = "last byte in 21000 ms ago, last pong never, 1 unanswered ping";
    expect(sentences).toEqual([
      `keepalive ping timeout: no pong arrived in time; ${known}`,
      `the peer did not answer our Close in time; ${known}`,
      `the transport ended without a closing handshake; ${known}`,
      `the peer did not take what was sent to it; ${known}`,
    ]);
    expect(describeClosed(closed({ kind: "aborted" }))).toBe("aborted by this side");
    expect(describeClosed(closed({ kind: "random-failed" }))).toContain("randomness failed");
  });

  test("says what matters of the diagnosis: our own queue, our own pause, our own lateness", () => {
    const worse = {
      ...diagnosis,
      sincePong: 40,
      unansweredPings: 0,
      queuedBytes: 77,
      readingPaused: true,
      wokenLateBy: 5_000.2,
    };
    expect(describeClosed(closed({ kind: "ping-timeout" }, { diagnosis: worse }))).toBe(
      "keepalive ping timeout: no pong arrived in time; last byte in 21000 ms ago, last pong 40 ms ago, " +
        "0 unanswered pings, 77 bytes queued, last byte out 20000 ms ago, we had stopped reading, we were woken 5000 ms late",
    );
  });
});

describe("sec/log-escape", () => {
  test("nothing that a peer can write into its reason reaches a log unescaped", () => {
    const harmful = [
      ...Array.from({ length: 0x20 }, (_, index) => index),
      ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
      0x22,
      0x5c,
      0x61c,
      0x200e,
      0x200f,
      ...[0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
      ...[0x2066, 0x2067, 0x2068, 0x2069],
      0xfeff,
      0xd800,
      0xdfff,
    ];
    for (const unit of harmful) {
      const received = { code: 1000, reason: `a${String.fromCharCode(unit)}b` };
      const sentence = describeClosed(closed({ kind: "transport-lost" }, { received, first: "received" }));
      const inside = sentence.slice(sentence.indexOf('"') + 1, sentence.lastIndexOf('"'));
      expect(inside, unit.toString(16)).toMatch(/^a\\(u[0-9a-f]{4}|[bfnrt"\\])b$/);
    }
  });

  test("what is harmless stays readable", () => {
    const received = { code: 4000, reason: "Grüße, κόσμε 😀" };
    expect(describeClosed(closed({ kind: "transport-lost" }, { received, first: "received" }))).toContain(
      'received Close 4000 "Grüße, κόσμε 😀"',
    );
  });
});

describe("how late we were woken", () => {
  test("is worth a word above 100 ms", () => {
    const sentences = [100, 101].map((wokenLateBy) =>
      describeClosed(closed({ kind: "ping-timeout" }, { diagnosis: { ...diagnosis, wokenLateBy } })),
    );
    expect(sentences.map((sentence) => sentence.includes("woken"))).toEqual([false, true]);
  });
});
