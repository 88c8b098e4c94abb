/** Nobody's chunk needs more digits (4 GiB), or a longer line around it. */
const LONGEST_SIZE = 8;
const LONGEST_LINE = 1024;
/** All trailer lines together. */
const MOST_TRAILERS = 64;

const LF = 0x0a;

/** The lines around the chunks of the chunked transfer coding (RFC 9112 §7.1). It never sees their content. */
export class ChunkLines {
  #line = "";
  #expects: "size" | "chunk-end" | "trailer" = "size";
  #trailers = 0;

  /**
   * Takes one byte of a line. Returns the size of the chunk that follows, more than 0, after whose content it goes on;
   * `"last"` when nothing follows; `"malformed"`, and then it must not go on; `undefined` inside a line.
   */
  push(byte: number): number | "last" | "malformed" | undefined {
    if (byte !== LF) {
      this.#line += String.fromCharCode(byte);
      return this.#line.length > LONGEST_LINE ? "malformed" : undefined;
    }
    if (!this.#line.endsWith("\r")) return "malformed";
    const line = this.#line.slice(0, -1);
    this.#line = "";
    return this.#take(line);
  }

  #take(line: string): number | "last" | "malformed" | undefined {
    switch (this.#expects) {
      case "size": {
        const size = chunkSize(line);
        if (size === undefined) return "malformed";
        this.#expects = size === 0 ? "trailer" : "chunk-end";
        return size === 0 ? undefined : size;
      }
      case "chunk-end":
        this.#expects = "size";
        return line === "" ? undefined : "malformed";
      case "trailer":
        if (line === "") return "last";
        return ++this.#trailers > MOST_TRAILERS ? "malformed" : undefined;
    }
  }
}

/** `chunk-size [ chunk-ext ]`; extensions say nothing that matters here. */
function chunkSize(line: string): number | undefined {
  let size = 0;
  let digits = 0;
  for (; digits < line.length; digits++) {
    const digit = "0123456789abcdef".indexOf(line.charAt(digits).toLowerCase());
    if (digit < 0) break;
    size = size * 16 + digit;
    if (digits === LONGEST_SIZE) return undefined;
  }
  const rest = line.slice(digits).trimStart();
  return digits > 0 && (rest === "" || rest.startsWith(";")) ? size : undefined;
}
