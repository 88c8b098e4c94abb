/**
 * WebSocket servers and clients for Deno that notice when a connection is dead: `serve` and `connect`.
 *
 * @module
 */

// The public names of the Deno adapter, nothing else.

export {
  type AcceptReply,
  type CloseCause,
  CloseCode,
  type ClosedEvent,
  type CloseStatus,
  type DeadlineName,
  type Diagnosis,
  type Duration,
  describeClosed,
  type Fragment,
  type HandshakeFailure,
  type HandshakeViolation,
  HeaderList,
  type HeaderSource,
  type HeadLimits,
  type Instant,
  type Message,
  type OriginMatcher,
  OriginPolicy,
  type OriginRequest,
  type OriginRules,
  type PermessageDeflateOptions,
  type PreparedMessage,
  prepareMessage,
  type RejectReply,
  type RequestHead,
  type ResponseHead,
  type RoundTripStatistics,
  type SendOptions,
  type UpgradeRequest,
  UsageError,
  type UsageErrorCode,
  type Violation,
  type WebSocketUrl,
} from "@sansock/protocol";
export {
  type ClientOpening,
  type CloseServerOptions,
  ConnectionClosed,
  type Consent,
  HandshakeFailed,
  HandshakeRefused,
  type KeepaliveAnswerer,
  type Peer,
  type Pieces,
  type Refusal,
  type ServerOpening,
  type ServerOptions,
  type ServerSession,
  type Session,
  type SessionCallbacks,
  type SessionHandler,
  type SessionList,
  type SessionOptions,
  type StreamedMessage,
  type TimerRequest,
} from "@sansock/protocol/driver";
export { permessageDeflate } from "./compression.ts";
export { type ByteStream, ConnTransport } from "./conn-transport.ts";
export { type ClientSession, type ConnectOptions, connect } from "./connect.ts";
export { denoClock } from "./deno-clock.ts";
export { denoRuntime } from "./deno-runtime.ts";
export { denoTextCodec } from "./deno-text-codec.ts";
export type { DialOptions, TlsClientOptions } from "./dial-conn.ts";
export type { HttpHandler } from "./http-service.ts";
export type { ListenOptions } from "./listen.ts";
export { type ServeOptions, serve } from "./serve.ts";
export { Server } from "./server.ts";
export { type DuplexStream, StreamConn } from "./stream-conn.ts";
