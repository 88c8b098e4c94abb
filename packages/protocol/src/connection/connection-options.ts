// What can be set on a connection, with each default and its reason, and the checked form that many connections share.

import type { Allocate, Free } from "../bytes/memory.ts";
import { RandomWords } from "../bytes/random-words.ts";
import { Slab } from "../bytes/slab.ts";
import { portableTextCodec, type TextCodec } from "../bytes/text-codec.ts";
import { isWellFormedUtf8 } from "../bytes/utf8.ts";
import type { WordBits } from "../bytes/words.ts";
import { DecoderPool } from "../frame/decoder-pool.ts";
import { checkNumber, checkRandom, checkTimeout } from "../liveness/check-options.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import type { Duration } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** What the engine gets from the runtime, as it has no such means itself. */
export interface RuntimeSupport {
  /**
   * Fills what it is given with unpredictable bytes, as `crypto.getRandomValues` does: 1,024 at a time for mask keys and ping
   * payloads, a few for whatever else is drawn. There is no default.
   */
  readonly random: FillRandom;
  /** A faster UTF-8 codec than the portable one, if the runtime has one. */
  readonly textCodec?: TextCodec | undefined;
  /** Makes the memory for what is sent, zero-filled: where a transport wants a `Uint8Array` of its own kind. */
  readonly allocate?: Allocate | undefined;
  /**
   * Lets go of received memory at once: of chunks that a long message was put together from, which would otherwise wait for
   * a garbage collection. Only for runtimes where a chunk that fills its `ArrayBuffer` is nobody else's. Default: none.
   */
  readonly free?: Free | undefined;
  /**
   * Makes memory without filling it with zeros, for received messages of 64 KiB and more that did not arrive in one piece. It is
   * written as a whole before anybody sees it. Default: `new Uint8Array`, which fills it.
   */
  readonly allocateUnfilled?: Allocate | undefined;
  /** SHA-1 of ASCII text, in base64, faster than the portable one: handshakes need it once each (RFC 6455 §4.2.2). */
  readonly sha1?: ((text: string) => string) | undefined;
  /**
   * How wide the words are in which payloads are masked. 64 takes half of the time on V8, and fifty times as long on
   * JavaScriptCore. Default: 32.
   */
  readonly wordBits?: WordBits | undefined;
}

/** How an open connection behaves. Times are in ms, sizes in bytes; `null` switches a timeout or a limit off. */
export interface ConnectionOptions extends RuntimeSupport {
  /** Clients mask their frames, servers do not (RFC 6455 §5.1); a server ends the transport first (§7.1.1). */
  readonly role: "client" | "server";
  /**
   * A Ping this long after the last one, the first one this long after opening. `null`: no keepalive, no heartbeat, no
   * automatic latency; `ping()` still works and measures. Default: 20 000, below the 30 to 120 s after which proxies and
   * NATs drop idle connections.
   */
  readonly pingInterval?: Duration | null | undefined;
  /**
   * A matching Pong must arrive this soon after its Ping was queued, or the connection is ended with 1011. `null`: Pings
   * go out, and nothing is ever ended for a missing Pong. Default: 20 000.
   */
  readonly pingTimeout?: Duration | null | undefined;
  /** From the first sign of closing until the transport is gone; then it is dropped. Default: 10 000. */
  readonly closeTimeout?: Duration | null | undefined;
  /**
   * What counts as life while a Pong is missing: only the `"pong"` itself, any byte received (`"inbound"`), or also the
   * peer's TCP taking bytes of ours (`"progress"`). Default: `"pong"`.
   */
  readonly liveness?: "pong" | "inbound" | "progress" | undefined;
  /**
   * While we ourselves do not read (back-pressure): whether `pingTimeout` runs on (`"count"`), which ends a connection
   * that is hopelessly behind, or stands still (`"suspend"`). Default: `"count"`.
   */
  readonly pausedReading?: "count" | "suspend" | undefined;
  /**
   * From 0 to 1: each interval is shortened at random by up to this share, so that connections that were opened together
   * do not ping together. Default: 0.
   */
  readonly pingJitter?: number | undefined;
  /** After a missed Pong: a closing handshake with code 1011, or dropping the transport. Default: `"close"`. */
  readonly onPingTimeout?: "close" | "abort" | undefined;
  /**
   * The largest message to accept, over all of its fragments and after decompression; a larger one ends the connection
   * with 1009. Default: 1 MiB; with `delivery: "fragments"` no limit, since nothing is kept.
   */
  readonly maxMessageBytes?: number | null | undefined;
  /** Whole messages, or pieces of them as they arrive. Default: `"messages"`. */
  readonly delivery?: "messages" | "fragments" | undefined;
  /**
   * How text messages are delivered: as a `"string"`, or as the `"utf8"` that arrived, for those who pass text on, or
   * parse it as bytes: no string is made. Whether it is well-formed is checked either way (RFC 6455 §8.1). Default:
   * `"string"`.
   */
  readonly text?: "string" | "utf8" | undefined;
  /** Whether Pings are answered by the engine (§5.5.2); otherwise the caller must call `pong()`. Default: `true`. */
  readonly autoPong?: boolean | undefined;
}

/** 1 MiB, which is also the default of Python's `websockets`: generous for messages, harmless times 10 000. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 1024 * 1024;
/** From one Ping to the next, and from opening to the first. As Python's `websockets` has it. */
export const DEFAULT_PING_INTERVAL: Duration = 20_000;
/** From a Ping to its Pong. As Python's `websockets` has it. */
export const DEFAULT_PING_TIMEOUT: Duration = 20_000;
/** From the first sign of closing to the end of the transport. As Python's `websockets` has it. */
export const DEFAULT_CLOSE_TIMEOUT: Duration = 10_000;

/**
 * Text longer than this is refused as too big: runtimes cannot make longer strings (2^29 - 24 UTF-16 units in V8), and
 * every unit needs at least one byte.
 */
const MAX_TEXT_BYTES = 2 ** 29 - 24;

/**
 * Options, checked once and completed by the defaults. Any number of connections may share one.
 *
 * The constructor throws `UsageError` "bad-option" for values out of range.
 */
export class ConnectionSettings {
  readonly masked: boolean;
  readonly random: FillRandom;
  /** @internal */
  readonly randomWords: RandomWords;
  readonly pingInterval: Duration | null;
  readonly pingTimeout: Duration | null;
  readonly closeTimeout: Duration | null;
  readonly liveness: "pong" | "inbound" | "progress";
  readonly pausedReading: "count" | "suspend";
  readonly pingJitter: number;
  readonly onPingTimeout: "close" | "abort";
  readonly maxMessageBytes: number;
  readonly maxTextBytes: number;
  readonly delivery: "messages" | "fragments";
  readonly text: "string" | "utf8";
  readonly autoPong: boolean;
  readonly textCodec: TextCodec;
  /** The codec's, or the portable one. */
  readonly isWellFormed: (bytes: Uint8Array) => boolean;
  readonly wordBits: WordBits;
  readonly free: Free | undefined;
  readonly allocateUnfilled: Allocate | undefined;
  /** @internal */
  readonly slab: Slab;
  /** @internal */
  readonly decoders: DecoderPool;

  constructor(options: ConnectionOptions) {
    this.masked = oneOf("role", options.role, ["client", "server"], undefined) === "client";
    this.random = checkRandom(options.random);
    this.randomWords = new RandomWords(options.random);
    const { pingInterval = DEFAULT_PING_INTERVAL, pingTimeout = DEFAULT_PING_TIMEOUT } = options;
    const { closeTimeout = DEFAULT_CLOSE_TIMEOUT } = options;
    this.pingInterval = checkTimeout("pingInterval", pingInterval);
    this.pingTimeout = checkTimeout("pingTimeout", pingTimeout);
    this.closeTimeout = checkTimeout("closeTimeout", closeTimeout);
    this.liveness = oneOf("liveness", options.liveness, ["pong", "inbound", "progress"], "pong");
    this.pausedReading = oneOf("pausedReading", options.pausedReading, ["count", "suspend"], "count");
    this.onPingTimeout = oneOf("onPingTimeout", options.onPingTimeout, ["close", "abort"], "close");
    this.delivery = oneOf("delivery", options.delivery, ["messages", "fragments"], "messages");
    this.text = oneOf("text", options.text, ["string", "utf8"], "string");
    this.pingJitter = checkNumber("pingJitter", options.pingJitter ?? 0, 0, 1);
    const unlimited = options.maxMessageBytes === null;
    const limit = options.maxMessageBytes ?? (this.delivery === "fragments" ? undefined : DEFAULT_MAX_MESSAGE_BYTES);
    this.maxMessageBytes =
      unlimited || limit === undefined
        ? Number.MAX_SAFE_INTEGER
        : checkNumber("maxMessageBytes", limit, 0, Number.MAX_SAFE_INTEGER);
    const makesStrings = this.delivery === "messages" && this.text === "string";
    this.maxTextBytes = makesStrings ? Math.min(this.maxMessageBytes, MAX_TEXT_BYTES) : this.maxMessageBytes;
    this.autoPong = options.autoPong ?? true;
    this.textCodec = options.textCodec ?? portableTextCodec;
    const { textCodec } = this;
    this.isWellFormed = (bytes) => textCodec.isWellFormed?.(bytes) ?? isWellFormedUtf8(bytes);
    this.free = options.free;
    this.allocateUnfilled = options.allocateUnfilled;
    this.wordBits = oneOf("wordBits", options.wordBits, [32, 64], 32);
    this.decoders = this.createDecoders(undefined);
    this.slab = new Slab(options.allocate ?? ((length) => new Uint8Array(length)), this.wordBits);
  }

  /**
   * Decoders for what the peer sends, where an extension has given some reserved bits a meaning.
   *
   * @internal
   */
  createDecoders(extensionBits: number | undefined): DecoderPool {
    return new DecoderPool({
      masked: !this.masked, // the peer has the other role
      extensionBits,
      maxMessageBytes: this.maxMessageBytes,
      maxTextBytes: this.maxTextBytes,
      wordBits: this.wordBits,
    });
  }
}

function oneOf<T extends string | number>(
  name: string,
  value: T | undefined,
  allowed: readonly T[],
  byDefault: T | undefined,
): T {
  const chosen = value ?? byDefault;
  if (chosen !== undefined && allowed.includes(chosen)) return chosen;
  throw new UsageError("bad-option", `${name} must be one of ${allowed.join(", ")}`);
}
