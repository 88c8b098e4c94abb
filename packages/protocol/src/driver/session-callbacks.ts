import type { ClosedEvent, Fragment, Message } from "../vocabulary/event.ts";
import type { Duration } from "../vocabulary/time.ts";
import type { Session } from "./session.ts";

/**
 * The other way to use sessions, for those who count microseconds: one object for any number of sessions, no promise a
 * message. What a callback throws, or a promise that it returns rejects with, closes the session with 1011.
 */
export interface SessionCallbacks<Opening = unknown, Data = unknown> {
  /** The session is open. */
  open?(session: Session<Opening, Data>): unknown;
  /** A whole message arrived (`delivery: "messages"`). */
  message?(session: Session<Opening, Data>, message: Message): unknown;
  /** A piece of a message arrived (`delivery: "fragments"`). */
  fragment?(session: Session<Opening, Data>, fragment: Fragment): unknown;
  /** A Ping arrived; its Pong is queued already, unless `autoPong` is off. */
  ping?(session: Session<Opening, Data>, payload: Uint8Array): unknown;
  /** A Pong arrived; `latency` in ms, if it matched a Ping of ours. */
  pong?(session: Session<Opening, Data>, payload: Uint8Array, latency: Duration | undefined): unknown;
  /** What waited to be sent has come down to `lowWaterBytes` again. */
  drain?(session: Session<Opening, Data>): unknown;
  /** The connection has ended. Always the last call, exactly once. */
  close?(session: Session<Opening, Data>, event: ClosedEvent): unknown;
}
