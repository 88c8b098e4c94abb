// One client connection on a bare socket. Reads into one buffer that all connections share, so that the generator makes
// no garbage for what it receives and stays cheaper than any server.

import { connect } from "node:net";

const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

/** Bytes that one `received` call may deliver at most. */
export const maximumReadBytes = readBuffer.length;

const offers = {
  off: "",
  takeover: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
  "no-takeover":
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n",
};

/**
 * @typedef {object} RawListener
 * @property {(bytes: Buffer, start: number, end: number) => void} received the bytes are overwritten after the call
 * @property {(error?: Error) => void} closed exactly once after a successful opening
 */

export class RawConnection {
  /** @type {RawListener} */
  listener = {
    received() {
      throw new Error("bytes before anybody listened");
    },
    closed() {},
  };
  #socket;
  #head = "";
  #opened;
  #failed;
  #open = false;
  #gone = false;
  /** The response's head, in lower case. */
  head = "";

  /**
   * @param {{ port: number, host?: string, compression?: keyof typeof offers, localAddress?: string }} target
   * @returns {Promise<RawConnection>} when the upgrade is done; rejects on anything but 101
   */
  static open(target) {
    return new Promise((opened, failed) => new RawConnection(target, opened, failed));
  }

  constructor({ port, host = "127.0.0.1", compression = "off", localAddress }, opened, failed) {
    this.#opened = opened;
    this.#failed = failed;
    this.#socket = connect({
      port,
      host,
      localAddress,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length, bytes) => this.#read(length, bytes) },
    });
    this.#socket.on("error", (error) => this.#lost(error));
    this.#socket.on("close", () => this.#lost(undefined));
    this.#socket.write(
      `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${offers[compression]}\r\n`,
    );
  }

  /** @param {Uint8Array} bytes whole frames; not changed by anyone, so the same may be written again */
  write(bytes) {
    this.#socket.write(bytes);
  }

  /** Drops the connection; the listener hears nothing of it. */
  destroy() {
    this.#gone = true;
    this.#socket.destroy();
  }

  #read(length, bytes) {
    if (this.#open) this.listener.received(bytes, 0, length);
    else this.#readHead(length, bytes);
    return true;
  }

  #readHead(length, bytes) {
    const before = this.#head.length;
    this.#head += bytes.latin1Slice(0, length);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return;
    this.head = this.#head.slice(0, end).toLowerCase();
    this.#head = "";
    if (!this.head.startsWith("http/1.1 101")) {
      this.#lost(new Error(`upgrade refused: ${this.head.split("\r\n", 1)[0]}`));
      this.destroy();
      return;
    }
    this.#open = true;
    const rest = Buffer.from(bytes.subarray(end + 4 - before, length));
    this.#opened(this);
    // The listener is set by whoever awaited the opening; what came with the head is theirs.
    if (rest.length > 0) setImmediate(() => this.listener.received(rest, 0, rest.length));
  }

  #lost(error) {
    if (this.#gone) return;
    this.#gone = true;
    if (this.#open) this.listener.closed(error);
    else this.#failed(error ?? new Error("closed before the upgrade was done"));
  }
}

/**
 * Opens connections, `width` at a time.
 * @returns {Promise<RawConnection[]>}
 */
export async function openMany(target, count, width = 64) {
  const connections = [];
  let started = 0;
  const worker = async () => {
    while (started < count) {
      started++;
      connections.push(await RawConnection.open(target));
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return connections;
}
