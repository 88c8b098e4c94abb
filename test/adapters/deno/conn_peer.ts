import type { RawPeer } from "../transport-contract.ts";

/** A connection of Deno's as the other end of a transport under test, for what node:tls does not do in Deno: half-closing. */
export class ConnPeer implements RawPeer {
  readonly #conn: Deno.Conn;
  readonly #chunks: Uint8Array[] = [];
  readonly reset: () => void;
  #writing: Promise<unknown> = Promise.resolve();
  #reading = true;
  #loopRuns = false;
  #waiters: (() => void)[] = [];
  receivedLength = 0;
  ended = false;

  /** `reset` resets the TCP connection below. */
  constructor(conn: Deno.Conn, reset: () => void) {
    this.#conn = conn;
    this.reset = reset;
    void this.#readAll();
  }

  write(bytes: Uint8Array): void {
    this.#then(async () => {
      for (let at = 0; at < bytes.length; ) at += await this.#conn.write(bytes.subarray(at));
    });
  }
  end(): void {
    this.#then(() => this.#conn.closeWrite());
  }
  setReading(reading: boolean): void {
    this.#reading = reading;
    if (reading && !this.#loopRuns && !this.ended) void this.#readAll();
  }
  get received(): Uint8Array {
    const whole = new Uint8Array(this.receivedLength);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #then(action: () => Promise<unknown>): void {
    this.#writing = this.#writing.then(action).catch(() => {}); // a peer that is gone is what some tests are about
  }

  async #readAll(): Promise<void> {
    this.#loopRuns = true;
    while (this.#reading && !this.ended) {
      const buffer = new Uint8Array(64 * 1024);
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) this.ended = true;
      else this.#chunks.push(buffer.subarray(0, count));
      this.receivedLength += count ?? 0;
      this.#change();
    }
    this.#loopRuns = false;
  }

  #change(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
