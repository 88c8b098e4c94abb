// The WebSocket that a runtime has: what of it is used, so that any class that works like it will do.

/** What of a WebSocket is used. The one of browsers, of Node from 22, Deno and Bun, and that of `ws` fit. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes that were sent and that the network has not taken. */
  readonly bufferedAmount: number;
  /** The subprotocol that the server chose, or empty. */
  readonly protocol: string;
  binaryType: string;
  // biome-ignore-start lint/suspicious/noExplicitAny: events of every runtime fit.
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  onerror: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** Opens a WebSocket when it is called with `new`. */
export type WebSocketClass = new (url: string | URL, protocols?: string | string[]) => WebSocketLike;

const CONNECTING = 0;
const OPEN = 1;

/** Who hears of a connection; never again after `drop()`. */
export interface ConnectionListener {
  opened(): void;
  received(content: string | Uint8Array): void;
  /** It has ended, or has never been open. The last call. */
  closed(code: number, reason: string): void;
}

/** One connection, or the attempt to open one. */
export class SocketConnection {
  readonly #socket: WebSocketLike;
  /** Bytes (for text: UTF-16 code units) that were given to the socket. */
  #sent = 0;
  /** The most of them that are known to have left. */
  #transmitted = 0;

  /** Begins to open one. Throws what the class throws: for a URL or a subprotocol that is none, or that is not allowed. */
  constructor(
    WebSocket: WebSocketClass,
    url: string | URL,
    protocols: string | readonly string[],
    listener: ConnectionListener,
  ) {
    const socket = new WebSocket(url, typeof protocols === "string" ? protocols : [...protocols]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => listener.received(typeof data === "string" ? data : new Uint8Array(data));
    socket.onclose = ({ code, reason }) => {
      this.#detach();
      listener.closed(code, reason);
    };
    socket.onerror = ignore; // it says nothing, and `close` follows
  }

  /** Whether what is sent now may arrive. The peer's Close ends that before `closed` comes. */
  get isWritable(): boolean {
    return this.#socket.readyState === OPEN;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Whether something has left since this was asked last. */
  get hasProgressed(): boolean {
    // Headers, and text outside of ASCII, count for more in `bufferedAmount`: that delays this, and no more.
    const transmitted = this.#sent - this.#socket.bufferedAmount;
    if (transmitted <= this.#transmitted) return false;
    this.#transmitted = transmitted;
    return true;
  }

  send(content: string | Uint8Array): void {
    this.#sent += content.length;
    // Shared memory is refused by the socket itself.
    this.#socket.send(content as string | Uint8Array<ArrayBuffer>);
  }

  /** Begins the closing handshake; `closed` will come, some time. Messages that still arrive are delivered. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Is of no interest any more: closes it as far as it lets us, and nothing is heard of it again. */
  drop(code: number, reason: string): void {
    const { readyState } = this.#socket;
    this.#detach();
    if (readyState === CONNECTING) this.#socket.close();
    else if (readyState === OPEN) this.#socket.close(code, reason);
  }

  #detach(): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
  }
}

function ignore(): void {}
