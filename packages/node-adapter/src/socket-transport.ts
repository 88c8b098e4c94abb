// A net.Socket, a TLSSocket or any other Duplex as a Transport.

import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Transport, TransportListener } from "@sansock/protocol/driver";

/** A write above this is cut, so that a slow peer's progress can be seen before all of it is gone. */
const CUT_ABOVE = 1024 * 1024;
const SLICE = 256 * 1024;

// The handlers find their transport on the socket: closures would cost an idle connection some 400 bytes.
const transport = Symbol("transport");
type Driven = Duplex & { [transport]: SocketTransport };

/** A Node stream as a transport. The stream belongs to it until `release()`, and may be open already. */
export class SocketTransport implements Transport {
  /** Who is told; set by `start`. */
  listener: TransportListener | undefined = undefined;
  error: unknown = undefined;
  readonly #socket: Duplex;
  readonly #notifyAbove: number;
  /** Whether it is TCP or a pipe itself: nothing between us and the operating system keeps bytes for later. */
  readonly #isBare: boolean;
  #corked = false;
  #onWritten: (() => void) | undefined = undefined;

  /** The listener hears `drained()` after writes that bring the queue above `notifyAbove` bytes; others cost nothing. */
  constructor(socket: Duplex, notifyAbove: number) {
    this.#socket = socket;
    this.#notifyAbove = notifyAbove;
    this.#isBare = Object.getPrototypeOf(socket) === Socket.prototype;
    (socket as Driven)[transport] = this;
    socket.on("error", onError); // from the beginning: an error without a listener ends the process
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * Node first tries to write at once (`uv_try_write`); what the kernel took then has left the queue when `write` returns,
   * and is not looked at again. TLS and other streams may well keep bytes that they count as written.
   */
  get hasReleasedBytes(): boolean {
    return this.#isBare && this.#socket.writableLength === 0;
  }

  start(listener: TransportListener): void {
    const first = this.listener === undefined;
    this.listener = listener;
    if (!first) return;
    this.#socket.on("data", onData).on("end", onEnd).on("close", onClose);
    // One that is gone already will not say so again.
    if (this.#socket.closed) process.nextTick(() => onClose.call(this.#socket as Driven));
  }

  write(bytes: Uint8Array, more: boolean): void {
    const socket = this.#socket;
    if (more && !this.#corked) {
      this.#corked = true;
      socket.cork();
    }
    if (socket.writableLength + bytes.length <= this.#notifyAbove) socket.write(bytes);
    else this.#writeAndNotify(bytes);
    if (!more && this.#corked) {
      this.#corked = false;
      socket.uncork();
    }
  }

  end(): void {
    this.#corked = false; // ending uncorks
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  setReading(reading: boolean): void {
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Gives the socket back, with `unread` bytes to be read again, for somebody else to go on with. */
  release(unread: Uint8Array): Duplex {
    const socket = this.#socket;
    socket.pause();
    socket.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onError);
    if (unread.length > 0) socket.unshift(unread);
    return socket;
  }

  #writeAndNotify(bytes: Uint8Array): void {
    this.#onWritten ??= () => this.listener?.drained();
    const step = bytes.length > CUT_ABOVE ? SLICE : bytes.length;
    for (let at = 0; at < bytes.length; at += step) this.#socket.write(bytes.subarray(at, at + step), this.#onWritten);
  }
}

function onData(this: Driven, bytes: Uint8Array): void {
  this[transport].listener!.received(bytes);
}

function onEnd(this: Driven): void {
  this[transport].listener!.receivedEnd();
}

// The stream closes itself after an error.
function onError(this: Driven, error: unknown): void {
  this[transport].error = error;
}

function onClose(this: Driven): void {
  this[transport].listener!.closed(this[transport].error);
}
