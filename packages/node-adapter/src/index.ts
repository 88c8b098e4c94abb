// The public names of the Node adapter, nothing else.

export {
  type CloseCause,
  CloseCode,
  type ClosedEvent,
  type DeadlineName,
  type Diagnosis,
  type Duration,
  describeClosed,
  type Message,
  OriginPolicy,
  type PermessageDeflateOptions,
  type PreparedMessage,
  prepareMessage,
  type RoundTripStatistics,
  UsageError,
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
  type Refusal,
  type ServerOpening,
  type ServerOptions,
  type ServerSession,
  type Session,
  type SessionCallbacks,
  type SessionHandler,
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
