// Scenarios with an echo: every connection keeps a fixed number of messages under way and checks each byte that returns.

import { createInflateRaw, constants as zlib } from "node:zlib";
import { FrameReader } from "./frame-reader.mjs";
import { buildFrames, repeat } from "./frames.mjs";
import { LatencyHistogram } from "./latency.mjs";
import { maximumReadBytes, openMany } from "./raw-connection.mjs";
import { measureWindow } from "./window.mjs";

/** @param {{ scenario: import("../scenarios.mjs").Scenario, port: number }} job */
export async function runEchoLoad(job) {
  const { scenario } = job;
  const frames = buildFrames(scenario);
  const shared = {
    inFlight: scenario.inFlight,
    frames,
    // Slices of one buffer: how many requests to send is answered by which slice.
    requests: repeat(frames.request, frames.request.length * scenario.inFlight),
    expected: repeat(frames.reply, frames.reply.length + maximumReadBytes),
    latency: new LatencyHistogram(),
  };
  const connections = await openMany({ port: job.port, compression: scenario.compression }, scenario.connections);
  const declined =
    scenario.compression !== "off" && connections.some(({ head }) => !head.includes("permessage-deflate"));
  if (declined) return { unsupported: "declines permessage-deflate" };

  const echoes = connections.map((connection, at) =>
    scenario.compression === "off" ? new Echo(connection, shared) : new CompressedEcho(connection, shared, at === 0),
  );
  for (const echo of echoes) echo.begin();
  const result = await measureWindow(job, {
    done: () => echoes.reduce((total, echo) => total + echo.done, 0),
    beginMeasuring: () => shared.latency.clear(),
  });
  const failures = echoes.flatMap(({ failure }) => failure ?? []);
  if (failures.length > 0) throw new Error(failures[0]);
  for (const connection of connections) connection.destroy();
  return { ...result, latency: shared.latency.summary(), uncompressedReplies: sum(echoes, "uncompressed") };
}

const sum = (items, key) => items.reduce((total, item) => total + (item[key] ?? 0), 0);

/** Sends, keeps count and times; how replies are recognised is the subclasses' business. */
class EchoBase {
  failure;
  #connection;
  #shared;
  #sent = 0;
  #received = 0;
  // One message at a time is timed: the last of those sent at `#markAt`.
  #mark = 0;
  #markAt = 0;

  constructor(connection, shared) {
    this.#connection = connection;
    this.#shared = shared;
    connection.listener = {
      received: (bytes, start, end) => {
        try {
          this.received(bytes, start, end);
        } catch (error) {
          this.fail(error.message);
        }
      },
      closed: (error) => this.fail(`the server dropped a connection: ${error?.message ?? "end of stream"}`),
    };
  }

  begin() {
    this.#send(this.#shared.inFlight);
  }

  fail(reason) {
    this.failure ??= reason;
    this.#connection.destroy();
  }

  /** @param {number} count replies that have just been completed */
  completed(count) {
    this.#received += count;
    if (this.#received >= this.#mark) {
      const now = performance.now();
      this.#shared.latency.record(now - this.#markAt);
      this.#mark = this.#sent + count;
      this.#markAt = now;
    }
    this.#send(count);
  }

  #send(count) {
    if (this.#sent === 0) {
      this.#mark = count;
      this.#markAt = performance.now();
    }
    this.#sent += count;
    const { requests, frames, inFlight } = this.#shared;
    if (count > inFlight) this.fail("more replies than requests");
    else this.#connection.write(requests.subarray(0, count * frames.request.length));
  }
}

/** Replies are known byte by byte, so they are compared as a stream: no frame is parsed. */
class Echo extends EchoBase {
  #expected;
  #replyBytes;
  #bytes = 0;

  constructor(connection, shared) {
    super(connection, shared);
    this.#expected = shared.expected;
    this.#replyBytes = shared.frames.reply.length;
  }

  /** In messages, with the begun one's share. */
  get done() {
    return this.#bytes / this.#replyBytes;
  }

  received(bytes, start, end) {
    const phase = this.#bytes % this.#replyBytes;
    const length = end - start;
    if (bytes.compare(this.#expected, phase, phase + length, start, end) !== 0) throw new Error("a reply is wrong");
    const before = Math.floor(this.#bytes / this.#replyBytes);
    this.#bytes += length;
    const completed = Math.floor(this.#bytes / this.#replyBytes) - before;
    if (completed > 0) this.completed(completed);
  }
}

/** Replies depend on the server's compressor: frames are counted, and one connection's are inflated and compared. */
class CompressedEcho extends EchoBase {
  done = 0;
  uncompressed = 0;
  #completed = 0;
  #reader;
  #inflate;
  #payload;
  #inflated = 0;

  constructor(connection, shared, isSample) {
    super(connection, shared);
    this.#payload = shared.frames.payload;
    this.#reader = new FrameReader((first, payload) => this.#frame(first, payload), isSample);
    if (isSample) this.#startInflating();
  }

  received(bytes, start, end) {
    this.#completed = 0;
    this.#reader.read(bytes, start, end);
    if (this.#completed > 0) this.completed(this.#completed);
  }

  #frame(first, payload) {
    if ((first & 0x80) === 0) throw new Error("a reply is fragmented");
    if ((first & 0x0f) !== 1) throw new Error(`a reply has opcode ${first & 0x0f}`);
    this.done++;
    this.#completed++;
    if ((first & 0x40) === 0) {
      this.uncompressed++;
      if (payload !== undefined) this.#check(payload);
    } else if (payload !== undefined) {
      this.#inflate.write(payload);
      this.#inflate.write(Buffer.from([0x00, 0x00, 0xff, 0xff]));
    }
  }

  #startInflating() {
    this.#inflate = createInflateRaw({ flush: zlib.Z_SYNC_FLUSH });
    this.#inflate.on("error", (error) => this.fail(`a reply does not inflate: ${error.message}`));
    this.#inflate.on("data", (bytes) => this.#check(bytes));
  }

  #check(bytes) {
    const expected = repeat(this.#payload, this.#payload.length + bytes.length);
    const phase = this.#inflated % this.#payload.length;
    if (bytes.compare(expected, phase, phase + bytes.length) !== 0) this.fail("a reply is wrong");
    this.#inflated += bytes.length;
  }
}
