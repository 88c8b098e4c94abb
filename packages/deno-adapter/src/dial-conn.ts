// How a client gets its connection: name look-up, TCP, TLS, a Unix socket, or what the caller has connected already.

import { UsageError, type WebSocketUrl } from "@sansock/protocol";
import { type ByteStream, ConnTransport } from "./conn-transport.ts";
import { sendAtOnce } from "./send-at-once.ts";
import { type DuplexStream, StreamConn } from "./stream-conn.ts";

/** What a TLS client can be told: certificates to trust, a certificate of its own, … */
export type TlsClientOptions = Omit<Deno.ConnectTlsOptions & Partial<Deno.TlsCertifiedKeyPem>, "port" | "hostname">;

/** By what way to connect. */
export interface DialOptions {
  /** For `wss:`. Certificates and names are verified, unless it says otherwise. */
  readonly tls?: TlsClientOptions | undefined;
  /** Connects to this Unix socket instead of the URL's host, which still goes into the request. For `ws:` only. */
  readonly unixSocket?: string | undefined;
  /**
   * A connected stream to use instead: a `Deno.Conn`, or any other `{ readable, writable }`, such as a proxy's tunnel. For
   * `wss:` it is a `Deno.TlsConn`, which is used as it is, or a `Deno.TcpConn`, over which TLS is spoken.
   */
  readonly socket?: Deno.Conn | DuplexStream | undefined;
}

/** One attempt to connect, which may be abandoned at any time. */
export class ConnDialing {
  readonly #target: WebSocketUrl;
  readonly #options: DialOptions;
  readonly #notifyAbove: number;
  readonly #cancellation = new AbortController();
  #conn: ByteStream | undefined = undefined;

  constructor(target: WebSocketUrl, options: DialOptions, notifyAbove: number) {
    this.#target = target;
    this.#options = options;
    this.#notifyAbove = notifyAbove;
  }

  /** Whatever is open by then, or opens later, is closed. */
  abandon(): void {
    this.#cancellation.abort();
    this.#conn?.[Symbol.dispose]();
  }

  /**
   * Connects. Resolves when that is done; rejects with Deno's own errors, and with `UsageError` "bad-option" for what Deno
   * cannot do.
   */
  async connected(): Promise<ConnTransport> {
    return new ConnTransport(await this.#open(), this.#notifyAbove);
  }

  async #open(): Promise<ByteStream> {
    const { secure, hostname, port } = this.#target;
    const { tls, unixSocket, socket } = this.#options;
    if (socket !== undefined) return this.#take(socket);
    if (unixSocket !== undefined) {
      if (secure) throw new UsageError("bad-option", "Deno speaks no TLS on Unix sockets");
      return this.#keep(await Deno.connect({ transport: "unix", path: unixSocket }));
    }
    if (secure && tls?.cert !== undefined) {
      // Only this function knows certificates of clients; it cannot be cancelled, nor told not to delay small writes.
      return this.#secured(await Deno.connectTls({ ...tlsOptions(tls), hostname, port } as Deno.ConnectTlsOptions));
    }
    const conn = this.#keep(await Deno.connect({ hostname, port, signal: this.#cancellation.signal }));
    sendAtOnce(conn);
    return secure ? this.#startTls(conn) : conn;
  }

  async #take(socket: Deno.Conn | DuplexStream): Promise<ByteStream> {
    sendAtOnce(socket);
    if (!this.#target.secure) return this.#keep("read" in socket ? socket : new StreamConn(socket));
    if ("handshake" in socket) return this.#secured(socket as Deno.TlsConn);
    if ("setNoDelay" in socket) return this.#startTls(socket as Deno.TcpConn);
    throw new UsageError("bad-option", "Deno speaks TLS on TCP alone: for wss:, give a Deno.TcpConn or a Deno.TlsConn");
  }

  async #startTls(conn: Deno.TcpConn): Promise<Deno.TlsConn> {
    const { hostname } = this.#target;
    return this.#secured(await Deno.startTls(conn, { ...tlsOptions(this.#options.tls), hostname }));
  }

  async #secured(conn: Deno.TlsConn): Promise<Deno.TlsConn> {
    this.#keep(conn);
    try {
      await conn.handshake();
    } catch (error) {
      conn[Symbol.dispose]();
      throw error;
    }
    return conn;
  }

  #keep<Conn extends ByteStream>(conn: Conn): Conn {
    this.#conn = conn;
    if (this.#cancellation.signal.aborted) conn[Symbol.dispose]();
    return conn;
  }
}

function tlsOptions(tls: TlsClientOptions = {}): TlsClientOptions {
  return { alpnProtocols: ["http/1.1"], ...tls };
}
