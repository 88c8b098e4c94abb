// A WebSocket of this page, with what the browser can tell about it: which is less than the server can.

const BURST_MESSAGES = 1024;
const BURST_MESSAGE_BYTES = 16 * 1024;
const STATES = ["connecting", "open", "closing", "closed"];

export class OwnSocket {
  /** @type {WebSocket} */
  #socket;
  /** When each message was sent that has not come back: echoes come in the same order. */
  #sentAt = /** @type {number[]} */ ([]);
  echoes = 0;
  /** @type {number | undefined} */
  lastEcho;
  /** @type {CloseEvent | undefined} */
  closed;

  /**
   * Tries the addresses in turn, until one answers.
   *
   * @param {readonly string[]} urls
   */
  constructor(urls) {
    this.#socket = this.#connect(urls);
  }

  get state() {
    return STATES[this.#socket.readyState] ?? "unknown";
  }

  /** Bytes that the browser has not got rid of. */
  get unsent() {
    return this.#socket.bufferedAmount;
  }

  /** @param {string | Uint8Array<ArrayBuffer>} content */
  send(content) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#sentAt.push(performance.now());
    this.#socket.send(content);
  }

  /** Enough to fill every buffer on the way, so that it can be seen who waits for whom. */
  burst() {
    const bytes = new Uint8Array(BURST_MESSAGE_BYTES);
    for (let sent = 0; sent < BURST_MESSAGES; sent++) this.send(bytes);
  }

  close() {
    this.#socket.close(1000, "closed from the page");
  }

  /**
   * @param {readonly string[]} urls
   * @returns {WebSocket}
   */
  #connect([url = "", ...others]) {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
    });
    socket.addEventListener("message", () => {
      this.echoes++;
      this.lastEcho = performance.now() - (this.#sentAt.shift() ?? 0);
    });
    socket.addEventListener("close", (event) => {
      if (!opened && others.length > 0) this.#socket = this.#connect(others);
      else this.closed = event;
    });
    return socket;
  }
}
