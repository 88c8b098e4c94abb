// Walks over server frames whose sizes are not known beforehand (compressed replies, pings to an idle client).

/** Reports every frame of an unmasked stream, at any chunking. Payloads are copied only when wanted. */
export class FrameReader {
  #header = Buffer.alloc(10);
  #headerBytes = 0;
  #headerSize = 2;
  #payloadLeft = 0;
  #inPayload = false;
  #parts = [];
  #keepPayload;
  #onFrame;

  /**
   * @param {(firstByte: number, payload: Buffer | undefined) => void} onFrame
   * @param {boolean} keepPayload whether `onFrame` is given the payload of data frames too; of control frames it always is
   */
  constructor(onFrame, keepPayload) {
    this.#onFrame = onFrame;
    this.#keepPayload = keepPayload;
  }

  read(bytes, start, end) {
    for (let at = start; at < end; ) {
      if (!this.#inPayload) {
        this.#header[this.#headerBytes++] = bytes[at++];
        if (this.#headerBytes === 2) this.#headerSize = [4, 10][(this.#header[1] & 0x7f) - 126] ?? 2;
        if (this.#headerBytes < this.#headerSize) continue;
        if (this.#header[1] & 0x80) throw new Error("the server masked a frame");
        this.#payloadLeft =
          this.#headerSize === 2
            ? this.#header[1]
            : this.#headerSize === 4
              ? this.#header.readUInt16BE(2)
              : Number(this.#header.readBigUInt64BE(2));
        this.#inPayload = true;
      }
      const take = Math.min(this.#payloadLeft, end - at);
      const isControl = (this.#header[0] & 0x08) !== 0;
      if (take > 0 && (this.#keepPayload || isControl)) this.#parts.push(Buffer.from(bytes.subarray(at, at + take)));
      this.#payloadLeft -= take;
      at += take;
      if (this.#payloadLeft > 0) return;
      const payload = this.#keepPayload || isControl ? Buffer.concat(this.#parts) : undefined;
      this.#parts = [];
      this.#inPayload = false;
      this.#headerBytes = 0;
      this.#headerSize = 2;
      this.#onFrame(this.#header[0], payload);
    }
  }
}
