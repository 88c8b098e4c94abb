// The public names of the Deno adapter, nothing else.

export {
  type CloseCause,
  CloseCode,
  type ClosedEvent,
  type Diagnosis,
  type Message,
  OriginPolicy,
  type PreparedMessage,
  permessageDeflate,
  prepareMessage,
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
  type Peer,
  type Refusal,
  type ServerOpening,
  type ServerOptions,
  type ServerSession,
  type Session,
  type SessionCallbacks,
  type SessionHandler,
  type SessionOptions,
} from "@sansock/protocol/driver";
export { type ByteStream, ConnTransport } from "./conn-transport.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { denoClock } from "./deno-clock.ts";
export { denoRuntime } from "./deno-runtime.ts";
export { denoTextCodec } from "./deno-text-codec.ts";
export type { DialOptions, TlsClientOptions } from "./dial-conn.ts";
export type { HttpHandler } from "./http-service.ts";
export type { ListenOptions } from "./listen.ts";
export { type ServeOptions, serve } from "./serve.ts";
export { Server } from "./server.ts";
export { type DuplexStream, StreamConn } from "./stream-conn.ts";

declare module "@sansock/protocol/driver" {
  // `await using session = …` closes it; the engine compiles against an ES version without the symbol.
  interface Session<Opening> extends AsyncDisposable {}
}
