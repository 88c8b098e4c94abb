// RFC 6455 §7: how a connection ends, in every order. Deadlines: test/liveness/close-deadline.test.ts.

import { describe, expect, test } from "vitest";
import type { ClosedEvent, Connection } from "../../packages/protocol/src/index.ts";
import { closedIn, drain, framesIn, open, receive, takeEffects, takeEvents } from "../support/endpoint.ts";
import { hex, utf8 } from "../support/hex.ts";
import { closePayload, Peer, ROLES } from "../support/peer.ts";

/** The transport ends after both sides have said all they had to say. */
function endTransport(connection: Connection): ClosedEvent {
  connection.receiveEnd(0);
  const first = drain(connection);
  connection.handleTransportClosed(0);
  return closedIn(first, drain(connection));
}

for (const role of ROLES) {
  const peer = new Peer(role);
  const serverEnds = role === "server" ? ["write", "end"] : ["write"];
  const kinds = (drained: { readonly effects: readonly { readonly kind: string }[] }) =>
    drained.effects.map((effect) => effect.kind);

  describe(`${role}: the closing handshake that we begin`, () => {
    test("our Close goes out; after the peer's the server ends the transport first (§7.1.1)", () => {
      const connection = open(role);
      connection.close(0, 1000, "done");
      expect(connection.state).toBe("closing");
      const ours = drain(connection);
      expect(ours.events).toEqual([]);
      expect(kinds(ours)).toEqual(["write"]);
      expect(framesIn(ours)).toMatchObject([{ opcode: 8, payload: closePayload(1000, "done") }]);

      const reply = receive(connection, 0, peer.close(1000, "you too"));
      expect(reply.events).toEqual([{ kind: "closing", code: 1000, reason: "you too" }]);
      expect(kinds(reply)).toEqual(role === "server" ? ["end"] : []);
      expect(connection.state).toBe("closing");

      expect(endTransport(connection)).toMatchObject({
        code: 1000,
        reason: "you too",
        cause: { kind: "handshake", initiator: "local" },
        sent: { code: 1000, reason: "done" },
        received: { code: 1000, reason: "you too" },
        first: "sent",
        clean: true,
      });
      expect(connection.state).toBe("closed");
    });

    test("what the peer sent before its Close is still delivered, and its Pings are answered", () => {
      const connection = open(role);
      connection.close(0);
      takeEffects(connection);
      const late = receive(connection, 0, peer.text("late"), peer.ping(hex`01`), peer.fragment(1, utf8("unfinished")));
      expect(late.events).toEqual([
        { kind: "text", text: "late" },
        { kind: "ping", payload: hex`01` },
      ]);
      expect(framesIn(late)).toMatchObject([{ opcode: 10 }]);
      receive(connection, 0, peer.close(1000));
      expect(endTransport(connection).clean).toBe(true);
    });

    test("the peer may answer with another code: the received one is the connection's (§7.1.5)", () => {
      const connection = open(role);
      connection.close(0, 3000);
      receive(connection, 0, peer.close(4000, "no, this"));
      expect(endTransport(connection)).toMatchObject({ code: 4000, reason: "no, this", sent: { code: 3000 } });
    });

    test("the peer may answer with an empty Close: 1005, and clean", () => {
      const connection = open(role);
      connection.close(0);
      receive(connection, 0, peer.close());
      expect(endTransport(connection)).toMatchObject({ code: 1005, reason: "", clean: true });
    });

    test("close() again does nothing: exactly one Close is sent", () => {
      const connection = open(role);
      connection.close(0, 1000);
      connection.close(0, 1001);
      receive(connection, 0, peer.ping());
      connection.close(0, 1002);
      const closes = framesIn({ bytes: takeEffects(connection).bytes }).filter(({ opcode }) => opcode === 8);
      expect(closes.length).toBeLessThanOrEqual(1);
      receive(connection, 0, peer.close(1000));
      connection.close(0, 1003);
      expect(takeEffects(connection).effects).toEqual([]);
      expect(endTransport(connection).sent).toEqual({ code: 1000, reason: "" });
    });

    test("§5.5.1: nothing can be sent after our Close", () => {
      const connection = open(role);
      connection.sendFragment("unfinished", false);
      connection.close(0);
      for (const send of [
        () => connection.sendText(""),
        () => connection.sendBinary(hex``),
        () => connection.sendFragment("", true),
        () => connection.ping(0),
        () => connection.pong(hex``),
      ]) {
        expect(send).toThrow(
          expect.objectContaining({ name: "UsageError", code: "not-open", message: "the connection is closing" }),
        );
      }
      expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([1, 8]);
    });

    test("messages that were queued before it go out before it", () => {
      const connection = open(role);
      connection.sendText("first");
      connection.sendBinary(new Uint8Array(100_000));
      connection.receive(0, peer.ping(hex`01`));
      connection.nextEvent();
      connection.close(0);
      expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([1, 2, 10, 8]);
    });
  });

  describe(`${role}: the closing handshake that the peer begins`, () => {
    test("the Close is echoed without its reason, and the server ends the transport (§5.5.1, §7.1.1)", () => {
      const connection = open(role);
      const reply = receive(connection, 0, peer.close(1001, "going away"));
      expect(reply.events).toEqual([{ kind: "closing", code: 1001, reason: "going away" }]);
      expect(kinds(reply)).toEqual(serverEnds);
      expect(framesIn(reply)).toMatchObject([{ opcode: 8, payload: closePayload(1001) }]);
      expect(connection.state).toBe("closing");
      expect(endTransport(connection)).toMatchObject({
        code: 1001,
        reason: "going away",
        cause: { kind: "handshake", initiator: "remote" },
        sent: { code: 1001, reason: "" },
        first: "received",
        clean: true,
      });
    });

    test("an empty one is answered with 1000, and is 1005 to the application", () => {
      const connection = open(role);
      receive(connection, 0, peer.close());
      expect(endTransport(connection)).toMatchObject({
        code: 1005,
        received: { code: 1005 },
        sent: { code: 1000 },
        clean: true,
      });
    });

    test("nothing can be sent after it, not even in the same turn", () => {
      const connection = open(role);
      connection.receive(0, peer.close(1000));
      expect(connection.nextEvent()?.kind).toBe("closing");
      expect(() => connection.sendText("late")).toThrow(expect.objectContaining({ code: "not-open" }));
      expect(framesIn(takeEffects(connection)).map(({ opcode }) => opcode)).toEqual([8]);
    });

    test("everything after it is ignored: data, Pings, a second Close, violations (Autobahn 7.1.2 to 7.1.5)", () => {
      for (const after of [peer.text("late"), peer.ping(), peer.close(1002), peer.fragment(0, hex``), hex`ff ff ff`]) {
        for (const together of [true, false]) {
          const connection = open(role);
          const first = together
            ? receive(connection, 0, peer.close(1000), after)
            : receive(connection, 0, peer.close(1000));
          const second = receive(connection, 0, after);
          expect(first.events).toEqual([{ kind: "closing", code: 1000, reason: "" }]);
          expect(framesIn(first).map(({ opcode }) => opcode)).toEqual([8]);
          expect(second).toMatchObject({ events: [], effects: [] });
          expect(connection.retainedBytes).toBe(0);
          expect(endTransport(connection)).toMatchObject({ code: 1000, clean: true });
        }
      }
    });

    test("messages in front of it, in the same chunk, are delivered first", () => {
      const { events } = receive(open(role), 0, peer.text("a"), peer.text("b"), peer.close(1000));
      expect(events.map((event) => event.kind)).toEqual(["text", "text", "closing"]);
    });

    test("our close() after it does nothing", () => {
      const connection = open(role);
      receive(connection, 0, peer.close(1000));
      connection.close(0, 4000);
      expect(takeEffects(connection).effects).toEqual([]);
      expect(endTransport(connection)).toMatchObject({ sent: { code: 1000 }, first: "received" });
    });
  });

  describe(`${role}: both at once`, () => {
    test("the two Closes cross: one each, and clean", () => {
      const connection = open(role);
      connection.close(0, 4001);
      connection.receive(0, peer.close(4002));
      const drained = drain(connection);
      expect(drained.events).toEqual([{ kind: "closing", code: 4002, reason: "" }]);
      expect(framesIn(drained)).toMatchObject([{ opcode: 8, payload: closePayload(4001) }]);
      expect(kinds(drained)).toEqual(serverEnds);
      expect(endTransport(connection)).toMatchObject({
        code: 4002,
        cause: { kind: "handshake", initiator: "local" },
        sent: { code: 4001 },
        clean: true,
      });
    });

    test("close() while the peer's Close lies unread is what we sent first", () => {
      const connection = open(role);
      connection.receive(0, peer.close(4002));
      connection.close(0, 4001);
      expect(drain(connection).events).toEqual([{ kind: "closing", code: 4002, reason: "" }]);
      expect(endTransport(connection)).toMatchObject({ first: "sent", sent: { code: 4001 }, clean: true });
    });
  });

  describe(`${role}: the transport ends`, () => {
    test("by a FIN without a Close: 1006, transport-lost, and we end our half", () => {
      const connection = open(role);
      connection.receiveEnd(0);
      expect(drain(connection)).toMatchObject({ events: [], effects: [{ kind: "end" }] });
      expect(connection.state).toBe("closing");
      connection.handleTransportClosed(0);
      expect(closedIn(drain(connection))).toMatchObject({
        code: 1006,
        reason: "",
        cause: { kind: "transport-lost" },
        sent: undefined,
        received: undefined,
        first: undefined,
        clean: false,
      });
    });

    test("by a FIN: what was queued still goes out in front of our end", () => {
      const connection = open(role);
      connection.sendText("last words");
      connection.receiveEnd(0);
      expect(kinds(drain(connection))).toEqual(["write", "end"]);
    });

    test("by a FIN behind unread messages: they are delivered, and may be answered, first", () => {
      const connection = open(role);
      connection.receive(0, peer.text("question"));
      connection.receiveEnd(0);
      expect(connection.nextEvent()).toEqual({ kind: "text", text: "question" });
      connection.sendText("answer");
      const rest = drain(connection);
      expect(framesIn(rest)).toMatchObject([{ opcode: 1 }]);
      expect(kinds(rest)).toEqual(["write", "end"]);
    });

    test("by a FIN behind an unread Close: the reply goes out, and it is clean", () => {
      const connection = open(role);
      connection.receive(0, peer.close(1000));
      connection.receiveEnd(0);
      const reply = drain(connection);
      expect(kinds(reply)).toEqual(["write", "end"]);
      connection.handleTransportClosed(0);
      expect(closedIn(reply, drain(connection))).toMatchObject({ code: 1000, clean: true });
    });

    test("by a FIN in the middle of a frame: transport-lost", () => {
      const connection = open(role);
      receive(connection, 0, peer.text("half of it").slice(0, 9));
      expect(endTransport(connection)).toMatchObject({ code: 1006, cause: { kind: "transport-lost" } });
    });

    test("after our Close, without the peer's: 1006, transport-lost", () => {
      const connection = open(role);
      connection.close(0, 1000);
      takeEffects(connection);
      expect(endTransport(connection)).toMatchObject({
        code: 1006,
        cause: { kind: "transport-lost" },
        sent: { code: 1000 },
        first: "sent",
        clean: false,
      });
    });

    test("by a reset: there is nothing to write any more, and no deadline", () => {
      const connection = open(role);
      connection.sendText("lost");
      connection.handleTransportClosed(0);
      expect(connection.state).toBe("closed");
      expect(connection.queuedBytes).toBe(0);
      expect(connection.deadline).toBeUndefined();
      expect(() => connection.sendText("late")).toThrow(
        expect.objectContaining({ message: "the connection is closed" }),
      );
      const drained = drain(connection);
      expect(drained.effects).toEqual([]);
      expect(closedIn(drained)).toMatchObject({
        code: 1006,
        cause: { kind: "transport-lost" },
        clean: false,
        diagnosis: { queuedBytes: expect.any(Number) },
      });
    });

    test("by a reset with unread messages in our hands: they are delivered before the end", () => {
      const connection = open(role);
      connection.receive(0, peer.text("in time"));
      connection.handleTransportClosed(0);
      expect(takeEvents(connection).map((event) => event.kind)).toEqual(["text", "closed"]);
    });

    test("by a reset with an unread Close: its code is known, but no reply could be sent", () => {
      const connection = open(role);
      connection.receive(0, peer.close(4000, "bye"));
      connection.handleTransportClosed(0);
      const drained = drain(connection);
      expect(drained.effects).toEqual([]);
      expect(drained.events[0]).toEqual({ kind: "closing", code: 4000, reason: "bye" });
      expect(closedIn(drained)).toMatchObject({
        code: 4000,
        reason: "bye",
        cause: { kind: "transport-lost" },
        sent: undefined,
        clean: false,
      });
    });

    test("by a reset with an unread Close that answers ours: it is clean", () => {
      const connection = open(role);
      connection.close(0, 1000);
      takeEffects(connection);
      connection.receive(0, peer.close(1000));
      connection.handleTransportClosed(0);
      expect(closedIn(drain(connection))).toMatchObject({ code: 1000, clean: true, cause: { initiator: "local" } });
    });

    test("by a reset with an unread violation: that is the cause, but nobody can be told", () => {
      const connection = open(role);
      connection.receive(0, hex`ff`);
      connection.handleTransportClosed(0);
      const drained = drain(connection);
      expect(drained.effects).toEqual([]);
      expect(closedIn(drained)).toMatchObject({ cause: { kind: "violation" }, sent: undefined });
    });

    test("twice: it is told once", () => {
      const connection = open(role);
      connection.handleTransportClosed(0);
      connection.handleTransportClosed(0);
      connection.receiveEnd(0);
      expect(closedIn(drain(connection)).clean).toBe(false);
      connection.handleTransportClosed(0);
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
    });
  });

  describe(`${role}: §7.1.7, failing the connection`, () => {
    test('"MUST NOT continue to attempt to process data": nothing behind the violation is read', () => {
      const connection = open(role);
      const drained = receive(connection, 0, peer.text("before"), hex`f1`, peer.text("after"), peer.close(1000));
      expect(drained.events).toEqual([{ kind: "text", text: "before" }]);
      expect(receive(connection, 0, peer.text("after"), peer.ping())).toMatchObject({ events: [], effects: [] });
      expect(connection.retainedBytes).toBe(0);
      expect(endTransport(connection)).toMatchObject({ received: undefined, cause: { kind: "violation" } });
    });

    test("a violation after our Close is not answered by another one", () => {
      const connection = open(role);
      connection.close(0, 1000);
      takeEffects(connection);
      const drained = receive(connection, 0, hex`f1`);
      expect(kinds(drained)).toEqual(role === "server" ? ["end"] : []);
      expect(endTransport(connection)).toMatchObject({
        cause: { kind: "violation", violation: "reserved-bits" },
        sent: { code: 1000 },
      });
    });

    test("a Close that breaks a rule was not received: 1006", () => {
      const connection = open(role);
      const drained = receive(connection, 0, peer.close(1005, "reserved"));
      expect(drained.events).toEqual([]);
      expect(endTransport(connection)).toMatchObject({ code: 1006, received: undefined });
    });
  });

  describe(`${role}: abort()`, () => {
    test("drops the transport at once, with what was queued and what was received", () => {
      const connection = open(role);
      connection.sendText("never sent");
      connection.receive(0, peer.text("never delivered"));
      connection.abort(0);
      expect(connection.state).toBe("closed");
      expect(connection.retainedBytes).toBe(0);
      const drained = drain(connection);
      expect(drained.effects).toEqual([{ kind: "destroy" }]);
      expect(drained.events).toHaveLength(1);
      expect(closedIn(drained)).toMatchObject({ code: 1006, cause: { kind: "aborted" }, clean: false });
    });

    test("while closing it does so, too; once closed it does nothing", () => {
      const connection = open(role);
      connection.close(0);
      connection.abort(0);
      connection.abort(0);
      const drained = drain(connection);
      expect(drained.effects).toEqual([{ kind: "destroy" }]);
      expect(closedIn(drained)).toMatchObject({ cause: { kind: "aborted" }, sent: { code: 1000 }, first: "sent" });
      connection.abort(0);
      connection.handleTransportClosed(0);
      expect(drain(connection)).toMatchObject({ events: [], effects: [] });
    });

    test("between the peer's Close and the end of the transport it is not clean, though the handshake is done", () => {
      const connection = open(role);
      receive(connection, 0, peer.close(1000));
      connection.abort(0);
      expect(closedIn(drain(connection))).toMatchObject({ code: 1000, cause: { kind: "aborted" }, clean: false });
    });

    test("after the transport is gone there is nothing to drop", () => {
      const connection = open(role);
      connection.receive(0, peer.text("unread"));
      connection.handleTransportClosed(0);
      connection.abort(0);
      const drained = drain(connection);
      expect(drained.effects).toEqual([]);
      expect(closedIn(drained)).toMatchObject({ cause: { kind: "aborted" } });
    });
  });
}
