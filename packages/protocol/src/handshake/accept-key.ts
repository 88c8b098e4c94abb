import { sha1 } from "@noble/hashes/legacy.js";
import { encodeBase64 } from "../bytes/base64.ts";
import { encodeLatin1 } from "../bytes/latin1.ts";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The Sec-WebSocket-Accept value that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2): base64 of the SHA-1 of the key and
 * a constant. It proves that the server speaks WebSocket, and nothing else; SHA-1's weakness does not matter here.
 * `digest` is the SHA-1 of a runtime, in base64, by default a portable one.
 */
export function acceptKey(key: string, digest: (text: string) => string = portableSha1): string {
  return digest(key + GUID);
}

function portableSha1(text: string): string {
  return encodeBase64(sha1(encodeLatin1(text)));
}
