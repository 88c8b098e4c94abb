// The body of an HTTP message (RFC 9112 §6), read for an application to see. Nothing that follows it will ever be read, so
// that what is wrong with its length or its encoding only cuts it short.

import { ByteCollector } from "../bytes/byte-collector.ts";
import { ChunkLines } from "./chunk-lines.ts";
import { contentLength } from "./content-length.ts";
import type { RequestHead, ResponseHead } from "./http-head.ts";

/** How a body ends: after so many bytes, with a last chunk, or with the stream. */
export type BodyFraming = number | "chunked" | "until-end";

/** Collects one body. Once `done`, it takes nothing more. */
export class HttpBody {
  readonly #limit: number;
  readonly #framing: BodyFraming;
  readonly #collector: ByteCollector = new ByteCollector();
  readonly #chunkLines: ChunkLines = new ChunkLines();
  /** Content that is still to come, in all or of the present chunk. */
  #left: number;
  #outcome: "complete" | "cut" | undefined;

  /** At most `limit` bytes of the body are kept; a longer one is cut there. */
  constructor(framing: BodyFraming, limit: number) {
    this.#limit = limit;
    this.#framing = framing;
    this.#left = framing === "chunked" ? 0 : framing === "until-end" ? Number.POSITIVE_INFINITY : framing;
    this.#outcome = framing === 0 ? "complete" : undefined;
  }

  /** Whether there is nothing more to wait for. */
  get done(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether something is, or may be, missing from the body. */
  get truncated(): boolean {
    return this.#outcome !== "complete";
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#outcome === undefined) {
      if (this.#left > 0) at = this.#readContent(bytes, at);
      else this.#readChunkLine(bytes[at++]!);
    }
  }

  /** The stream has ended, as a body without a length does. */
  end(): void {
    this.#outcome ??= this.#framing === "until-end" ? "complete" : "cut";
  }

  /** What was collected. It belongs to the caller. */
  take(): Uint8Array {
    return this.#collector.take();
  }

  #readContent(bytes: Uint8Array, at: number): number {
    const available = Math.min(bytes.length - at, this.#left);
    const kept = Math.min(available, this.#limit - this.#collector.length);
    this.#collector.append(bytes, at, at + kept);
    this.#left -= kept;
    if (kept < available) this.#outcome = "cut";
    else if (this.#left === 0 && this.#framing !== "chunked") this.#outcome = "complete";
    return at + kept;
  }

  #readChunkLine(byte: number): void {
    const result = this.#chunkLines.push(byte);
    if (typeof result === "number") this.#left = result;
    else if (result !== undefined) this.#outcome = result === "last" ? "complete" : "cut";
  }
}

/** RFC 9112 §6.3, for a response to GET. What is ambiguous is read until the stream ends, like what has no length. */
export function responseFraming({ status, version, headers }: ResponseHead): BodyFraming {
  if (status === 204 || status === 304) return 0;
  if (!headers.has("transfer-encoding")) return contentLength(headers) ?? "until-end";
  const codings = headers.list("transfer-encoding");
  const chunked = codings.length === 1 && codings[0]!.toLowerCase() === "chunked" && version === "1.1";
  return chunked && !headers.has("content-length") ? "chunked" : "until-end";
}

/** RFC 9112 §6.3, for a request; `checkRequest` has refused those that are ambiguous. */
export function requestFraming({ headers }: RequestHead): BodyFraming {
  return headers.has("transfer-encoding") ? "chunked" : (contentLength(headers) ?? 0);
}
