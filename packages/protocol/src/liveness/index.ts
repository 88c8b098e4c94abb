// The public names for those who have connections of somebody else's making, such as a browser's: keepalive by messages,
// and reconnecting. Nothing else.

export type { FillRandom } from "../vocabulary/machine.ts";
export type { Duration, Instant } from "../vocabulary/time.ts";
export { UsageError, type UsageErrorCode } from "../vocabulary/usage-error.ts";
export {
  answerKeepalive,
  type Content,
  type KeepaliveFormat,
  MAX_KEEPALIVE_LENGTH,
  textKeepalive,
} from "./keepalive-format.ts";
export {
  type KeepaliveDiagnosis,
  MessageKeepalive,
  type MessageKeepaliveOptions,
  MessageKeepaliveSettings,
} from "./message-keepalive.ts";
export {
  type AbandonReason,
  isFinalLoss,
  type Loss,
  Reconnection,
  type ReconnectionAction,
  type ReconnectionOptions,
  ReconnectionSettings,
  type ReconnectionState,
  type StopReason,
} from "./reconnection.ts";
export type { RoundTripStatistics } from "./round-trip.ts";
