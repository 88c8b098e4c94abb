import { expect } from "vitest";
import { type Connection, type Violation, violations } from "../../packages/protocol/src/index.ts";
import { closedIn, type Drained, drain, framesIn } from "./endpoint.ts";
import { toHex } from "./hex.ts";
import { closePayload, type Role } from "./peer.ts";

/**
 * Demands that what was just drained is the end of a connection whose peer broke `violation`: exactly one Close with
 * the rule's code and sentence as the last frame, after it the half-close of a server (§7.1.1), nothing else; and that
 * the connection is closed with that cause once the transport is gone. Returns the events before `closed`.
 */
export function expectViolation(
  connection: Connection,
  role: Role,
  drained: Drained,
  violation: Violation,
): Drained["events"] {
  const { closeCode, message } = violations[violation];
  const frames = framesIn(drained);
  expect(frames.filter((frame) => frame.opcode === 8)).toHaveLength(1);
  expect(frames.at(-1)?.opcode).toBe(8);
  expect(toHex(frames.at(-1)!.payload)).toBe(toHex(closePayload(closeCode, message)));
  expect(drained.effects.filter((effect) => effect.kind === "end")).toHaveLength(role === "server" ? 1 : 0);
  if (role === "server") expect(drained.effects.at(-1)).toEqual({ kind: "end" });
  expect(connection.state).toBe("closing");

  connection.handleTransportClosed(0);
  const rest = drain(connection);
  expect(rest.effects).toEqual([]);
  expect(closedIn(drained, rest)).toMatchObject({
    code: 1006,
    reason: "",
    cause: { kind: "violation", violation },
    received: undefined,
    sent: { code: closeCode, reason: message },
    first: "sent",
    clean: false,
  });
  expect(connection.state).toBe("closed");
  return drained.events;
}
