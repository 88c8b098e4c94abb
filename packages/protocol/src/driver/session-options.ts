// What can be set on a session beyond its connection: how much may wait on either side.

import type { ConnectionOptions } from "../connection/connection-options.ts";
import type { ClosedEvent } from "../vocabulary/event.ts";
import type { Duration } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { type KeepaliveAnswerer, keepaliveAnswerer } from "./keepalive-answers.ts";
import type { Session } from "./session.ts";
import type { SessionCallbacks } from "./session-callbacks.ts";

/** Sizes in bytes. */
export interface SessionOptions {
  /**
   * While more than this waits to be sent, `send()` makes its caller wait. If as much again is sent from inside callbacks,
   * or as Pongs, the peer is not read from until there is room. Default: 64 KiB.
   */
  readonly highWaterBytes?: number | undefined;
  /** Whoever waits in `send()` goes on when no more than this is left. Default: 16 KiB. */
  readonly lowWaterBytes?: number | undefined;
  /**
   * When more than this waits to be sent and another message is, the connection is ended with 1008: the peer does not
   * keep up, and the sender does not wait. `null`: no limit. Default: 16 MiB.
   */
  readonly maxQueuedBytes?: number | null | undefined;
  /**
   * How much is taken from the connection while an application that iterates is busy with something else, so that Pings,
   * Pongs and a Close behind messages are seen. Then reading stops. Default: 64 KiB.
   */
  readonly readAheadBytes?: number | undefined;
  /**
   * Answers keepalive messages of clients that can send no Pings, before the application sees them: `true` those of
   * `@sansock/browser`, a function those to which it returns an answer. Messages of more than 256 bytes (as strings: UTF-16
   * code units) are never looked at. Answers count like whatever is sent from inside callbacks. Not with
   * `delivery: "fragments"`. Default: `false`.
   */
  readonly answerKeepalive?: boolean | KeepaliveAnswerer | undefined;
}

/** Who looks on: an adapter that counts its sessions, publishes diagnostics, and knows where errors are reported. */
export interface SessionObserver {
  /** The session is open. Comes before the callback of the same name. */
  opened?(session: Session): void;
  ping?(session: Session, payload: Uint8Array): void;
  pong?(session: Session, payload: Uint8Array, latency: Duration | undefined): void;
  /** The connection has ended. Comes before the callback. */
  closed?(session: Session, event: ClosedEvent): void;
  /** An application's callback threw, or rejected. The session is closed with 1011 besides. */
  failed(session: Session, error: unknown): void;
}

/** Options, completed and checked once; any number of sessions may share one. Throws `UsageError` "bad-option". */
export class SessionSettings {
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  readonly maxQueuedBytes: number;
  readonly readAheadBytes: number;
  readonly answerKeepalive: KeepaliveAnswerer | undefined;
  readonly callbacks: SessionCallbacks | undefined;
  readonly observer: SessionObserver;

  constructor(
    options: SessionOptions & Pick<Partial<ConnectionOptions>, "delivery">,
    callbacks: SessionCallbacks | undefined,
    observer: SessionObserver,
  ) {
    this.highWaterBytes = checkBytes("highWaterBytes", options.highWaterBytes ?? 64 * 1024);
    this.lowWaterBytes = checkBytes("lowWaterBytes", options.lowWaterBytes ?? Math.min(16 * 1024, this.highWaterBytes));
    if (this.lowWaterBytes > this.highWaterBytes) {
      throw new UsageError("bad-option", "lowWaterBytes must not exceed highWaterBytes");
    }
    this.maxQueuedBytes =
      options.maxQueuedBytes === null
        ? Number.POSITIVE_INFINITY
        : checkBytes("maxQueuedBytes", options.maxQueuedBytes ?? 16 * 1024 * 1024);
    this.readAheadBytes = checkBytes("readAheadBytes", options.readAheadBytes ?? 64 * 1024);
    this.answerKeepalive = keepaliveAnswerer(options.answerKeepalive, options.delivery);
    this.callbacks = callbacks;
    this.observer = observer;
  }
}

function checkBytes(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new UsageError("bad-option", `${name} must be a number of bytes, 0 or more`);
}
