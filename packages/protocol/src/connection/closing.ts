// How a connection ends (RFC 6455 §7): which Close frames were seen, which came first, and what that means. It decides
// nothing about time or bytes.

import { CloseCode } from "../vocabulary/close-code.ts";
import type { CloseCause, ClosedEvent, CloseStatus, Diagnosis } from "../vocabulary/event.ts";

/** Kept from the first sign of closing on. */
export class Closing {
  received: CloseStatus | undefined = undefined;
  sent: CloseStatus | undefined = undefined;
  first: "received" | "sent" | undefined = undefined;
  /** Set when something other than a closing handshake ends the connection; the first such cause stays. */
  cause: CloseCause | undefined = undefined;
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis) {
    this.diagnosis = diagnosis;
  }

  /** Whether both Close frames were exchanged (§7.1.4: "_The WebSocket Closing Handshake is Started_" by both). */
  get complete(): boolean {
    return this.received !== undefined && this.sent !== undefined;
  }

  closeReceived(status: CloseStatus): void {
    this.received = status;
    this.first ??= "received";
  }

  closeSent(status: CloseStatus): void {
    this.sent = status;
    this.first ??= "sent";
  }

  blame(cause: CloseCause): void {
    this.cause ??= cause;
  }

  /** What can be told before the end: the last event, were the transport lost now. */
  soFar(): ClosedEvent {
    if (this.cause !== undefined || this.first === undefined) return this.closed(false);
    const initiator = this.first === "sent" ? "local" : "remote";
    return { ...this.closed(false), cause: { kind: "handshake", initiator } };
  }

  /** The last event. `ended`: the transport ended by itself, it was not dropped by us. */
  closed(ended: boolean): ClosedEvent {
    const handshake = this.complete && this.cause === undefined;
    const cause: CloseCause = handshake
      ? { kind: "handshake", initiator: this.first === "sent" ? "local" : "remote" }
      : (this.cause ?? { kind: "transport-lost" });
    return {
      kind: "closed",
      code: this.received?.code ?? CloseCode.Abnormal,
      reason: this.received?.reason ?? "",
      cause,
      received: this.received,
      sent: this.sent,
      first: this.first,
      clean: handshake && ended,
      diagnosis: this.diagnosis,
    };
  }
}
