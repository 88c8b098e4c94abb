// The public names of the driver, nothing else.

export { Acceptor, type AcceptorHost, type Pending } from "./acceptor.ts";
export { Alarms, type HostTimer } from "./alarms.ts";
export { BaseServer, type ServerParts } from "./base-server.ts";
export type { Cancellation, ClientOpening, ClientOptions, ClientSession } from "./client-options.ts";
export { ConnectionClosed, isNormalClose } from "./connection-closed.ts";
export { type Dialing, dial } from "./dial.ts";
export { Driver, type EventConsumer } from "./driver.ts";
export { HandshakeFailed, HandshakeRefused } from "./handshake-errors.ts";
export { HostClock, type HostTime } from "./host-clock.ts";
export { HttpExchange, type HttpService, type PlainRequest, type Responder } from "./http-exchange.ts";
export type { HttpBodySource, HttpResponse } from "./http-response.ts";
export type { KeepaliveAnswerer } from "./keepalive-answers.ts";
export type { Clock, Transport, TransportListener } from "./ports.ts";
export type { Listed, SessionList } from "./roster.ts";
export type { Peer, Runtime } from "./runtime.ts";
export type {
  CloseServerOptions,
  Consent,
  HttpRequest,
  Refusal,
  ServerOpening,
  ServerOptions,
  ServerSession,
  SessionHandler,
} from "./server-options.ts";
export { type Pieces, Session, type TimerRequest } from "./session.ts";
export type { SessionCallbacks } from "./session-callbacks.ts";
export { type SessionObserver, type SessionOptions, SessionSettings } from "./session-options.ts";
export type { StreamedMessage } from "./streamed-message.ts";
