// What waits to be sent. Frames are written one behind the other into one buffer, so that everything that one pump of
// the driver causes goes out as one `write` effect.

import { copyInto } from "../bytes/bytes.ts";
import { applyMask, prefersWords } from "../bytes/mask.ts";
import { Queue } from "../bytes/queue.ts";
import type { RandomWords } from "../bytes/random-words.ts";
import type { Slab } from "../bytes/slab.ts";
import type { TextCodec } from "../bytes/text-codec.ts";
import { headerLength, writeHeader } from "../frame/frame-header.ts";
import type { Effect } from "../vocabulary/effect.ts";
import { Opcode } from "../vocabulary/opcode.ts";
import { YIELD } from "../vocabulary/yield.ts";
import { Backlog, type Job } from "./backlog.ts";
import type { PreparedMessage } from "./prepared-message.ts";

/** FIN, in the first byte of a frame. */
export const FIN = 0x80;

/** The longest header: two bytes, eight of length, four of mask key. */
const MAX_HEADER_BYTES = 14;
/** Above this, memory of its own is made for a write. */
const SLAB_UP_TO = 4096;
/** Beyond this a buffer is passed on and a new one begun, rather than copied into one of twice the size. */
const MOST_COALESCED = 128 * 1024;
/**
 * An unmasked payload of this size is passed on by reference: copying it would cost more than a second segment. (Into
 * memory that is used again, 16 KiB are copied in less time than a segment of their own takes: measured, 9.5 against
 * 10.9 µs a message with four of them in flight.)
 */
const BY_REFERENCE_FROM = 64 * 1024;
/** Text up to this length gets room for the worst case; longer text is measured first. */
const MEASURE_TEXT_FROM = 1024;
/**
 * Pongs that wait at once. More are only wanted by a peer that floods us without reading, and §5.5.3 allows to answer
 * the most recent Ping only; ten Pings in one chunk still get their ten Pongs, as some test suites demand.
 */
export const MAX_WAITING_PONGS = 16;
/**
 * How much is compressed before others should have their turn, in bytes, or UTF-16 units of text: 1 to 1.5 ms of JSON, up to
 * 2.5 ms of noise, by measurement. Smaller slices cost more for each byte (a fifth more at 16 KiB), larger ones save no
 * more than 3 %.
 */
export const WORK_BEFORE_YIELD: number = 64 * 1024;

export class Outbox {
  /** No mask key could be had: from then on nothing is queued (§5.3, a frame must not go out with a guessable key). */
  randomFailed = false;
  readonly #keys: RandomWords | undefined;
  readonly #codec: TextCodec;
  readonly #slab: Slab;
  /** What is ready to be written, in front of the buffer. */
  #full: Queue<Uint8Array> | undefined = undefined;
  #fullBytes = 0;
  /** What is being filled: the memory, and in it where our region starts, how far it is filled, and where it ends. */
  #buffer: Uint8Array | undefined = undefined;
  #start = 0;
  #used = 0;
  #end = 0;
  /** Prepared frames, in place of the buffer: they are copied when they turn out not to go alone. */
  #prepared: Uint8Array[] | undefined = undefined;
  #preparedBytes = 0;
  /** How much the last write took: the best guess for the next. */
  #lastWrite = 0;
  #pongs: Uint8Array[] | undefined = undefined;
  /** What is sent behind all this, piece by piece, and whether a piece was just made. */
  #backlog: Backlog | undefined = undefined;
  #hasWorked = false;
  #ending: "no" | "end" | "destroy" | "done" = "no";

  /** `keys` makes it a client's outbox: every frame is masked with a fresh one. */
  constructor(keys: RandomWords | undefined, codec: TextCodec, slab: Slab) {
    this.#keys = keys;
    this.#codec = codec;
    this.#slab = slab;
  }

  /** Bytes that were not taken yet. Waiting Pongs are not counted; what is to be compressed counts as what it is before. */
  get queuedBytes(): number {
    return this.#fullBytes + this.#preparedBytes + this.#used - this.#start + (this.#backlog?.remaining ?? 0);
  }

  /** Whether something is sent later. What must not overtake it is to be given to `later`, too. */
  get hasBacklog(): boolean {
    return this.#backlog !== undefined;
  }

  /** Does a job when there is nothing else to send, a piece at a time, before the end. */
  later(job: Job): void {
    this.#backlog ??= new Backlog();
    this.#backlog.add(job);
  }

  /** Drops what was to be sent later. */
  dropBacklog(): void {
    this.#backlog = undefined;
    this.#hasWorked = false;
  }

  /** Queues one frame. `payload` is only read. */
  frame(firstByte: number, payload: Uint8Array): void {
    if (this.#pongs !== undefined) this.#flushPongs();
    this.#append(firstByte, payload);
  }

  /** Queues one frame with `text` as its payload. */
  textFrame(firstByte: number, text: string): void {
    if (this.#pongs !== undefined) this.#flushPongs();
    const key = this.#drawKey();
    if (this.randomFailed) return;
    const masked = key !== undefined;
    const most = text.length < MEASURE_TEXT_FROM ? text.length * 3 : this.#codec.byteLength(text);
    const buffer = this.#reserve(MAX_HEADER_BYTES + most);
    const at = this.#used;
    // Most text is ASCII: the header for one byte a unit usually fits, and the payload moves when it does not.
    const guess = at + headerLength(text.length, masked);
    const length = this.#codec.encodeInto(text, buffer, guess);
    const start = at + headerLength(length, masked);
    if (start !== guess) buffer.copyWithin(start, guess, guess + length);
    writeHeader(buffer, at, firstByte, length, key);
    this.#used = start + length;
    if (key !== undefined) this.#mask(buffer, start, key);
  }

  /**
   * Queues a frame that is encoded already. A client masks a copy. A server passes on a large one, and one that goes
   * alone, by reference; several small ones are joined when they are taken, so that of a broadcast to many connections
   * each copies into the memory that the one before has just left.
   */
  preparedFrame(message: PreparedMessage): void {
    if (this.#keys !== undefined) {
      this.frame(FIN | message.opcode, message.payload);
      return;
    }
    if (this.#pongs !== undefined) this.#flushPongs();
    const { frame } = message;
    if (frame.length >= BY_REFERENCE_FROM) {
      this.#passOn();
      this.#pushFull(frame);
      return;
    }
    if (this.#buffer === undefined) {
      if (this.#preparedBytes + frame.length > MOST_COALESCED) this.#passOn();
      (this.#prepared ??= []).push(frame);
      this.#preparedBytes += frame.length;
      return;
    }
    const buffer = this.#reserve(frame.length);
    copyInto(buffer, this.#used, frame);
    this.#used += frame.length;
  }

  /**
   * Queues a Pong that answers a Ping. While many wait, the oldest give way; behind the end there is no place for one.
   * `payload` must not change afterwards.
   */
  pong(payload: Uint8Array): void {
    if (this.#ending !== "no") return;
    this.#pongs ??= [];
    if (this.#pongs.length === MAX_WAITING_PONGS) this.#pongs.shift();
    this.#pongs.push(payload);
  }

  /** Half-closes behind everything that is queued. */
  end(): void {
    if (this.#ending === "no") this.#ending = "end";
  }

  /** Drops everything that is queued, and the transport. */
  destroy(): void {
    this.discard();
    this.#ending = "destroy";
  }

  /** Forgets everything that is queued, and will queue nothing more: there is no transport any more. */
  discard(): void {
    this.#full = undefined;
    this.#fullBytes = 0;
    this.#buffer = undefined;
    this.#start = this.#used = this.#end = 0;
    this.#prepared = undefined;
    this.#preparedBytes = 0;
    this.#pongs = undefined;
    this.dropBacklog();
    this.#ending = "done";
  }

  /** The next effect; `undefined` when nothing waits. */
  next(): Effect | undefined {
    if (this.#pongs !== undefined) this.#flushPongs();
    if (this.#full !== undefined) {
      const bytes = this.#full.shift()!;
      if (this.#full.length === 0) this.#full = undefined;
      this.#fullBytes -= bytes.length;
      return { kind: "write", bytes };
    }
    if (this.#prepared !== undefined) return { kind: "write", bytes: this.#takePrepared(this.#prepared) };
    if (this.#buffer !== undefined) return { kind: "write", bytes: this.#takeBuffer(this.#buffer) };
    if (this.#backlog !== undefined) return this.#workOff(this.#backlog);
    if (this.#ending === "no" || this.#ending === "done") return undefined;
    const kind = this.#ending;
    this.#ending = "done";
    return { kind };
  }

  /** The transport is done with the bytes of every effect. */
  effectsReleased(): void {
    // What is ready to be written was lent, too, but not taken yet: its memory is not free.
    if (this.#full === undefined) this.#slab.reclaim(this);
  }

  /** Makes a piece of what is sent later; what it has queued goes first, then others have their turn. */
  #workOff(backlog: Backlog): Effect | undefined {
    if (this.#hasWorked) {
      this.#hasWorked = false;
      return YIELD;
    }
    if (backlog.work(WORK_BEFORE_YIELD)) this.#backlog = undefined;
    else this.#hasWorked = true;
    return this.next();
  }

  #append(firstByte: number, payload: Uint8Array): void {
    const key = this.#drawKey();
    if (this.randomFailed) return;
    const length = payload.length;
    if (key === undefined && length >= BY_REFERENCE_FROM && isFixed(payload.buffer)) {
      const buffer = this.#reserve(headerLength(length, false));
      this.#used = writeHeader(buffer, this.#used, firstByte, length, undefined);
      this.#passOn();
      this.#pushFull(payload);
      return;
    }
    const buffer = this.#reserve(headerLength(length, key !== undefined) + length);
    const start = writeHeader(buffer, this.#used, firstByte, length, key);
    copyInto(buffer, start, payload);
    this.#used = start + length;
    if (key !== undefined) this.#mask(buffer, start, key);
  }

  /** Masks what was written from `start` on. */
  #mask(buffer: Uint8Array, start: number, key: number): void {
    const words = prefersWords(this.#used - start) ? this.#slab.wordsOf(buffer) : undefined;
    applyMask(buffer, start, this.#used, key, words);
  }

  #drawKey(): number | undefined {
    if (this.#keys === undefined) return undefined;
    const key = this.#keys.next();
    if (key === undefined) this.randomFailed = true;
    return key;
  }

  #flushPongs(): void {
    const pongs = this.#pongs!;
    this.#pongs = undefined;
    for (const payload of pongs) this.#append(FIN | Opcode.Pong, payload);
  }

  /** A buffer with room for `count` more bytes behind `#used`. */
  #reserve(count: number): Uint8Array {
    const buffer = this.#buffer;
    if (buffer === undefined) return this.#begin(count);
    if (this.#used + count <= this.#end) return buffer;
    const missing = this.#used + count - this.#end;
    if (this.#slab.extend(buffer, this.#end, missing)) {
      this.#end += missing;
      return buffer;
    }
    const filled = this.#used - this.#start;
    if (filled + count > MOST_COALESCED) {
      this.#passOn();
      return this.#begin(count);
    }
    const larger = this.#slab.take(Math.min(MOST_COALESCED, Math.max(filled + count, filled * 2)));
    larger.set(buffer.subarray(this.#start, this.#used));
    this.#buffer = larger;
    this.#start = 0;
    this.#used = filled;
    this.#end = larger.length;
    return larger;
  }

  /** A buffer that begins with the prepared frames, if there are any, and has room for `count` more bytes. */
  #begin(count: number): Uint8Array {
    const least = this.#preparedBytes + count;
    const most = Math.max(least, Math.min(this.#lastWrite, MOST_COALESCED));
    if (most <= SLAB_UP_TO) {
      this.#start = this.#used = this.#slab.reserve(least);
      this.#end = this.#used + least;
      this.#buffer = this.#slab.memory;
    } else {
      this.#start = this.#used = 0;
      this.#buffer = this.#slab.take(most);
      this.#end = this.#buffer.length;
    }
    if (this.#prepared !== undefined) {
      for (const frame of this.#prepared) {
        copyInto(this.#buffer, this.#used, frame);
        this.#used += frame.length;
      }
      this.#prepared = undefined;
      this.#preparedBytes = 0;
    }
    return this.#buffer;
  }

  #takePrepared(frames: readonly Uint8Array[]): Uint8Array {
    if (frames.length > 1) return this.#takeBuffer(this.#begin(0));
    this.#prepared = undefined;
    this.#preparedBytes = 0;
    return frames[0]!;
  }

  #takeBuffer(buffer: Uint8Array): Uint8Array {
    const bytes = this.#slab.lend(this, buffer, this.#start, this.#used, this.#end);
    this.#lastWrite = bytes.length;
    this.#buffer = undefined;
    this.#start = this.#used = this.#end = 0;
    return bytes;
  }

  #passOn(): void {
    if (this.#prepared !== undefined) this.#pushFull(this.#takePrepared(this.#prepared));
    else if (this.#buffer !== undefined) this.#pushFull(this.#takeBuffer(this.#buffer));
  }

  #pushFull(bytes: Uint8Array): void {
    this.#fullBytes += bytes.length;
    (this.#full ??= new Queue()).push(bytes);
  }
}

/** Whether it is ordinary memory, which neither shrinks nor belongs to several threads: some transports refuse others. */
function isFixed(buffer: ArrayBufferLike & { readonly resizable?: boolean }): boolean {
  return buffer instanceof ArrayBuffer && buffer.resizable !== true;
}
