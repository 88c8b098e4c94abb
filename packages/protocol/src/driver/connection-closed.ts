import { describeClosed } from "../connection/describe-closed.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { CloseCause, ClosedEvent } from "../vocabulary/event.ts";

/**
 * Why something could not be done, or did not end as it should: the connection is closed. The message is one sentence
 * that says how it ended and what was known about it (see `describeClosed`).
 */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
  /** Both codes and their order, the cause, and the diagnosis. */
  readonly event: ClosedEvent;
  /** What really happened. */
  override readonly cause: CloseCause;

  constructor(event: ClosedEvent) {
    super(describeClosed(event));
    this.event = event;
    this.cause = event.cause;
  }

  /** The code that the peer sent, 1005 if it sent none, 1006 without a Close frame (RFC 6455 §7.1.5). */
  get code(): number {
    return this.event.code;
  }

  /** The reason that the peer sent, or empty. */
  get reason(): string {
    return this.event.reason;
  }
}

/** Whether a connection ended as both sides wanted: the closing handshake, begun by us, or by the peer without a complaint. */
export function isNormalClose(event: ClosedEvent): boolean {
  if (event.cause.kind !== "handshake") return false;
  if (event.cause.initiator === "local") return true;
  const { code } = event;
  return code === CloseCode.Normal || code === CloseCode.GoingAway || code === CloseCode.NoStatusReceived;
}
