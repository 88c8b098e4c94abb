// Sockets that listen.

import { type Duration, UsageError } from "@sansock/protocol";
import { denoRuntime } from "./deno-runtime.ts";
import { sendAtOnce } from "./send-at-once.ts";
import { TlsHandshakes } from "./tls-handshakes.ts";

/** How long to wait after a failed accept, in ms: out of file descriptors, the next one would fail at once. */
const ACCEPT_AGAIN_AFTER = 100;

/** Where to listen: on a port, or on a Unix socket. */
export interface ListenOptions {
  /** Default: 0, a free one. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: "0.0.0.0", all of IPv4. */
  readonly hostname?: string | undefined;
  /** Whether several processes may listen on the same port and share its connections. Default: no. */
  readonly reusePort?: boolean | undefined;
  /** The path of a Unix socket to listen on instead. This needs `--allow-read` and `--allow-write` for the path. */
  readonly path?: string | undefined;
  /**
   * Certificate chain and private key, in PEM. Without them the server speaks plain TCP. Over TLS Deno cannot be told to
   * send small writes at once: one may wait until the client has confirmed the one before, for 40 ms and more.
   */
  readonly tls?: Deno.TlsCertifiedKeyPem | undefined;
}

/** A socket that listens. */
export interface Listening {
  readonly listener: Deno.Listener;
  /** Takes no more connections, and gives up those that are not secured yet. May be called again. */
  stop(): void;
}

/**
 * Begins to listen, and gives every connection to `accept`, once it is secured. Throws Deno's own errors, and `UsageError`
 * "bad-option" for TLS on a Unix socket. `handshakeTimeout` is how long TLS may take, in ms; `null`: for ever.
 */
export function listen(
  options: ListenOptions,
  handshakeTimeout: Duration | null,
  accept: (conn: Deno.Conn) => void,
): Listening {
  const { path, tls } = options;
  const listener = open(options);
  const handshakes = new TlsHandshakes(handshakeTimeout);
  void acceptAll(listener, tls === undefined ? accept : (conn) => handshakes.run(conn as Deno.TlsConn, accept));
  return {
    listener,
    stop() {
      listener[Symbol.dispose]();
      if (path !== undefined) removeSocket(path);
      handshakes.drop();
    },
  };
}

function open({ port = 0, hostname = "0.0.0.0", reusePort = false, path, tls }: ListenOptions): Deno.Listener {
  if (path !== undefined) {
    if (tls !== undefined) throw new UsageError("bad-option", "Deno speaks no TLS on Unix sockets");
    return Deno.listen({ transport: "unix", path });
  }
  const where = { port, hostname, reusePort };
  return tls === undefined ? Deno.listen(where) : Deno.listenTls({ ...where, ...tls });
}

/** Gives every connection to `accept`, until the listener is closed. */
async function acceptAll(listener: Deno.Listener, accept: (conn: Deno.Conn) => void): Promise<void> {
  for (;;) {
    let conn: Deno.Conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      if (isPeerGone(error)) continue;
      denoRuntime.reportError(error);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_AFTER));
      continue;
    }
    sendAtOnce(conn);
    accept(conn);
  }
}

/**
 * Whether a connection could not be accepted because its peer has reset it already: Deno asks for its address at once, and
 * there is none. The next one may be fine; to wait with it would let anybody who resets connections keep others out.
 */
function isPeerGone(error: unknown): boolean {
  const { NotConnected, ConnectionReset, ConnectionAborted } = Deno.errors;
  return error instanceof NotConnected || error instanceof ConnectionReset || error instanceof ConnectionAborted;
}

/** Deletes the file of a Unix socket, which Deno leaves behind, so that the path can be listened on again. */
function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody else has done it.
  }
}
