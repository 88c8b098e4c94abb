import { giveBack, LONGEST_REGION, lend, type Slab } from "./write-memory.ts";

/** Longer pieces are not copied. */
const MOST_COPIED = LONGEST_REGION;
/** What has to wait is copied into memory of the connection's own, made in this size or that of what is copied. */
const OWN_BYTES = 16 * 1024;

/** Consecutive bytes of one memory that wait to be written. */
interface Piece {
  readonly memory: Uint8Array;
  start: number;
  end: number;
  /** Up to where more can be appended, unless the slab has been lent on. */
  readonly limit: number;
  /** Whose memory it is, if it was borrowed. */
  readonly slab: Slab | undefined;
}

/**
 * Bytes that wait to be written. They are copied, one behind the other, so that what is queued together becomes one write;
 * only long ones are referred to.
 *
 * The first piece lies in memory that all connections share. A peer that takes nothing keeps no more than one slab of it
 * from others: what comes behind that piece is in memory of its own.
 */
export class WriteQueue {
  #pieces: Piece[] | undefined = undefined;
  #bytes = 0;
  #references = 0;

  /** How many bytes wait, with those that `next()` has returned and that were not written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether all that was pushed has been copied, or written. */
  get hasCopies(): boolean {
    return this.#references === 0;
  }

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const tail = this.#pieces?.at(-1);
    const appended = tail === undefined ? 0 : append(tail, bytes);
    if (appended === bytes.length) return;
    const rest = appended === 0 ? bytes : bytes.subarray(appended);
    const piece = rest.length > MOST_COPIED ? this.#refer(rest) : tail === undefined ? borrow(rest) : own(rest);
    if (this.#pieces === undefined) this.#pieces = [piece];
    else this.#pieces.push(piece);
  }

  /** What to write next, `undefined` if nothing is left. It stays in the queue until it was `written`. */
  next(): Uint8Array | undefined {
    const first = this.#pieces?.[0];
    return first?.memory.subarray(first.start, first.end);
  }

  /** So many of the bytes that `next()` has returned are with the operating system. */
  written(count: number): void {
    const pieces = this.#pieces!;
    const first = pieces[0]!;
    this.#bytes -= count;
    first.start += count;
    if (first.start < first.end) return;
    if (first.slab !== undefined) giveBack(first.slab);
    else if (first.memory.length > MOST_COPIED) this.#references--;
    if (pieces.length === 1) this.#pieces = undefined;
    else pieces.shift();
  }

  /** Forgets everything. What is being written at the time keeps its memory. */
  clear(): void {
    this.#pieces = undefined;
    this.#bytes = 0;
    this.#references = 0;
  }

  #refer(bytes: Uint8Array): Piece {
    this.#references++;
    return { memory: bytes, start: 0, end: bytes.length, limit: bytes.length, slab: undefined };
  }
}

/** Copies what there is room for behind `piece`, and returns how much that is. */
function append(piece: Piece, bytes: Uint8Array): number {
  const { slab } = piece;
  if (slab !== undefined && slab.used !== piece.end) return 0;
  const count = Math.min(bytes.length, piece.limit - piece.end);
  if (count === 0) return 0;
  piece.memory.set(count === bytes.length ? bytes : bytes.subarray(0, count), piece.end);
  piece.end += count;
  if (slab !== undefined) slab.used = piece.end;
  return count;
}

function borrow(bytes: Uint8Array): Piece {
  const slab = lend(bytes.length);
  const start = slab.used - bytes.length;
  slab.memory.set(bytes, start);
  return { memory: slab.memory, start, end: slab.used, limit: slab.memory.length, slab };
}

function own(bytes: Uint8Array): Piece {
  const memory = new Uint8Array(Math.max(OWN_BYTES, bytes.length));
  memory.set(bytes);
  return { memory, start: 0, end: bytes.length, limit: memory.length, slab: undefined };
}
