import type { Duration } from "@sansock/protocol";
import { denoClock } from "./deno-clock.ts";

/** TLS handshakes of a server, which have time of their own before the WebSocket handshake begins. */
export class TlsHandshakes {
  readonly #timeout: Duration | null;
  readonly #running = new Set<Deno.TlsConn>();

  constructor(timeout: Duration | null) {
    this.#timeout = timeout;
  }

  /**
   * Runs the handshake on `conn` and passes it on when it has succeeded; nobody is told of one that fails.
   *
   * Deno lets go of a connection that was closed during its handshake only when the peer does something.
   */
  async run(conn: Deno.TlsConn, secured: (conn: Deno.TlsConn) => void): Promise<void> {
    this.#running.add(conn);
    const cancelAlarm =
      this.#timeout === null
        ? undefined
        : denoClock.alarm(denoClock.now() + this.#timeout, () => conn[Symbol.dispose]());
    try {
      await conn.handshake();
    } catch {
      conn[Symbol.dispose]();
      return;
    } finally {
      this.#running.delete(conn);
      cancelAlarm?.();
    }
    secured(conn);
  }

  /** Ends those that run. */
  drop(): void {
    for (const conn of this.#running) conn[Symbol.dispose]();
  }
}
