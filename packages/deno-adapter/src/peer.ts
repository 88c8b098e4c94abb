import type { Peer } from "@sansock/protocol/driver";

/** The other end of an accepted connection. */
export function peerOf({ remoteAddr }: Deno.Conn, secure: boolean): Peer {
  if (remoteAddr.transport !== "tcp") return { address: undefined, port: undefined, secure };
  return { address: remoteAddr.hostname, port: remoteAddr.port, secure };
}
