// The public names of the engine, nothing else.

export type { Allocate, Free } from "./bytes/memory.ts";
export { portableTextCodec, type TextCodec } from "./bytes/text-codec.ts";
export type { WordBits } from "./bytes/words.ts";
export { Connection } from "./connection/connection.ts";
export {
  type ConnectionOptions,
  ConnectionSettings,
  DEFAULT_CLOSE_TIMEOUT,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PING_INTERVAL,
  DEFAULT_PING_TIMEOUT,
  type RuntimeSupport,
} from "./connection/connection-options.ts";
export { describeClosed } from "./connection/describe-closed.ts";
export type { SendOptions } from "./connection/message-sender.ts";
export { type PreparedMessage, prepareMessage } from "./connection/prepared-message.ts";
export type {
  DeflateCodec,
  Deflater,
  DeflaterOptions,
  Inflater,
  InflaterOptions,
} from "./deflate/deflate-codec.ts";
export type { PortableDeflater } from "./deflate/deflater.ts";
export { hybridDeflate, type NativeDeflate } from "./deflate/hybrid-deflate.ts";
export { type PortableDeflate, portableDeflate } from "./deflate/portable-deflate.ts";
export type {
  AcceptedExtension,
  Extension,
  ExtensionElement,
  ExtensionParameter,
} from "./extensions/extension.ts";
export { type PermessageDeflateOptions, permessageDeflate } from "./extensions/permessage-deflate.ts";
export { MAX_CLOSE_REASON_BYTES, truncateCloseReason } from "./frame/close-payload.ts";
export { type DecodedFrames, decodeFrames, encodeFrame, type Frame } from "./frame/frame.ts";
export { type DecoderStep, FrameDecoder, type FrameDecoderOptions } from "./frame/frame-decoder.ts";
export * from "./handshake/index.ts";
export { MAX_PENDING_PINGS } from "./liveness/ping-ledger.ts";
export type { RoundTripStatistics } from "./liveness/round-trip.ts";
export type { MessageTransform } from "./message/message-transform.ts";
export { CloseCode, isSendableCloseCode } from "./vocabulary/close-code.ts";
export type { Effect } from "./vocabulary/effect.ts";
export type {
  AcknowledgedPing,
  CloseCause,
  ClosedEvent,
  CloseStatus,
  ConnectionEvent,
  Diagnosis,
  Fragment,
  Message,
} from "./vocabulary/event.ts";
export type { DeadlineName, FillRandom, Machine } from "./vocabulary/machine.ts";
export { Opcode } from "./vocabulary/opcode.ts";
export type { Duration, Instant } from "./vocabulary/time.ts";
export { UsageError, type UsageErrorCode } from "./vocabulary/usage-error.ts";
export { type Rule, type Violation, violations } from "./vocabulary/violation.ts";
export type { Yield } from "./vocabulary/yield.ts";
