// The public names of the driver, nothing else.

export { Alarms, type HostTimer } from "./alarms.ts";
export { ConnectionClosed, isNormalClose } from "./connection-closed.ts";
export { Driver, type EventConsumer } from "./driver.ts";
export type { Clock, Transport, TransportListener } from "./ports.ts";
export { type Pieces, Session, type TimerRequest } from "./session.ts";
export type { SessionCallbacks } from "./session-callbacks.ts";
export { type SessionObserver, type SessionOptions, SessionSettings } from "./session-options.ts";
export type { StreamedMessage } from "./streamed-message.ts";
