/**
 * Has small writes sent at once. Otherwise the system would keep one back until the peer has confirmed the one before, for
 * which many peers take 40 ms. Deno does this for plain TCP only; over TLS the delay remains.
 */
export function sendAtOnce(conn: object): void {
  try {
    (conn as Partial<Deno.TcpConn>).setNoDelay?.(true);
  } catch {
    // Some systems refuse it when the peer has gone already, which whoever reads will learn.
  }
}
