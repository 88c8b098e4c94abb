import type { RuntimeSupport } from "../connection/connection-options.ts";
import type { Clock } from "./ports.ts";
import type { SessionObserver } from "./session-options.ts";

/** What an adapter brings beside transports. */
export interface Runtime extends RuntimeSupport {
  readonly clock: Clock;
  /** Who publishes diagnostics. */
  readonly observer: Omit<SessionObserver, "failed">;
  /** Where errors of the application go that nobody else takes. */
  reportError(error: unknown): void;
}

/** What of a runtime the engine is given. */
export function supportOf(runtime: RuntimeSupport): RuntimeSupport {
  const { random, textCodec, allocate, allocateUnfilled, free, sha1, wordBits } = runtime;
  return { random, textCodec, allocate, allocateUnfilled, free, sha1, wordBits };
}

/** The other end of a transport. */
export interface Peer {
  /** The IP address, or `undefined` for a Unix socket and where it is not known. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Whether the transport is encrypted on this side. Behind a proxy that ends TLS it is not. */
  readonly secure: boolean;
}
