/*
 * The receiving half of RFC 6455 §5 to §8 as one function of everything that has arrived: it reads the whole string from
 * its start, every time, and says what it means and after how many bytes each thing was certain.
 */
import type { Violation } from "../../packages/protocol/src/vocabulary/violation.ts";
import { applyMask } from "./frames.ts";
import { judgeFirstByte, judgeLength, judgeSecondByte, mayBeOnTheWire } from "./rules.ts";
import { readUtf8 } from "./utf8.ts";

/** Something that a peer's bytes mean. */
export type Incident =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array }
  | { readonly kind: "ping"; readonly payload: Uint8Array }
  | { readonly kind: "pong"; readonly payload: Uint8Array }
  /** `code` is absent in an empty Close. */
  | { readonly kind: "close"; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: "violation"; readonly violation: Violation };

/** An incident and where it happened. */
export interface LocatedIncident {
  readonly incident: Incident;
  /** How many bytes had to arrive for it to be certain. */
  readonly at: number;
}

/** An extension that rewrites payloads byte by byte, so that a prefix of the input decides a prefix of the output. */
export interface ReferenceExtension {
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly bit: 1 | 2 | 4;
  decode(payload: Uint8Array): Uint8Array;
}

export interface ReadingRules {
  /** Our role. */
  readonly role: "client" | "server";
  readonly maxMessageBytes: number;
  readonly extension?: ReferenceExtension | undefined;
}

/** The message that the frames of the moment belong to. */
interface MessageSoFar {
  readonly kind: "text" | "binary";
  readonly extended: boolean;
  readonly payload: readonly number[];
}

/**
 * Everything that `bytes` mean, in order. Reading stops for ever after a Close (§5.5.1: data after it is ignored) and
 * after a violation (§7.1.7: "MUST NOT continue to attempt to process data").
 */
export function readStream(bytes: Uint8Array, rules: ReadingRules): readonly LocatedIncident[] {
  const incidents: LocatedIncident[] = [];
  let message: MessageSoFar | undefined;
  let start = 0;

  for (;;) {
    const found = (incident: Incident, at: number): void => void incidents.push({ incident, at });
    const violated = (violation: Violation, at: number): readonly LocatedIncident[] => {
      found({ kind: "violation", violation }, at);
      return incidents;
    };
    const context = {
      role: rules.role,
      inFragment: message !== undefined,
      extensionBit: rules.extension?.bit ?? 0,
    };

    // The first byte: FIN, the reserved bits, the opcode.
    if (bytes.length < start + 1) return incidents;
    const first = bytes[start]!;
    const firstFault = judgeFirstByte(first, context);
    if (firstFault !== undefined) return violated(firstFault, start + 1);
    const fin = first >= 128;
    const opcode = first % 16;

    // The second byte: MASK and the short length.
    if (bytes.length < start + 2) return incidents;
    const second = bytes[start + 1]!;
    const secondFault = judgeSecondByte(first, second, context);
    if (secondFault !== undefined) return violated(secondFault, start + 2);

    // The extended length. Its top bit is seen with its first byte, the rest is judged when it is whole.
    const bits = second % 128 === 126 ? 16 : second % 128 === 127 ? 64 : 7;
    if (bits === 64 && bytes.length > start + 2 && bytes[start + 2]! >= 128)
      return violated("length-top-bit", start + 3);
    let cursor = start + 2 + (bits === 7 ? 0 : bits / 8);
    if (bytes.length < cursor) return incidents;
    let declared = BigInt(second % 128);
    if (bits !== 7) declared = bytes.slice(start + 2, cursor).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const lengthFault = judgeLength(declared, bits);
    if (lengthFault !== undefined) return violated(lengthFault, cursor);

    // §10.4: the limit on "the total message size after reassembly from multiple frames", decided on what is declared.
    if (opcode <= 2) {
      const before = message?.payload.length ?? 0;
      if (BigInt(before) + declared > BigInt(rules.maxMessageBytes)) return violated("message-too-big", cursor);
    }

    // The masking key, §5.3.
    let key = Uint8Array.of(0, 0, 0, 0);
    if (second >= 128) {
      if (bytes.length < cursor + 4) return incidents;
      key = bytes.slice(cursor, cursor + 4);
      cursor += 4;
    }

    // The payload, as far as it has arrived.
    const length = Number(declared);
    const payload = applyMask(bytes.subarray(cursor, cursor + length), key);
    const whole = payload.length === length;
    const end = cursor + length;

    if (opcode === 8) {
      if (!whole) return incidents;
      found(readClosePayload(payload), end);
      return incidents;
    }
    if (opcode === 9 || opcode === 10) {
      if (!whole) return incidents;
      found({ kind: opcode === 9 ? "ping" : "pong", payload }, end);
    } else {
      const begun: MessageSoFar = message ?? {
        kind: opcode === 1 ? "text" : "binary",
        extended: Math.floor(first / 16) % 8 !== 0,
        payload: [],
      };
      const raw = Uint8Array.from([...begun.payload, ...payload]);
      const content = begun.extended ? rules.extension!.decode(raw) : raw;
      const text = begun.kind === "text" ? readUtf8(content) : undefined;
      // §8.1: text that is no UTF-8 fails the connection, here at the first byte that makes it so.
      if (text?.impossibleAt !== undefined) {
        return violated("text-invalid-utf8", cursor + text.impossibleAt - begun.payload.length + 1);
      }
      if (!whole) return incidents;
      // §5.6: "the whole message MUST contain valid UTF-8": it may not stop inside a character either.
      if (fin && text?.incomplete === true) return violated("text-invalid-utf8", end);
      if (!fin) {
        message = { ...begun, payload: [...raw] };
      } else {
        message = undefined;
        found(text !== undefined ? { kind: "text", text: text.text } : { kind: "binary", bytes: content }, end);
      }
    }
    start = end;
  }
}

/** §5.5.1: nothing, or "a 2-byte unsigned integer (in network byte order)" and a reason in UTF-8. */
export function readClosePayload(payload: Uint8Array): Incident {
  if (payload.length === 0) return { kind: "close", code: undefined, reason: "" };
  if (payload.length === 1) return { kind: "violation", violation: "close-payload-truncated" };
  const code = payload[0]! * 256 + payload[1]!;
  if (!mayBeOnTheWire(code)) return { kind: "violation", violation: "close-code-invalid" };
  const reason = readUtf8(payload.subarray(2));
  if (reason.impossibleAt !== undefined || reason.incomplete) {
    return { kind: "violation", violation: "close-reason-invalid-utf8" };
  }
  return { kind: "close", code, reason: reason.text };
}
