// A Deno.Conn, or whatever reads and writes like one, as a Transport: a loop that reads, and a queue that is written.

import type { Transport, TransportListener } from "@sansock/protocol/driver";
import { WriteQueue } from "./write-queue.ts";

/** What of a `Deno.Conn` is used. */
export type ByteStream = Pick<Deno.Conn, "read" | "write" | "closeWrite"> & Disposable;

/**
 * An idle connection waits with a buffer in hand, so that it should be a small one. One that is filled is followed by one
 * four times as large, one that is hardly used by one half as large.
 */
const SMALLEST_BUFFER = 1024;
const LARGEST_BUFFER = 64 * 1024;

export class ConnTransport implements Transport {
  /** Who is told; set by `start`. */
  listener: TransportListener | undefined = undefined;
  readonly #conn: ByteStream;
  readonly #notifyAbove: number;
  readonly #queue = new WriteQueue();
  #bufferSize = SMALLEST_BUFFER;
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
      if (count > 0) this.listener!.received(this.#take(buffer, count));
    }
    this.#readLoopRuns = false;
  }

  /** The bytes that were read, to give away, and a buffer of the right size for the next. */
  #take(buffer: Uint8Array, count: number): Uint8Array {
    const size = buffer.length;
    if (count === size) this.#bufferSize = Math.min(size * 4, LARGEST_BUFFER);
    else if (count * 4 < size) this.#bufferSize = Math.max(size / 2, SMALLEST_BUFFER);
    // A few bytes are copied, and their buffer is used again: a new one would cost more than the copy.
    const few = count * 2 < size;
    if (!few || this.#bufferSize !== size) this.#buffer = undefined;
    return few ? buffer.slice(0, count) : buffer.subarray(0, count);
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
      this.listener!.drained();
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
    this.listener!.closed(error);
  }

  #drop(): void {
    this.#gone = true;
    this.#buffer = undefined;
    this.#queue.clear();
    this.#conn[Symbol.dispose]();
  }
}
