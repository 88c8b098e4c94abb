// A Deno.Conn, or whatever reads and writes like one, as a Transport: a loop that reads, and a queue that is written.

import type { Transport, TransportListener } from "@sansock/protocol/driver";
import { WriteQueue } from "./write-queue.ts";

/** What of a `Deno.Conn` is used. */
export type ByteStream = Pick<Deno.Conn, "read" | "write" | "closeWrite"> & Disposable;

/**
 * What is read into belongs to the listener, unless it says that it is done with it; so a buffer should be no larger than
 * what comes. It should be small also because an idle connection waits with one in hand.
 */
const SMALLEST_BUFFER = 256;
/**
 * A little more than 64 KiB: what is sent in powers of two has its headers besides, and a message that does not fit is put
 * together from two chunks, which takes a fifth of the time of echoing 16 KiB, four at a time (measured).
 */
const LARGEST_BUFFER = 66 * 1024;
/** For the head of a handshake. */
const FIRST_BUFFER = 1024;
/** After as many reads in a row that fill less than a quarter of it, a buffer is replaced by one of half the size. */
const SHRINK_AFTER = 8;

/** A `Deno.Conn`, or whatever reads and writes like one, as a transport. It belongs to the transport. */
export class ConnTransport implements Transport {
  /** Who is told; set by `start`. */
  listener: TransportListener | undefined = undefined;
  readonly #conn: ByteStream;
  readonly #notifyAbove: number;
  readonly #queue = new WriteQueue();
  #bufferSize = FIRST_BUFFER;
  #hardlyUsed = 0;
  #buffer: Uint8Array | undefined = undefined;
  #reading = true;
  #readLoopRuns = false;
  #writeLoopRuns = false;
  #notifies = false;
  #ending = false;
  #ended = false;
  #peerEnded = false;
  #gone = false;

  /** The listener hears `drained()` after writes that bring the queue above `notifyAbove` bytes; others cost nothing. */
  constructor(conn: ByteStream, notifyAbove: number) {
    this.#conn = conn;
    this.#notifyAbove = notifyAbove;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get hasReleasedBytes(): boolean {
    return this.#queue.hasCopies;
  }

  start(listener: TransportListener): void {
    const first = this.listener === undefined;
    this.listener = listener;
    if (!first) return;
    // One that is gone already will not say so again.
    if (this.#gone) queueMicrotask(() => this.listener!.closed(undefined));
    else if (this.#reading) void this.#readAll();
  }

  write(bytes: Uint8Array, more: boolean): void {
    if (this.#gone || this.#ending) return;
    this.#queue.push(bytes);
    if (this.#queue.bytes > this.#notifyAbove) this.#notifies = true;
    if (!more && !this.#writeLoopRuns) void this.#writeAll();
  }

  end(): void {
    if (this.#gone || this.#ending) return;
    this.#ending = true;
    if (!this.#writeLoopRuns) void this.#writeAll();
  }

  destroy(): void {
    if (this.#gone) return;
    this.#drop();
    if (this.listener !== undefined) queueMicrotask(() => this.listener!.closed(undefined));
  }

  /** A read that is under way goes on: what it brings is delivered, and then no more is asked for. */
  setReading(reading: boolean): void {
    this.#reading = reading;
    if (this.listener === undefined || this.#readLoopRuns || this.#peerEnded || this.#gone) return;
    if (reading) void this.#readAll();
  }

  async #readAll(): Promise<void> {
    this.#readLoopRuns = true;
    while (this.#reading) {
      const buffer = (this.#buffer ??= new Uint8Array(this.#bufferSize));
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#gone) return;
      if (count === null) {
        this.#peerEnded = true;
        this.#buffer = undefined;
        this.listener!.receivedEnd();
        this.#closeIfBothEnded();
        return;
      }
      if (count > 0) this.#deliver(buffer, count);
    }
    this.#readLoopRuns = false;
  }

  #deliver(buffer: Uint8Array, count: number): void {
    const listener = this.listener!;
    listener.received(count === buffer.length ? buffer : buffer.subarray(0, count));
    if (listener.hasReleasedBytes !== true) this.#buffer = undefined;
    this.#fitBuffer(buffer.length, count);
  }

  /** The next buffer is larger after one that was filled, smaller after several that were hardly used. */
  #fitBuffer(size: number, count: number): void {
    this.#hardlyUsed = count * 4 < size ? this.#hardlyUsed + 1 : 0;
    let fitting = size;
    if (count === size) fitting = Math.min(size * 2, LARGEST_BUFFER);
    else if (this.#hardlyUsed >= SHRINK_AFTER) fitting = Math.max(size / 2, SMALLEST_BUFFER);
    if (fitting === size) return;
    this.#bufferSize = fitting;
    this.#hardlyUsed = 0;
    this.#buffer = undefined;
  }

  async #writeAll(): Promise<void> {
    this.#writeLoopRuns = true;
    for (;;) {
      const bytes = this.#queue.next();
      if (bytes === undefined) break;
      let count: number;
      try {
        count = await this.#conn.write(bytes);
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#gone) return;
      this.#queue.written(count);
      if (!this.#notifies) continue;
      this.#notifies = this.#queue.bytes > this.#notifyAbove;
      this.listener?.drained();
    }
    this.#writeLoopRuns = false;
    if (this.#ending) await this.#endWriting();
  }

  async #endWriting(): Promise<void> {
    this.#writeLoopRuns = true;
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#ended = true;
    this.#closeIfBothEnded();
  }

  #closeIfBothEnded(): void {
    if (this.#gone || !this.#peerEnded || !this.#ended) return;
    this.#drop();
    this.listener!.closed(undefined);
  }

  #fail(error: unknown): void {
    if (this.#gone) return; // we closed it, and what it was doing was cut short
    this.#drop();
    this.listener?.closed(error);
  }

  #drop(): void {
    this.#gone = true;
    this.#buffer = undefined;
    this.#queue.clear();
    this.#conn[Symbol.dispose]();
  }
}
