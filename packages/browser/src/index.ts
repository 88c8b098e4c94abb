// The public names of the client for browsers, nothing else.

export {
  answerKeepalive,
  type Content,
  isFinalLoss,
  type KeepaliveDiagnosis,
  type KeepaliveFormat,
  type Loss,
  type ReconnectionState,
  type RoundTripStatistics,
  textKeepalive,
  UsageError,
} from "@sansock/protocol/liveness";
export { browserClock, type ClientClock } from "./browser-clock.ts";
export { Client } from "./client.ts";
export type {
  ClientCallbacks,
  ConnectOptions,
  Destination,
  KeepaliveOptions,
  QueueOptions,
  ReconnectOptions,
} from "./client-options.ts";
export { connect } from "./connect.ts";
export type { Message } from "./message.ts";
export { type ClientEnd, Disconnected, describeOutage, type Outage, type OutageKind, QueueOverflow } from "./outage.ts";
export { browserPage, type Page, type PageEvent } from "./page.ts";
export type { WebSocketClass, WebSocketLike } from "./web-socket.ts";
