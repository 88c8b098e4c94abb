import type { Instant } from "../vocabulary/time.ts";

/** What a transport tells whoever runs on it. All calls come from the transport, never from inside a call to it. */
export interface TransportListener {
  /** Bytes arrived; they belong to the listener. */
  received(bytes: Uint8Array): void;
  /** The peer half-closed: no more bytes will come. At most once. */
  receivedEnd(): void;
  /** Bytes that were queued have been handed to the operating system. */
  drained(): void;
  /** The transport is gone in both directions. Always the last call, exactly once. `error` is what the runtime said. */
  closed(error: unknown): void;
  /**
   * Whether the listener is done with everything that it received: nothing refers to the bytes any more. Then a transport
   * may read into their memory again. A listener that says nothing has its bytes for good.
   */
  readonly hasReleasedBytes?: boolean;
}

/** A reliable, ordered, full-duplex byte stream, as an adapter provides it. */
export interface Transport {
  /** Begins to deliver to `listener`; a later call replaces the listener. Nothing is delivered during the call itself. */
  start(listener: TransportListener): void;
  /**
   * Queues bytes and takes ownership of them. `more` promises that another `write` or `end` follows within the same
   * turn, so that a transport that can gather writes may wait for it.
   */
  write(bytes: Uint8Array, more: boolean): void;
  /** Half-closes behind what is queued. */
  end(): void;
  /** Drops the connection at once, queued bytes included. May be called at any time, also repeatedly. */
  destroy(): void;
  /** Whether to read from the network; `false` lets TCP push back on the peer. Reading from the start. */
  setReading(reading: boolean): void;
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  readonly queuedBytes: number;
  /**
   * Whether the transport is done with everything that was written: the operating system has its own copy, and nothing
   * refers to the bytes any more. Then their memory is used for what is sent next, which is warm and costs nothing to
   * make. A transport that says so wrongly sends garbage; one that says nothing has its bytes for good.
   */
  readonly hasReleasedBytes?: boolean;
}

/** A monotonic clock with an alarm. */
export interface Clock {
  now(): Instant;
  /** Calls `wake` once, at or after `at`, never earlier and never during the call itself. Returns how to cancel it. */
  alarm(at: Instant, wake: () => void): () => void;
  /** Calls `task` soon: after the code that is running and the promise reactions it has caused. */
  defer(task: () => void): void;
}
