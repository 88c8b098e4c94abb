import { BitReader } from "./bit-reader.ts";
import { type DecodeTable, END_FLAG, INVALID_FLAG, LENGTH_FLAG } from "./decode-table.ts";
import type { Inflater, InflaterOptions } from "./deflate-codec.ts";
import type { DynamicCodes } from "./dynamic-codes.ts";
import type { History } from "./history.ts";
import type { InflateWorkspace } from "./inflate-workspace.ts";

/** What the next bit belongs to (RFC 1951 §3.2.3). */
const BLOCK_HEADER = 0;
const STORED_LENGTH = 1;
const STORED_COMPLEMENT = 2;
const STORED_BYTES = 3;
const DYNAMIC_HEADER = 4;
const SYMBOLS = 5;
const INVALID = 6;

/** What `#fastSymbols` may read and write without looking whether it is there. */
const FAST_INPUT = 10;
const FAST_OUTPUT = 258;

/**
 * Raw DEFLATE in portable code. It can be interrupted anywhere: where the input ends or the output is full, it waits
 * with what it has.
 */
export class PortableInflater implements Inflater {
  readonly #workspace: InflateWorkspace;
  readonly #windowBits: number;
  readonly #reader = new BitReader();
  /** Taken from the workspace when the first block begins. */
  #history: History | undefined;
  #state = BLOCK_HEADER;
  /** Whether the current block has BFINAL set. */
  #final = false;
  /** Whether the last block was an empty stored one. */
  #emptyStored = false;
  /** What is left of a stored block. */
  #stored = 0;
  /** Of the current block, if it is a dynamic one. */
  #codes: DynamicCodes | undefined;
  #lengths: DecodeTable;
  #distances: DecodeTable;
  /** What is left of a match, the entry of its distance code, and the distance; 0 if there is none, or not yet. */
  #matchLength = 0;
  #matchEntry = 0;
  #matchDistance = 0;
  /** How much output the current call has made. */
  #produced = 0;

  constructor(options: InflaterOptions, workspace: InflateWorkspace) {
    this.#windowBits = options.windowBits;
    this.#workspace = workspace;
    this.#lengths = workspace.fixedLengths;
    this.#distances = workspace.fixedDistances;
  }

  get flushed(): boolean {
    return this.#state === BLOCK_HEADER && this.#emptyStored && this.#reader.exhausted;
  }

  push(bytes: Uint8Array): void {
    if (this.#state !== INVALID) this.#reader.push(bytes);
  }

  pull(maxBytes: number): Uint8Array | undefined | "invalid" {
    const { output } = this.#workspace;
    this.#produced = 0;
    this.#run(output, Math.min(maxBytes, output.length));
    if (this.#produced > 0) {
      this.#history!.append(output, this.#produced);
      return output.slice(0, this.#produced);
    }
    return this.#state === INVALID ? "invalid" : undefined;
  }

  reset(): void {
    if (this.#history === undefined) return;
    this.#workspace.giveHistory(this.#history);
    this.#history = undefined;
  }

  /** Decodes until `output[0..end)` is full, or the input is used up or invalid. */
  #run(output: Uint8Array, end: number): void {
    const reader = this.#reader;
    for (;;) {
      switch (this.#state) {
        case BLOCK_HEADER:
          if (!reader.need(3)) return;
          this.#blockHeader();
          break;
        case STORED_LENGTH:
          if (!reader.need(16)) return;
          this.#stored = reader.take(16);
          this.#state = STORED_COMPLEMENT;
          break;
        case STORED_COMPLEMENT:
          if (!reader.need(16)) return;
          this.#emptyStored = this.#stored === 0;
          if ((reader.take(16) ^ 0xffff) === this.#stored) this.#state = STORED_BYTES;
          else this.#fail();
          break;
        case STORED_BYTES: {
          const copied = reader.copy(output, this.#produced, Math.min(this.#stored, end - this.#produced));
          this.#produced += copied;
          this.#stored -= copied;
          if (this.#stored > 0) return;
          this.#endBlock();
          break;
        }
        case DYNAMIC_HEADER: {
          const header = this.#codes!.read(reader);
          if (header === undefined) return;
          if (header === "invalid") {
            this.#fail();
            break;
          }
          this.#lengths = this.#codes!.lengths;
          this.#distances = this.#codes!.distances;
          this.#state = SYMBOLS;
          break;
        }
        case SYMBOLS:
          if (this.#matchLength === 0) this.#fastSymbols(output, end);
          if (this.#state === SYMBOLS && !this.#symbol(output, end)) return;
          break;
        default:
          return;
      }
    }
  }

  #blockHeader(): void {
    const reader = this.#reader;
    this.#history ??= this.#workspace.takeHistory(this.#windowBits);
    this.#emptyStored = false;
    this.#final = reader.take(1) === 1;
    switch (reader.take(2)) {
      case 0:
        reader.align(); // §3.2.4: "Any bits of input up to the next byte boundary are ignored."
        this.#state = STORED_LENGTH;
        break;
      case 1:
        this.#lengths = this.#workspace.fixedLengths;
        this.#distances = this.#workspace.fixedDistances;
        this.#state = SYMBOLS;
        break;
      case 2:
        this.#codes = this.#workspace.takeCodes();
        this.#state = DYNAMIC_HEADER;
        break;
      default:
        this.#fail(); // §3.2.3: "11 - reserved (error)"
    }
  }

  #endBlock(): void {
    this.#state = BLOCK_HEADER;
    if (this.#final) this.#reader.align();
    this.#releaseCodes();
  }

  #fail(): void {
    this.#state = INVALID;
    this.#reader.drop();
    this.#releaseCodes();
  }

  #releaseCodes(): void {
    if (this.#codes === undefined) return;
    this.#workspace.giveCodes(this.#codes);
    this.#codes = undefined;
  }

  /** One literal, match, or end of block, in as many calls as it takes; `false` if input or output ended first. */
  #symbol(output: Uint8Array, end: number): boolean {
    const reader = this.#reader;
    if (this.#matchLength === 0) {
      reader.need(20); // the longest code has 15 bits, a length 5 more; but the last ones may be fewer
      const entry = this.#lengths.find(reader.bits);
      const codeBits = entry & 15;
      const extra = (entry >>> 4) & 15;
      if (codeBits + extra > reader.bitCount) return false;
      if (entry < LENGTH_FLAG) {
        if (this.#produced === end) return false;
        output[this.#produced++] = entry >>> 8;
        reader.take(codeBits);
        return true;
      }
      reader.take(codeBits);
      if (entry >= END_FLAG) {
        if (entry >= INVALID_FLAG) this.#fail();
        else this.#endBlock();
        return true;
      }
      this.#matchLength = ((entry >>> 8) & 0xffff) + reader.take(extra);
    }
    if (this.#matchEntry === 0) {
      reader.need(15);
      const entry = this.#distances.find(reader.bits);
      if ((entry & 15) > reader.bitCount) return false;
      reader.take(entry & 15);
      this.#matchEntry = entry;
    }
    if (this.#matchDistance === 0) {
      const extra = (this.#matchEntry >>> 4) & 15;
      if (!reader.need(extra)) return false;
      this.#matchDistance = (this.#matchEntry >>> 8) + reader.take(extra);
      if (!this.#reaches(this.#matchDistance, this.#produced)) {
        this.#fail();
        return true;
      }
    }
    const size = Math.min(this.#matchLength, end - this.#produced);
    this.#copyMatch(output, this.#produced, this.#matchDistance, size);
    this.#produced += size;
    this.#matchLength -= size;
    if (this.#matchLength > 0) return false;
    this.#matchEntry = 0;
    this.#matchDistance = 0;
    return true;
  }

  /**
   * The hot loop: whole literals and matches, for as long as there is input and room for the longest of each, so that
   * nothing has to be asked about. The bit buffer is in locals; two bytes are added whenever it may fall short.
   */
  #fastSymbols(output: Uint8Array, end: number): void {
    const reader = this.#reader;
    const { input } = reader;
    const lastAt = input.length - FAST_INPUT;
    const lastLength = end - FAST_OUTPUT;
    const lengths = this.#lengths;
    const distances = this.#distances;
    let { at, bits, bitCount } = reader;
    let length = this.#produced;
    let state = SYMBOLS;

    while (at <= lastAt && length <= lastLength) {
      if (bitCount < 15) {
        bits |= (input[at]! | (input[at + 1]! << 8)) << bitCount;
        at += 2;
        bitCount += 16;
      }
      let entry = lengths.find(bits);
      bits >>>= entry & 15;
      bitCount -= entry & 15;
      if (entry < LENGTH_FLAG) {
        output[length++] = entry >>> 8;
        continue;
      }
      if (entry >= END_FLAG) {
        state = entry >= INVALID_FLAG ? INVALID : BLOCK_HEADER;
        break;
      }
      if (bitCount < 15) {
        bits |= (input[at]! | (input[at + 1]! << 8)) << bitCount;
        at += 2;
        bitCount += 16;
      }
      let extra = (entry >>> 4) & 15;
      const size = ((entry >>> 8) & 0xffff) + (bits & ((1 << extra) - 1));
      bits >>>= extra;
      bitCount -= extra;
      if (bitCount < 15) {
        bits |= (input[at]! | (input[at + 1]! << 8)) << bitCount;
        at += 2;
        bitCount += 16;
      }
      entry = distances.find(bits);
      bits >>>= entry & 15;
      bitCount -= entry & 15;
      if (bitCount < 15) {
        bits |= (input[at]! | (input[at + 1]! << 8)) << bitCount;
        at += 2;
        bitCount += 16;
      }
      extra = (entry >>> 4) & 15;
      const distance = (entry >>> 8) + (bits & ((1 << extra) - 1));
      bits >>>= extra;
      bitCount -= extra;
      if (!this.#reaches(distance, length)) {
        state = INVALID;
        break;
      }
      this.#copyMatch(output, length, distance, size);
      length += size;
    }

    reader.at = at;
    reader.bits = bits;
    reader.bitCount = bitCount;
    this.#produced = length;
    if (state === BLOCK_HEADER) this.#endBlock();
    else if (state === INVALID) this.#fail();
  }

  /** Whether there is a byte `distance` before the one at `length`. An unassigned code is beyond every window. */
  #reaches(distance: number, length: number): boolean {
    const history = this.#history!;
    return distance <= history.windowSize && distance - length <= history.length;
  }

  /** Repeats `size` bytes from `distance` before; they may begin in the history, and may overlap what they become. */
  #copyMatch(output: Uint8Array, start: number, distance: number, size: number): void {
    let to = start;
    const end = start + size;
    if (distance > to) {
      const { bytes, mask, position } = this.#history!;
      let from = position + to - distance;
      const pastEnd = Math.min(end, distance);
      while (to < pastEnd) output[to++] = bytes[from++ & mask]!;
    }
    if (distance === 1) {
      output.fill(output[to - 1]!, to, end); // a run: what bombs are made of
    } else {
      let from = to - distance;
      while (to < end) output[to++] = output[from++]!;
    }
  }
}
