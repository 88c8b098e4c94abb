import { type Extension, type PermessageDeflateOptions, permessageDeflate as portable } from "@sansock/protocol";
import { denoDeflate } from "./deno-deflate.ts";

/**
 * Compression of messages (permessage-deflate, RFC 7692), by what is fastest on Deno. Give it to `serve` or `connect` as
 * one of the `extensions`; one value serves any number of connections. See docs/compression.md for what it costs, and
 * for where it must not be used.
 *
 * Throws `UsageError` "bad-option".
 *
 * ```ts
 * await serve({ port: 9001, extensions: [permessageDeflate()] }, handler);
 * ```
 */
export function permessageDeflate(options: PermessageDeflateOptions = {}): Extension {
  return portable({ codec: denoDeflate(), ...options });
}
