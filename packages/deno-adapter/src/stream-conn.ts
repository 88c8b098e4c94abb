import type { ByteStream } from "./conn-transport.ts";

/** A connected stream in two halves, as the web's standards have them. */
export interface DuplexStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** A write is cut into pieces of this size, so that a slow peer's progress can be seen before all of it is gone. */
const MOST_WRITTEN = 64 * 1024;

/** A `{ readable, writable }` that is read and written like a `Deno.Conn`. Both halves are locked from now on. */
export class StreamConn implements ByteStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** What there was no room for in the last buffer. */
  #rest: Uint8Array | undefined = undefined;

  /** Throws `TypeError` if one of the halves is locked. */
  constructor({ readable, writable }: DuplexStream) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    let chunk = this.#rest;
    if (chunk === undefined) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      chunk = value;
    }
    const count = Math.min(chunk.length, buffer.length);
    buffer.set(chunk.subarray(0, count));
    this.#rest = count < chunk.length ? chunk.subarray(count) : undefined;
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    // Unlike a connection, a stream may pass on what it was given, to somebody who looks at it later: a copy, therefore.
    const piece = bytes.slice(0, MOST_WRITTEN);
    await this.#writer.write(piece);
    return piece.length;
  }

  closeWrite(): Promise<void> {
    return this.#writer.close();
  }

  [Symbol.dispose](): void {
    // They reject for streams that have failed, which was told already.
    this.#reader.cancel().catch(() => {});
    this.#writer.abort().catch(() => {});
  }
}
