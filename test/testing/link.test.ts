import type { TransportListener } from "@sansock/protocol/driver";
import { ConnectionReset, Link, type LinkEnd, type LinkOptions, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";

/** Somebody at one end who writes down what happens, and when. */
class Listener implements TransportListener {
  readonly log: string[] = [];
  readonly bytes: number[] = [];
  readonly #end: LinkEnd;
  readonly #clock: VirtualClock;
  /** Done with each chunk, after it was written down. */
  onReceived: (() => void) | undefined = undefined;

  constructor(end: LinkEnd, clock: VirtualClock) {
    this.#end = end;
    this.#clock = clock;
    end.start(this);
  }

  received(bytes: Uint8Array): void {
    this.bytes.push(...bytes);
    this.#note(`${bytes.length} bytes`);
    this.onReceived?.();
  }

  receivedEnd(): void {
    this.#note("end");
  }

  drained(): void {
    this.#note(`drained to ${this.#end.queuedBytes}`);
  }

  closed(error: unknown): void {
    this.#note(error === undefined ? "closed" : `closed by ${(error as Error).message}`);
  }

  #note(what: string): void {
    this.log.push(`${what} at ${this.#clock.now()}`);
  }
}

function setUp(options?: LinkOptions): { clock: VirtualClock; link: Link; client: Listener; server: Listener } {
  const clock = new VirtualClock();
  const link = new Link(clock, options);
  return { clock, link, client: new Listener(link.client, clock), server: new Listener(link.server, clock) };
}

/** `count` bytes that tell their places. */
function numbered(count: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => from + index);
}

const RESET = new ConnectionReset().message;

describe("bytes", () => {
  test("arrive after the latency of their direction, in memory of their own", () => {
    const { clock, link, client, server } = setUp({ latency: 40, toClient: { latency: 10 } });
    const sent = numbered(3);
    link.client.write(sent);
    link.server.write(numbered(5));
    sent.fill(99);
    clock.advance(100);
    expect(server.log).toEqual(["drained to 0 at 0", "3 bytes at 40"]);
    expect(client.log).toEqual(["drained to 0 at 0", "5 bytes at 10"]);
    expect(client.bytes).toEqual([0, 1, 2, 3, 4]);
  });

  test("are never delivered, and nothing is told, inside a call", () => {
    const { clock, link, client, server } = setUp();
    link.server.setReading(false);
    link.client.write(numbered(3));
    clock.advance(0);
    const before = [...client.log, ...server.log];
    link.server.setReading(true);
    link.client.write(numbered(1));
    link.client.end();
    link.server.end();
    expect([...client.log, ...server.log]).toEqual(before);
  });

  test("that arrive together are read together, up to the size of a chunk", () => {
    const { clock, link, server } = setUp({ maxChunkBytes: 4 });
    link.client.write(numbered(3));
    link.client.write(numbered(3, 3));
    clock.advance(0);
    expect(server.log).toEqual(["4 bytes at 0", "2 bytes at 0"]);
    expect(server.bytes).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("are cut at random if told so, the same way for the same seed", () => {
    const run = (seed: number): string[] => {
      const { clock, link, server } = setUp({ randomChunks: true, maxChunkBytes: 5, seed });
      link.client.write(numbered(50));
      clock.advance(0);
      expect(server.bytes).toEqual([...numbered(50)]);
      return server.log;
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(1).length).toBeGreaterThan(10);
  });

  test("are delayed by jitter, and stay in order", () => {
    const { clock, link, server } = setUp({ latency: 10, jitter: 50, seed: 3 });
    for (let index = 0; index < 20; index++) {
      clock.alarm(index * 5, () => link.client.write(numbered(1, index)));
    }
    clock.advance(1000);
    expect(server.bytes).toEqual([...numbered(20)]);
    const times = server.log.filter((line) => !line.startsWith("drained")).map((line) => Number(line.split(" at ")[1]));
    expect(new Set(times).size).toBeGreaterThan(5);
    expect(Math.max(...times)).toBeLessThan(20 * 5 + 60);
  });

  test("take their time on a narrow link", () => {
    const { clock, link, server } = setUp({ latency: 10, bytesPerMs: 2 });
    link.client.write(numbered(10));
    link.client.write(numbered(4));
    clock.advance(100);
    expect(server.log).toEqual(["10 bytes at 15", "4 bytes at 17"]);
  });

  test("of no length are nothing", () => {
    const { clock, link, server } = setUp();
    link.client.write(new Uint8Array(0));
    clock.advance(10);
    expect(server.log).toEqual([]);
  });

  test("wait for a listener", () => {
    const clock = new VirtualClock();
    const link = new Link(clock);
    link.client.write(numbered(3));
    link.client.end();
    link.server.end();
    clock.advance(10);
    const server = new Listener(link.server, clock);
    expect(server.log).toEqual([]);
    clock.advance(0);
    expect(server.log).toEqual(["3 bytes at 10", "end at 10", "closed at 10"]);
  });
});

describe("the window", () => {
  test("keeps what the receiver does not read with the sender, and opens again when it does", () => {
    const { clock, link, client, server } = setUp({ windowBytes: 10, latency: 5 });
    link.server.setReading(false);
    link.client.write(numbered(25));
    expect(link.client.queuedBytes).toBe(15);
    clock.advance(1000);
    expect(link.client.queuedBytes).toBe(15);
    expect(link.server.unreadBytes).toBe(10);
    expect(client.log).toEqual(["drained to 15 at 0"]);
    link.server.setReading(true);
    clock.advance(1000);
    expect(client.log).toEqual(["drained to 15 at 0", "drained to 5 at 1005", "drained to 0 at 1015"]);
    expect(server.bytes).toEqual([...numbered(25)]);
    expect(link.client.queuedBytes).toBe(0);
  });

  test("does not open while the way back is cut: acknowledgements are lost too", () => {
    const { clock, link, server } = setUp({ windowBytes: 10, latency: 5 });
    link.cut("toClient");
    link.client.write(numbered(25));
    clock.advance(1000);
    expect(server.bytes).toHaveLength(10);
    expect(link.client.queuedBytes).toBe(15);
    link.heal("toClient");
    clock.advance(1000);
    expect(server.bytes).toEqual([...numbered(25)]);
  });

  test("of no bytes lets nothing through, not even the end that is queued behind bytes", () => {
    const { clock, link, server } = setUp({ windowBytes: 0 });
    link.client.write(numbered(1));
    link.client.end();
    clock.advance(1000);
    expect(server.log).toEqual([]);
    expect(link.client.queuedBytes).toBe(1);
  });
});

test("a slow reader takes a chunk at a time and waits in between", () => {
  const { clock, link, server } = setUp({ maxChunkBytes: 4, readInterval: 10 });
  link.client.write(numbered(10));
  link.client.end();
  clock.advance(100);
  expect(server.log).toEqual(["4 bytes at 0", "4 bytes at 10", "2 bytes at 20", "end at 30"]);
});

test("partial writes leave the rest with the sender for a ms", () => {
  const { clock, link, client, server } = setUp({ partialWrites: true, seed: 5 });
  link.client.write(numbered(100));
  expect(link.client.queuedBytes).toBeGreaterThan(0);
  clock.advance(100);
  expect(link.client.queuedBytes).toBe(0);
  expect(server.bytes).toEqual([...numbered(100)]);
  expect(client.log.length).toBeGreaterThan(1);
});

describe("ends", () => {
  test("come behind everything that was written, and close the link when there are two", () => {
    const { clock, link, client, server } = setUp({ latency: 10, windowBytes: 4 });
    link.client.write(numbered(6));
    link.client.end();
    link.client.end();
    clock.advance(100);
    expect(server.log).toEqual(["4 bytes at 10", "2 bytes at 30", "end at 30"]);
    expect(link.server.isClosed).toBe(false);
    link.server.write(numbered(2));
    link.server.end();
    clock.advance(100);
    expect(server.log.slice(3)).toEqual(["closed at 100"]);
    expect(client.log.slice(-3)).toEqual(["2 bytes at 110", "end at 110", "closed at 110"]);
    expect(link.client.isClosed).toBe(true);
  });

  test("are not seen by those who do not read", () => {
    const { clock, link, server } = setUp();
    link.server.setReading(false);
    link.client.end();
    clock.advance(100);
    expect(server.log).toEqual([]);
    link.server.setReading(true);
    clock.advance(0);
    expect(server.log).toEqual(["end at 100"]);
  });

  test("are the last thing that may be written", () => {
    const { link } = setUp();
    link.client.end();
    expect(() => link.client.write(numbered(1))).toThrow("behind its end");
  });
});

describe("a destroyed end", () => {
  test("drops what is queued; the peer gets what had left, then a reset", () => {
    const { clock, link, client, server } = setUp({ latency: 10, windowBytes: 4 });
    link.client.write(numbered(6));
    link.server.write(numbered(3));
    link.client.destroy();
    link.client.destroy();
    clock.advance(100);
    expect(client.log).toEqual(["closed at 0"]);
    expect(server.log).toEqual(["drained to 0 at 0", "4 bytes at 10", `closed by ${RESET} at 10`]);
    expect(link.client.queuedBytes).toBe(0);
  });

  test("is not known to be gone before the news has arrived", () => {
    const { clock, link, client, server } = setUp({ latency: 10, windowBytes: 4 });
    link.client.write(numbered(6));
    clock.advance(5);
    link.server.destroy();
    clock.advance(9);
    expect(link.client.queuedBytes).toBe(2);
    clock.advance(1);
    expect(link.client.queuedBytes).toBe(0);
    expect(client.log.at(-1)).toBe(`closed by ${RESET} at 15`);
    expect(server.bytes).toEqual([]);
  });

  test("takes what has arrived from a peer that does not read", () => {
    const { clock, link, server } = setUp({ latency: 10 });
    link.server.setReading(false);
    link.client.write(numbered(6));
    link.client.destroy();
    clock.advance(100);
    link.server.setReading(true);
    clock.advance(100);
    expect(server.log).toEqual([`closed by ${RESET} at 10`]);
  });

  test("may not be written to", () => {
    const { link } = setUp();
    link.client.destroy();
    expect(() => link.client.write(numbered(1))).toThrow("after it was destroyed");
  });

  test("is quiet: bytes on their way to it are dropped", () => {
    const { clock, link, client } = setUp({ latency: 10 });
    link.server.write(numbered(3));
    clock.advance(5);
    link.client.destroy();
    link.client.end();
    clock.advance(100);
    expect(client.log).toEqual(["closed at 5"]);
  });
});

describe("a reset", () => {
  test("tells both ends and loses what is on its way, also for those who do not read", () => {
    const { clock, link, client, server } = setUp({ latency: 10 });
    link.client.write(numbered(6));
    link.server.setReading(false);
    clock.advance(5);
    link.reset();
    link.client.write(numbered(1)); // the client was not told yet
    link.client.end();
    clock.advance(100);
    expect(client.log).toEqual(["drained to 0 at 0", `closed by ${RESET} at 5`]);
    expect(server.log).toEqual([`closed by ${RESET} at 5`]);
  });

  test("can be made at every byte", () => {
    for (let count = 0; count <= 6; count++) {
      const { clock, link, server } = setUp({ latency: 10 });
      link.afterBytes("toServer", count, () => link.reset());
      link.client.write(numbered(6));
      clock.advance(100);
      expect(server.bytes).toEqual([...numbered(count)]);
      expect(link.deliveredBytes("toServer")).toBe(count);
      expect(server.log.at(-1)).toBe(`closed by ${RESET} at ${count === 0 ? 0 : 10}`);
    }
  });
});

test("a reset of a link that is closed changes nothing", () => {
  const { clock, link, client, server } = setUp();
  link.client.end();
  link.server.end();
  clock.advance(10);
  link.reset();
  link.end("toServer");
  clock.advance(10);
  expect(client.log).toEqual(["end at 0", "closed at 0"]);
  expect(server.log).toEqual(["end at 0", "closed at 0"]);
});

test("actions at several bytes happen in the order of the bytes", () => {
  const { clock, link, server } = setUp();
  const log: number[] = [];
  for (const count of [4, 2, 2, 9]) link.afterBytes("toServer", count, () => void log.push(count));
  link.client.write(numbered(6));
  clock.advance(0);
  expect(log).toEqual([2, 2, 4]);
  expect(server.log).toEqual(["2 bytes at 0", "2 bytes at 0", "2 bytes at 0"]);
});

describe("a cut", () => {
  test("stops everything, without a word", () => {
    const { clock, link, client, server } = setUp({ latency: 10 });
    link.client.write(numbered(3));
    clock.advance(5);
    link.cut();
    link.server.write(numbered(3));
    link.server.destroy();
    clock.advance(3_600_000);
    expect(server.log).toEqual(["closed at 5"]);
    expect(client.log).toEqual(["drained to 0 at 0"]);
  });

  test("in one direction leaves the other as it is", () => {
    const { clock, link, client, server } = setUp({ latency: 10 });
    link.cut("toServer");
    link.client.write(numbered(3));
    link.server.write(numbered(4));
    clock.advance(100);
    expect(server.bytes).toEqual([]);
    expect(client.bytes).toEqual([0, 1, 2, 3]);
  });

  test("that heals loses nothing and keeps the order, since TCP goes on trying", () => {
    const { clock, link, server } = setUp({ latency: 10 });
    link.client.write(numbered(3));
    link.stall(50);
    clock.advance(49);
    link.client.write(numbered(3, 3));
    clock.advance(100);
    link.heal();
    expect(server.bytes).toEqual([0, 1, 2, 3, 4, 5]);
    expect(server.log).toEqual(["6 bytes at 60"]);
  });
});

describe("a direction that somebody in between ends", () => {
  test("shows its end to the receiver, and swallows what is sent", () => {
    const { clock, link, client, server } = setUp({ latency: 10, windowBytes: 2 });
    link.client.write(numbered(5));
    link.end("toServer");
    link.client.write(numbered(5));
    clock.advance(100);
    expect(server.log).toEqual(["2 bytes at 10", "end at 10"]);
    expect(link.client.queuedBytes).toBe(0);
    link.client.end();
    link.server.end();
    clock.advance(100);
    expect(server.log.at(-1)).toBe("closed at 100");
    expect(client.log.at(-1)).toBe("closed at 110");
  });
});

describe("a failing write", () => {
  test("takes the connection with it, and the peer sees a reset", () => {
    const { clock, link, client, server } = setUp({ latency: 10 });
    link.client.failWrites(new Error("EPIPE"));
    link.client.write(numbered(1));
    link.client.write(numbered(1));
    clock.advance(100);
    expect(client.log).toEqual(["closed by EPIPE at 0"]);
    expect(server.log).toEqual([`closed by ${RESET} at 10`]);
  });
});

describe("a suspended computer", () => {
  test("is told nothing until it goes on, and then everything, alarms first", () => {
    const { clock, link, client, server } = setUp({ latency: 10, windowBytes: 4 });
    link.server.clock.alarm(20, () => server.log.push("alarm"));
    link.client.write(numbered(4));
    link.server.write(numbered(4));
    link.client.end();
    link.server.suspend(100);
    clock.advance(99);
    expect(server.log).toEqual([]);
    clock.advance(1);
    expect(server.log).toEqual(["alarm", "4 bytes at 100", "end at 100", "drained to 0 at 100"]);
    expect(client.bytes).toHaveLength(4);
  });

  test("that goes on at once is told everything once", () => {
    const { clock, link, server } = setUp();
    link.reset();
    link.server.suspend();
    link.server.resume();
    clock.advance(0);
    expect(server.log).toEqual([`closed by ${RESET} at 0`]);
  });

  test("learns of a reset when it goes on", () => {
    const { clock, link, server } = setUp({ latency: 10 });
    link.server.suspend();
    link.client.destroy();
    clock.advance(100);
    expect(server.log).toEqual([]);
    link.server.resume();
    link.server.resume();
    clock.advance(0);
    expect(server.log).toEqual([`closed by ${RESET} at 100`]);
  });
});

test("the way a link behaves can be changed while it is in use", () => {
  const { clock, link, client, server } = setUp({ latency: 10 });
  link.change({ latency: 100 }, "toServer");
  link.client.write(numbered(1));
  clock.advance(10);
  link.change({ latency: 0 });
  link.client.write(numbered(1));
  clock.advance(0);
  link.server.write(numbered(1));
  clock.advance(200);
  expect(client.log).toContain("1 bytes at 10");
  expect(server.log).toContain("2 bytes at 100"); // in order, all the same
});

test("bytes are released once the network has taken them all", () => {
  const { clock, link, server } = setUp({ windowBytes: 4 });
  const bytes = numbered(6);
  link.client.write(bytes);
  expect(link.client.hasReleasedBytes).toBe(false);
  clock.advance(10);
  expect(link.client.hasReleasedBytes).toBe(true);
  bytes.fill(99);
  expect(server.bytes).toEqual([...numbered(6)]);
});

test("what was still to be written is forgotten with the link", () => {
  const { clock, link, client, server } = setUp({ partialWrites: true, seed: 5 });
  link.client.write(numbered(100));
  expect(link.client.queuedBytes).toBeGreaterThan(0);
  link.reset();
  clock.advance(10);
  expect(link.client.queuedBytes).toBe(0);
  expect(server.bytes).toEqual([]);
  expect(client.log.at(-1)).toBe(`closed by ${RESET} at 0`);
});

test("what is written can be watched", () => {
  const { link } = setUp();
  const written: number[] = [];
  link.client.onWrite = (bytes) => void written.push(bytes.length);
  link.client.write(numbered(3));
  link.client.write(numbered(4));
  expect(written).toEqual([3, 4]);
});

test("a reader that stops in the middle of a chunk's consequences gets no more", () => {
  const { clock, link, server } = setUp({ maxChunkBytes: 2 });
  server.onReceived = () => link.server.setReading(false);
  link.client.write(numbered(6));
  clock.advance(10);
  expect(server.bytes).toEqual([0, 1]);
  link.server.setReading(true);
  clock.advance(10);
  expect(server.bytes).toEqual([0, 1, 2, 3]);
});
