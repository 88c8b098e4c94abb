// How a connection ended, as one sentence for people. Nothing that the peer wrote goes in unescaped.

import { CloseCode } from "../vocabulary/close-code.ts";
import type { ClosedEvent, CloseStatus, Diagnosis } from "../vocabulary/event.ts";
import type { Duration } from "../vocabulary/time.ts";
import { violations } from "../vocabulary/violation.ts";

/**
 * One sentence about how and why a connection ended, for logs and error messages: the cause, the Close frames in their
 * order, and what matters of the diagnosis. Control characters in the peer's reason are escaped.
 */
export function describeClosed(event: ClosedEvent): string {
  const parts = [describeCause(event)];
  const { received, sent, first } = event;
  const inOrder =
    first === "sent"
      ? [describeSent(sent), describeReceived(received)]
      : [describeReceived(received), describeSent(sent)];
  parts.push(...inOrder.filter((part) => part !== undefined));
  const { kind } = event.cause;
  if (kind === "ping-timeout" || kind === "close-timeout" || kind === "transport-lost" || kind === "queue-overflow") {
    parts.push(describeDiagnosis(event.diagnosis));
  }
  return parts.join("; ");
}

function describeCause({ cause }: ClosedEvent): string {
  switch (cause.kind) {
    case "handshake":
      return cause.initiator === "local" ? "closed by this side" : "closed by the peer";
    case "violation": {
      const { message, section } = violations[cause.violation];
      return `the peer broke the protocol: ${message} (${section})`;
    }
    case "ping-timeout":
      return "keepalive ping timeout: no pong arrived in time";
    case "close-timeout":
      return "the peer did not answer our Close in time";
    case "transport-lost":
      return "the transport ended without a closing handshake";
    case "queue-overflow":
      return "the peer did not take what was sent to it";
    case "aborted":
      return "aborted by this side";
    case "random-failed":
      return "the source of randomness failed, so no frame could be masked";
  }
}

function describeReceived(status: CloseStatus | undefined): string | undefined {
  return status === undefined ? undefined : `received ${describeStatus(status)}`;
}

function describeSent(status: CloseStatus | undefined): string | undefined {
  return status === undefined ? undefined : `sent ${describeStatus(status)}`;
}

function describeStatus({ code, reason }: CloseStatus): string {
  const name = code === CloseCode.NoStatusReceived ? "a Close without a code" : `Close ${code}`;
  return reason === "" ? name : `${name} ${quote(reason)}`;
}

function describeDiagnosis(diagnosis: Diagnosis): string {
  const parts = [
    `last byte in ${ago(diagnosis.sinceReceived)}`,
    `last pong ${ago(diagnosis.sincePong)}`,
    `${diagnosis.unansweredPings} unanswered ping${diagnosis.unansweredPings === 1 ? "" : "s"}`,
  ];
  if (diagnosis.queuedBytes > 0) {
    parts.push(`${diagnosis.queuedBytes} bytes queued, last byte out ${ago(diagnosis.sinceTransmitted)}`);
  }
  if (diagnosis.readingPaused) parts.push("we had stopped reading");
  if (diagnosis.wokenLateBy > 100) parts.push(`we were woken ${Math.round(diagnosis.wokenLateBy)} ms late`);
  return parts.join(", ");
}

function ago(age: Duration | undefined): string {
  return age === undefined ? "never" : `${Math.round(age)} ms ago`;
}

/** What JSON does not escape and can still garble a line: DEL and C1, bidirectional controls, separators, U+FEFF. */
const GARBLING: readonly (readonly [first: number, last: number])[] = [
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
];

function quote(text: string): string {
  let escaped = "";
  for (const character of JSON.stringify(text)) {
    const code = character.codePointAt(0)!;
    const garbling = GARBLING.some(([first, last]) => code >= first && code <= last);
    escaped += garbling ? `\\u${code.toString(16).padStart(4, "0")}` : character;
  }
  return escaped;
}
