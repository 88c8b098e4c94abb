// Why there is no connection, and why there will be none any more: as data, as an error, and in a sentence.

import type { Duration, Instant, KeepaliveDiagnosis } from "@sansock/protocol/liveness";

/** Why a connection was lost, or did not come to be. */
export type OutageKind =
  /** It was closed, or the network reported its end: see `code`. */
  | "closed"
  /** The attempt failed: no network, no server, no permission. Browsers do not say which. */
  | "refused"
  /** The attempt took longer than `openTimeout`. */
  | "open-timeout"
  /** A closing handshake that we began took longer than `closeTimeout`. */
  | "close-timeout"
  /** No answer to a keepalive message came in time. */
  | "keepalive-timeout"
  /** The page was put away by the browser. */
  | "suspended"
  /** The function that gives the URL failed: see `error`. */
  | "no-url"
  /** We dropped it, because the client ended: see `client.closed`. */
  | "stopped";

/** How a connection was lost, or an attempt failed. */
export interface Outage {
  readonly kind: OutageKind;
  /** When, on the clock of the client. */
  readonly at: Instant;
  /** The code of the peer's Close, 1005 if it had none, 1006 without a Close. */
  readonly code: number;
  readonly reason: string;
  /** Whether it was open; otherwise it was an attempt. */
  readonly opened: boolean;
  /** Bytes that were sent, and that the browser had not got rid of: they are lost. */
  readonly unsentBytes: number;
  /** What keepalive knew, if the connection was open and had any. */
  readonly diagnosis: KeepaliveDiagnosis | undefined;
  /** With "no-url": what was thrown. */
  readonly error: unknown;
}

/** How a client ended: there will be no further connection. */
export interface ClientEnd {
  readonly kind: /** `close()` was called. */
    | "closed"
    /** The last loss was final: see `outage`. */
    | "given-up"
    /** `maxAttempts` failures in a row. */
    | "too-many-attempts"
    /** The `signal` was aborted: see `error`. */
    | "aborted"
    /** The browser will not open such a connection at all, because of its URL or subprotocols: see `error`. */
    | "impossible"
    /** More than `maxUnreadBytes` of messages waited for somebody to take them. */
    | "unread-overflow";
  /** How the last connection ended, or the last attempt; `undefined` if there was none. */
  readonly outage: Outage | undefined;
  readonly error: unknown;
}

/** Whether it ended as both sides wanted: `close()`, or the server's Close 1000. */
export function isNormalEnd({ kind, outage }: ClientEnd): boolean {
  return kind === "closed" || (kind === "given-up" && outage?.code === 1000);
}

/** Why something could not be done: there is no connection. */
export class Disconnected extends Error {
  override readonly name = "Disconnected";
  /** How the last connection ended, or the last attempt; `undefined` before the first. */
  readonly outage: Outage | undefined;
  /** Why there will be none any more; `undefined` if there may be. */
  readonly end: ClientEnd | undefined;

  constructor(outage: Outage | undefined, end?: ClientEnd) {
    super(describe(outage, end), end?.error === undefined ? undefined : { cause: end.error });
    this.outage = outage;
    this.end = end;
  }
}

/** Why a message was not sent: there was no room for it where it would have had to wait. */
export class QueueOverflow extends Error {
  override readonly name = "QueueOverflow";

  constructor() {
    super("too much waits to be sent");
  }
}

const ENDS: Readonly<Record<ClientEnd["kind"], string>> = {
  closed: "the client was closed",
  "given-up": "the client has given up",
  "too-many-attempts": "the client has given up after too many attempts",
  aborted: "the client was aborted",
  impossible: "no such connection can be opened",
  "unread-overflow": "too many messages waited to be taken",
};

function describe(outage: Outage | undefined, end: ClientEnd | undefined): string {
  const parts = [end === undefined ? "there is no connection" : ENDS[end.kind]];
  if (outage !== undefined) parts.push(describeOutage(outage));
  return parts.join(": ");
}

/** One sentence for people: what happened, and what was known. */
export function describeOutage(outage: Outage): string {
  const { kind, code, reason, opened, unsentBytes, diagnosis } = outage;
  const parts: string[] = [];
  switch (kind) {
    case "closed":
      parts.push(code === 1006 ? "the connection was lost" : `the server closed with ${code}${quoted(reason)}`);
      break;
    case "refused":
      parts.push("the connection could not be opened");
      break;
    case "open-timeout":
      parts.push("the connection did not open in time");
      break;
    case "close-timeout":
      parts.push("the server did not answer our Close in time");
      break;
    case "keepalive-timeout":
      parts.push("no answer to a keepalive message came in time");
      if (diagnosis?.sinceAnswered === undefined) parts.push("none ever did: does the server answer them?");
      break;
    case "suspended":
      parts.push("the page was put away");
      break;
    case "no-url":
      parts.push("there was no URL to connect to");
      break;
    case "stopped":
      parts.push(opened ? "the connection was dropped" : "the attempt was abandoned");
      break;
  }
  const ago = (name: string, since: Duration | undefined): void => {
    if (since !== undefined) parts.push(`${name} ${Math.round(since)} ms ago`);
  };
  ago("opened", diagnosis?.age);
  ago("last message", diagnosis?.sinceReceived);
  ago("last answer", diagnosis?.sinceAnswered);
  if (unsentBytes > 0) parts.push(`${unsentBytes} bytes were not sent`);
  return parts.join(", ");
}

function quoted(reason: string): string {
  return reason === "" ? "" : ` ${JSON.stringify(reason)}`;
}
