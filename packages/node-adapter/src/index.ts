// The public names of the Node adapter, nothing else.

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
  type ClientSession,
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
export { type AttachOptions, attach } from "./attach.ts";
export { permessageDeflate } from "./compression.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export type { DialOptions } from "./dial-socket.ts";
export type { ListenOptions } from "./listen.ts";
export { nodeClock } from "./node-clock.ts";
export { nodeRuntime } from "./node-runtime.ts";
export { nodeTextCodec } from "./node-text-codec.ts";
export { type ServeOptions, serve } from "./serve.ts";
export { Server } from "./server.ts";
export { SocketTransport } from "./socket-transport.ts";

declare module "@sansock/protocol/driver" {
  // `await using session = …` closes it; the engine compiles against an ES version without the symbol.
  interface Session<Opening, Data> extends AsyncDisposable {}
}
