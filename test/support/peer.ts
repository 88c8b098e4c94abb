// What the other side of a connection sends, as bytes. The encoder is the reference's, not the engine's own.

import { encodeFrame } from "../reference/frames.ts";
import { concat, hex, utf8 } from "./hex.ts";

export type Role = "client" | "server";
export const ROLES: readonly Role[] = ["client", "server"];

/** The mask key of the examples in RFC 6455 §5.7. */
export const RFC_MASK_KEY: Uint8Array = hex`37 fa 21 3d`;

export interface FrameFields {
  readonly fin?: boolean;
  readonly rsv?: number;
  /** The form of the length field, in bits; by default the shortest. */
  readonly lengthBits?: 7 | 16 | 64;
}

/** The peer of an endpoint: what it writes is masked if it is a client. */
export class Peer {
  readonly masked: boolean;

  /** The peer of an endpoint with this role. */
  constructor(role: Role) {
    this.masked = role === "server";
  }

  frame(opcode: number, payload: Uint8Array = hex``, fields: FrameFields = {}): Uint8Array {
    return encodeFrame({ ...fields, opcode, payload, maskKey: this.masked ? RFC_MASK_KEY : undefined });
  }

  text(text: string): Uint8Array {
    return this.frame(1, utf8(text));
  }

  binary(payload: Uint8Array): Uint8Array {
    return this.frame(2, payload);
  }

  /** A piece of a message; `opcode` 1 or 2 begins one, 0 goes on with it. */
  fragment(opcode: 0 | 1 | 2, payload: Uint8Array, fin = false): Uint8Array {
    return this.frame(opcode, payload, { fin });
  }

  ping(payload: Uint8Array = hex``): Uint8Array {
    return this.frame(9, payload);
  }

  pong(payload: Uint8Array = hex``): Uint8Array {
    return this.frame(10, payload);
  }

  close(code?: number, reason = ""): Uint8Array {
    return this.frame(8, closePayload(code, reason));
  }
}

/** The payload of a Close frame. */
export function closePayload(code?: number, reason = ""): Uint8Array {
  return code === undefined ? hex`` : concat(Uint8Array.of(code >> 8, code & 0xff), utf8(reason));
}
