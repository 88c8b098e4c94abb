import type { Transport } from "@sansock/protocol/driver";

/** A transport that takes nothing, and says nothing, unless the test does. */
export class FullTransport implements Transport {
  queuedBytes = 0;
  start(): void {}
  write(bytes: Uint8Array): void {
    this.queuedBytes += bytes.length;
  }
  end(): void {}
  destroy(): void {}
  setReading(): void {}
}
