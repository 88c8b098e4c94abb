/** What a caller can do wrong, by name. */
export type UsageErrorCode =
  /** Sending, pinging or closing when the connection is no longer open. */
  | "not-open"
  /** A close code that may not be sent (RFC 6455 §7.4). */
  | "bad-close-code"
  /** A close reason of more than 123 bytes of UTF-8 (§5.5.1). */
  | "bad-close-reason"
  /** The payload of a control frame exceeds 125 bytes (§5.5). */
  | "control-too-long"
  /** A ping with this payload is already waiting for its pong. */
  | "duplicate-ping"
  /** Too many pings are waiting for their pongs. */
  | "too-many-pings"
  /** An operation that does not fit what is being sent: a whole message in the middle of a fragmented one, or the reverse. */
  | "message-in-progress"
  /** An argument of a wrong type: text must be a string, bytes must be an attached `Uint8Array`. */
  | "bad-argument"
  /** An option outside its range. */
  | "bad-option"
  /** Something for the opening handshake that HTTP cannot carry: an illegal header name or value, URL or token. */
  | "bad-handshake"
  /** A handshake that has been answered, or has ended, cannot be answered (again). */
  | "already-answered";

/**
 * Thrown at the caller's mistake, at the call, before anything has changed. What a peer does never throws: it arrives
 * as an event.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What was wrong, for programs. */
  readonly code: UsageErrorCode;

  constructor(code: UsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
