// What Node brings beside sockets.

import { hash, webcrypto } from "node:crypto";
import type { Runtime } from "@sansock/protocol/driver";
import { diagnostics } from "./diagnostics.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeFree } from "./node-free.ts";
import { nodeTextCodec } from "./node-text-codec.ts";

/** Another engine than V8, and other streams. */
const onBun = "bun" in process.versions;

/** What Node brings to the engine beside sockets: for those who write transports of their own. */
export const nodeRuntime: Runtime = {
  clock: nodeClock,
  random: (target) => void webcrypto.getRandomValues(target),
  textCodec: nodeTextCodec,
  // Streams make a Buffer of every other Uint8Array.
  allocate: (length) => Buffer.alloc(length),
  allocateUnfilled: (length) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer),
  free: onBun ? undefined : nodeFree,
  sha1: (text) => hash("sha1", text, "base64"),
  wordBits: onBun ? 32 : 64,
  observer: diagnostics,
  reportError(error) {
    diagnostics.failed(error);
    console.error(error);
  },
};
