import type { MessageTransform } from "../message/message-transform.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration } from "../vocabulary/time.ts";

/** What a runtime may do faster than portable JavaScript. Each has a portable default, which is also the tests' oracle. */
export interface TextCodec {
  /** The text of well-formed UTF-8, a leading U+FEFF included; `undefined` if `bytes` is not well-formed. Only reads. */
  decode(bytes: Uint8Array): string | undefined;
  /** Writes `text` as UTF-8 from `offset` on (at most 3 bytes a UTF-16 unit) and returns the number of bytes written. */
  encodeInto(text: string, target: Uint8Array, offset: number): number;
}

/** How an open connection behaves. Times are in ms, sizes in bytes; `null` switches a timeout off. */
export interface ConnectionOptions {
  /** Clients mask, servers do not (RFC 6455 §5.1). */
  readonly role: "client" | "server";
  /** Fills mask keys and ping payloads. */
  readonly random: FillRandom;
  readonly pingInterval?: Duration | null | undefined;
  readonly pingTimeout?: Duration | null | undefined;
  readonly closeTimeout?: Duration | null | undefined;
  readonly liveness?: "pong" | "inbound" | "progress" | undefined;
  readonly pausedReading?: "count" | "suspend" | undefined;
  readonly pingJitter?: number | undefined;
  readonly onPingTimeout?: "close" | "abort" | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly delivery?: "messages" | "fragments" | undefined;
  readonly autoPong?: boolean | undefined;
  readonly text?: TextCodec | undefined;
  readonly transform?: MessageTransform | undefined;
}
