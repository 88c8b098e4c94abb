// Reads along what one end writes, and judges it by the RFC: whatever an engine is told to do, what it writes is legal.

import { decodeFrames, type Frame, isSendableCloseCode } from "@sansock/protocol";

const CRLF2 = [13, 10, 13, 10];

export class Wiretap {
  readonly #masked: boolean;
  readonly #complain: (what: string) => void;
  #rest = new Uint8Array(0);
  /** The opening handshake's head is still to come. */
  #inHead: boolean;
  #insideMessage = false;
  /** What there is of a message of text, unless it is compressed. */
  #text: Uint8Array[] | undefined = undefined;
  #closed = false;
  frames = 0;
  bytes = 0;

  constructor(role: "client" | "server", withHead: boolean, complain: (what: string) => void) {
    this.#masked = role === "client";
    this.#inHead = withHead;
    this.#complain = complain;
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (bytes.length === 0) this.#complain("an empty write");
    this.#rest = concat([this.#rest, bytes]);
    if (this.#inHead && !this.#skipHead()) return;
    const { frames, rest } = decodeFrames(this.#rest);
    this.#rest = rest.slice();
    for (const frame of frames) this.#judge(frame);
  }

  /** The transport was ended: nothing may be left unfinished. */
  end(): void {
    if (!this.#inHead && this.#rest.length > 0) this.#complain("an end in the middle of a frame");
  }

  #skipHead(): boolean {
    const end = this.#rest.findIndex((_, at) => CRLF2.every((byte, offset) => this.#rest[at + offset] === byte));
    if (end === -1) return false;
    // A refusal is followed by a body, not by frames.
    const isRefusal = !this.#masked && !String.fromCharCode(...this.#rest.subarray(0, 12)).endsWith(" 101");
    if (isRefusal) return false;
    this.#rest = this.#rest.slice(end + 4);
    this.#inHead = false;
    return true;
  }

  #judge(frame: Frame): void {
    const { opcode, fin, payload, maskKey, rsv } = frame;
    this.frames++;
    // §5.5.1 forbids data; Pings must be answered until the peer's Close has come (§5.5.2).
    if (this.#closed && opcode !== 10) this.#complain(`a frame with opcode ${opcode} behind a Close`);
    if ((maskKey !== undefined) !== this.#masked) this.#complain("a frame with the wrong kind of mask");
    if (rsv !== 0 && !(rsv === 4 && (opcode === 1 || opcode === 2))) this.#complain(`reserved bits ${rsv}`);
    if (opcode >= 8) this.#judgeControl(frame);
    else if (opcode <= 2) {
      if ((opcode !== 0) === this.#insideMessage) this.#complain(`opcode ${opcode} in the wrong place`);
      if (opcode !== 0) {
        this.#text = opcode === 1 && rsv === 0 ? [] : undefined;
      }
      this.#insideMessage = !fin;
      this.#text?.push(payload);
      if (fin && this.#text !== undefined && !isUtf8(concat(this.#text))) this.#complain("text that is not UTF-8");
    } else this.#complain(`opcode ${opcode}`);
  }

  #judgeControl({ opcode, fin, payload }: Frame): void {
    if (!fin || payload.length > 125) this.#complain("a control frame that is too long, or fragmented");
    if (opcode > 10) this.#complain(`opcode ${opcode}`);
    if (opcode !== 8) return;
    this.#closed = true;
    if (payload.length === 1) this.#complain("a Close with one byte");
    if (payload.length >= 2 && !isSendableCloseCode(payload[0]! * 256 + payload[1]!))
      this.#complain("an illegal close code");
    if (!isUtf8(payload.subarray(2))) this.#complain("a close reason that is not UTF-8");
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
