import type { Duration } from "./time.ts";
import type { Violation } from "./violation.ts";
import type { Yield } from "./yield.ts";

/** A whole message (RFC 6455 §5.6). The bytes of a binary one belong to the receiver. */
export type Message =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array }
  /** With `text: "utf8"`: a text message as the well-formed UTF-8 that arrived. The bytes belong to the receiver. */
  | { readonly kind: "utf8"; readonly bytes: Uint8Array };

/**
 * A piece of a message, as it arrived, with `delivery: "fragments"`. Pieces do not follow the peer's frames: a long
 * frame comes in several, text is never cut inside a code point. The last one has `fin: true` and may be empty.
 */
export type Fragment =
  | { readonly kind: "fragment"; readonly message: "text"; readonly text: string; readonly fin: boolean }
  | { readonly kind: "fragment"; readonly message: "binary"; readonly bytes: Uint8Array; readonly fin: boolean }
  | { readonly kind: "fragment"; readonly message: "utf8"; readonly bytes: Uint8Array; readonly fin: boolean };

/** A Ping of ours that a Pong answered. */
export interface AcknowledgedPing {
  /** What `ping()` returned for it. */
  readonly id: number;
  /** From queueing the Ping to the arrival of the Pong's bytes. Never negative. */
  readonly roundTrip: Duration;
}

/** Something that the application should know. Plain data, never reused. */
export type ConnectionEvent =
  | Message
  | Fragment
  /** A Ping arrived. Its Pong is already queued (§5.5.2), unless `autoPong` is off. */
  | { readonly kind: "ping"; readonly payload: Uint8Array }
  /** A Pong arrived. `acknowledged` holds the Pings it settles, oldest first; empty when it was unsolicited (§5.5.3). */
  | { readonly kind: "pong"; readonly payload: Uint8Array; readonly acknowledged: readonly AcknowledgedPing[] }
  /** The peer's Close arrived; the reply is queued. No messages will follow. `code` is 1005 if it had none. */
  | { readonly kind: "closing"; readonly code: number; readonly reason: string }
  /** Nothing to know: a piece of what arrived was decompressed, and there is more. */
  | Yield
  /** Always the last event, exactly once. */
  | ClosedEvent;

/** The code and the reason of one Close frame. `code` is 1005 if the frame had none. */
export interface CloseStatus {
  readonly code: number;
  readonly reason: string;
}

/** Why a connection ended; a code alone cannot say it. */
export type CloseCause =
  /** The closing handshake was completed (§7.1.4); `initiator` sent the first Close. */
  | { readonly kind: "handshake"; readonly initiator: "local" | "remote" }
  /** The peer broke the protocol. */
  | { readonly kind: "violation"; readonly violation: Violation }
  /** No matching Pong arrived within `pingTimeout`. */
  | { readonly kind: "ping-timeout" }
  /** A closing handshake that we began was not completed within `closeTimeout`. */
  | { readonly kind: "close-timeout" }
  /** The transport ended, or was reset, without a closing handshake. */
  | { readonly kind: "transport-lost" }
  /** The peer did not take what was sent to it, and more than the limit was waiting. */
  | { readonly kind: "queue-overflow" }
  /** `abort()` was called. */
  | { readonly kind: "aborted" }
  /** The injected randomness failed, so that no frame could be masked any more (§5.3). */
  | { readonly kind: "random-failed" };

/** What was known about the connection when it began to end. All ages are in ms; `undefined` means never. */
export interface Diagnosis {
  /** Since the connection opened. */
  readonly age: Duration;
  /** Since the last byte arrived. */
  readonly sinceReceived: Duration | undefined;
  /** Since the transport last took bytes of ours. */
  readonly sinceTransmitted: Duration | undefined;
  /** Since the last Pong that matched a Ping of ours. */
  readonly sincePong: Duration | undefined;
  /** Pings of ours that were never answered. */
  readonly unansweredPings: number;
  /** The last matched round trip. */
  readonly latency: Duration | undefined;
  /** Bytes that we queued and the transport had not taken. */
  readonly queuedBytes: number;
  /** Whether we had stopped reading (back-pressure). */
  readonly readingPaused: boolean;
  /** Whether our own wake-up for the decision came late: our event loop stalled, or the machine slept. */
  readonly wokenLateBy: Duration;
}

/** How and why a connection ended. */
export interface ClosedEvent {
  readonly kind: "closed";
  /** _The WebSocket Connection Close Code_ (§7.1.5): the received one, 1005 if it held none, 1006 without a Close. */
  readonly code: number;
  /** _The WebSocket Connection Close Reason_ (§7.1.6): the received one, or empty. */
  readonly reason: string;
  /** What really happened. */
  readonly cause: CloseCause;
  /** The Close frame that arrived first, if any did. */
  readonly received: CloseStatus | undefined;
  /** The Close frame that we sent, if we did. */
  readonly sent: CloseStatus | undefined;
  /** Which of the two came first. */
  readonly first: "received" | "sent" | undefined;
  /** Whether both Close frames were exchanged and the transport then ended (§7.1.4, _cleanly_). */
  readonly clean: boolean;
  /** What was known about the connection when it began to end. */
  readonly diagnosis: Diagnosis;
}
