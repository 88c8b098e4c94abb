import type { Duplex } from "node:stream";
import type { Peer } from "@sansock/protocol/driver";

/** The other end of a socket, as far as a Duplex tells. */
export function peerOf(socket: Duplex): Peer {
  const { remoteAddress, remotePort, encrypted } = socket as Duplex & {
    readonly remoteAddress?: string;
    readonly remotePort?: number;
    readonly encrypted?: boolean;
  };
  return { address: remoteAddress, port: remotePort, secure: encrypted === true };
}
