// What every Transport must do, as plain functions: run it on your own with any test runner, in any runtime.

import type { Transport, TransportListener } from "@sansock/protocol/driver";

/** The other end of a transport under test: a raw stream in the hands of the test. */
export interface RawPeer {
  write(bytes: Uint8Array): void;
  /** Half-closes. */
  end(): void;
  /** Resets the connection (RST). */
  reset(): void;
  /** From now on reads nothing, or goes on. */
  setReading(reading: boolean): void;
  /** Everything that was read so far. */
  readonly received: Uint8Array;
  /** How much that is. */
  readonly receivedLength: number;
  /** Whether the other side has half-closed, or is gone. */
  readonly ended: boolean;
  /** Resolves when something has changed: bytes, the end. */
  changed(): Promise<void>;
}

/** Makes connected pairs for the suite. */
export interface Harness {
  pair(): Promise<{ readonly transport: Transport; readonly peer: RawPeer }>;
}

/** One thing that a transport must do. */
export interface ContractTest {
  readonly name: string;
  run(harness: Harness): Promise<void>;
}

/** Remembers what a transport says. */
class Recorder implements TransportListener {
  readonly chunks: Uint8Array[] = [];
  readonly ends: number[] = [];
  readonly closes: unknown[] = [];
  drains = 0;
  #waiters: (() => void)[] = [];

  received(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#change();
  }
  receivedEnd(): void {
    this.ends.push(this.closes.length);
    this.#change();
  }
  drained(): void {
    this.drains++;
    this.#change();
  }
  closed(error: unknown): void {
    this.closes.push(error);
    this.#change();
  }

  get bytes(): Uint8Array {
    return concat(this.chunks);
  }
  get length(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #change(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

async function start(harness: Harness): Promise<{ transport: Transport; peer: RawPeer; recorder: Recorder }> {
  const { transport, peer } = await harness.pair();
  const recorder = new Recorder();
  transport.start(recorder);
  return { transport, peer, recorder };
}

async function untilPeer(peer: RawPeer, condition: () => boolean): Promise<void> {
  while (!condition()) await peer.changed();
}

/** A whole exchange on another pair: the event loop has gone round, and the network with it. */
async function barrier(harness: Harness): Promise<void> {
  const { transport, peer, recorder } = await start(harness);
  peer.write(bytesOf(1000));
  await recorder.until(() => recorder.length === 1000);
  transport.write(bytesOf(1000), false);
  await untilPeer(peer, () => peer.receivedLength === 1000);
  transport.destroy();
  await recorder.until(() => recorder.closes.length === 1);
}

const LARGE = 16 * 1024 * 1024;

export const transportContract: readonly ContractTest[] = [
  {
    name: "delivers what the peer writes, in order, in chunks that it does not use again",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      peer.write(bytesOf(10));
      await recorder.until(() => recorder.length === 10);
      const first = recorder.bytes;
      peer.write(bytesOf(300_000));
      await recorder.until(() => recorder.length === 300_010);
      equal(first, bytesOf(10));
      equal(recorder.bytes.subarray(10), bytesOf(300_000));
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "delivers the same to a listener that has done with bytes at once, so that their memory may be read into again",
    async run(harness) {
      const { transport, peer } = await harness.pair();
      const recorder = new (class extends Recorder {
        readonly hasReleasedBytes = true;
        override received(bytes: Uint8Array): void {
          super.received(bytes.slice());
        }
      })();
      transport.start(recorder);
      for (let round = 1; round <= 5; round++) {
        for (let length = 1; length < 20_000; length *= 7) peer.write(bytesOf(length));
        await recorder.until(() => recorder.length === round * 19_608);
      }
      peer.write(bytesOf(500_000));
      await recorder.until(() => recorder.length === 5 * 19_608 + 500_000);
      const once = [1, 7, 49, 343, 2401, 16_807].map(bytesOf);
      equal(recorder.bytes, concat([...once, ...once, ...once, ...once, ...once, bytesOf(500_000)]));
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "delivers nothing during start()",
    async run(harness) {
      const { transport, peer } = await harness.pair();
      peer.write(bytesOf(10));
      const recorder = new Recorder();
      transport.start(recorder);
      check(recorder.length === 0, "bytes were delivered during start()");
      await recorder.until(() => recorder.length === 10);
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "writes in order, gathered or not, small and large",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      const parts = [bytesOf(1), bytesOf(70_000), bytesOf(3), bytesOf(0), bytesOf(2_000_000), bytesOf(5)];
      for (const [index, part] of parts.entries()) transport.write(part.slice(), index % 2 === 0);
      const expected = concat(parts);
      await untilPeer(peer, () => peer.receivedLength === expected.length);
      equal(peer.received, expected);
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "keeps no bytes that it says to have released, so that their memory can be used again",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      const parts: Uint8Array[] = [];
      const writeAndReuse = (length: number, more: boolean): void => {
        const bytes = bytesOf(length);
        parts.push(bytes.slice());
        transport.write(bytes, more);
        if (transport.hasReleasedBytes === true) bytes.fill(0xee);
      };
      for (let index = 0; index < 60; index++) writeAndReuse(index * 37, index % 3 !== 2);
      peer.setReading(false); // some of what follows cannot be handed on at once
      for (let index = 0; index < 60; index++) writeAndReuse(200_000 + index, index % 3 !== 2);
      await barrier(harness);
      writeAndReuse(1000, false);
      peer.setReading(true);
      const expected = concat(parts);
      await untilPeer(peer, () => peer.receivedLength === expected.length);
      equal(peer.received, expected);
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "says how much it holds while the peer does not read, and drained() when it is gone",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      check(transport.queuedBytes === 0, "something is queued at the beginning");
      peer.setReading(false);
      transport.write(bytesOf(LARGE), false);
      await barrier(harness);
      check(transport.queuedBytes > 0, "a peer that does not read was sent 16 MiB");
      check(transport.queuedBytes <= LARGE, "more is queued than was written");
      peer.setReading(true);
      await untilPeer(peer, () => peer.receivedLength === LARGE);
      await recorder.until(() => transport.queuedBytes === 0 && recorder.drains > 0);
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "reads no more than a little after setReading(false), and everything after setReading(true)",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      transport.setReading(false);
      peer.write(bytesOf(LARGE));
      await barrier(harness);
      check(recorder.length < LARGE, "everything was read although reading was off");
      transport.setReading(true);
      await recorder.until(() => recorder.length === LARGE);
      equal(recorder.bytes, bytesOf(LARGE));
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
  {
    name: "tells of the peer's end once, can still write, and is closed when both have ended",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      peer.write(bytesOf(100));
      peer.end();
      await recorder.until(() => recorder.ends.length === 1);
      check(recorder.length === 100, "the end came before the bytes");
      transport.write(bytesOf(50_000), false);
      await untilPeer(peer, () => peer.receivedLength === 50_000);
      check(recorder.closes.length === 0, "closed although only one side has ended");
      transport.end();
      await recorder.until(() => recorder.closes.length === 1);
      check(recorder.closes[0] === undefined, "an orderly close has an error");
      check(recorder.ends.length === 1, "receivedEnd() was called again");
    },
  },
  {
    name: "end() comes behind everything that was written, and leaves the other direction open",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      transport.write(bytesOf(3_000_000), true);
      transport.end();
      await untilPeer(peer, () => peer.ended);
      equal(peer.received, bytesOf(3_000_000));
      peer.write(bytesOf(1000));
      await recorder.until(() => recorder.length === 1000);
      peer.end();
      await recorder.until(() => recorder.closes.length === 1);
      check(recorder.closes[0] === undefined, "an orderly close has an error");
    },
  },
  {
    name: "destroy() ends it at once, whatever is queued, and however often it is called",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      peer.setReading(false);
      transport.write(bytesOf(LARGE), false);
      transport.destroy();
      transport.destroy();
      await recorder.until(() => recorder.closes.length === 1);
      transport.destroy();
      peer.setReading(true);
      await untilPeer(peer, () => peer.ended);
      check(peer.receivedLength < LARGE, "what was queued was sent all the same");
      await barrier(harness);
      check(recorder.closes.length === 1, "closed() was called again");
    },
  },
  {
    name: "tells of a reset as an error, once, and as the last thing",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      peer.reset();
      await recorder.until(() => recorder.closes.length === 1);
      check(recorder.closes[0] !== undefined, "a reset has no error");
      transport.write(bytesOf(10), false);
      transport.end();
      transport.setReading(false);
      await barrier(harness);
      check(recorder.closes.length === 1, "closed() was called again");
    },
  },
  {
    name: "survives a reset while it writes",
    async run(harness) {
      const { transport, peer, recorder } = await start(harness);
      peer.setReading(false);
      transport.write(bytesOf(LARGE), false);
      peer.reset();
      await recorder.until(() => recorder.closes.length === 1);
      check(recorder.closes[0] !== undefined, "a reset has no error");
    },
  },
  {
    name: "takes writes after destroy() without a word",
    async run(harness) {
      const { transport, recorder } = await start(harness);
      transport.destroy();
      transport.write(bytesOf(10), false);
      transport.end();
      await recorder.until(() => recorder.closes.length === 1);
    },
  },
];

/** Bytes that tell where they belong. */
export function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function equal(actual: Uint8Array, expected: Uint8Array): void {
  check(actual.length === expected.length, `${actual.length} bytes instead of ${expected.length}`);
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] !== expected[index]) throw new Error(`byte ${index} is ${actual[index]}, not ${expected[index]}`);
  }
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
