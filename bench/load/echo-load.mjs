// Scenarios with an echo: every connection keeps a fixed number of messages under way and checks each byte that returns.

import { createInflateRaw, constants as zlib } from "node:zlib";
import { FrameReader } from "./frame-reader.mjs";
import { buildFrames, MessageCycle, repeat } from "./frames.mjs";
import { LatencyHistogram } from "./latency.mjs";
import { maximumReadBytes, openMany } from "./raw-connection.mjs";
import { measureWindow } from "./window.mjs";

/** @param {{ scenario: import("../scenarios.mjs").Scenario, port: number }} job */
export async function runEchoLoad(job) {
  const { scenario } = job;
  const shared = { inFlight: scenario.inFlight, latency: new LatencyHistogram() };
  const compressed = scenario.compression !== "off";
  if (compressed) Object.assign(shared, { cycle: new MessageCycle(scenario) });
  else {
    const { request, reply } = buildFrames(scenario);
    Object.assign(shared, {
      requestBytes: request.length,
      replyBytes: reply.length,
      requests: repeat(request, request.length * scenario.inFlight),
      expected: repeat(reply, reply.length + maximumReadBytes),
    });
  }
  const connections = await openMany({ port: job.port, compression: scenario.compression }, scenario.connections);
  if (compressed && connections.some(({ head }) => !head.includes("permessage-deflate"))) {
    return { unsupported: "declines permessage-deflate" };
  }

  const echoes = connections.map((connection, at) =>
    compressed ? new CompressedEcho(connection, shared, at === 0) : new Echo(connection, shared),
  );
  for (const echo of echoes) echo.begin();
  const result = await measureWindow(job, {
    done: () => echoes.reduce((total, echo) => total + echo.done, 0),
    beginMeasuring: () => shared.latency.clear(),
  });
  const failures = echoes.flatMap(({ failure }) => failure ?? []);
  if (failures.length > 0) throw new Error(failures[0]);
  for (const connection of connections) connection.destroy();
  return { ...result, latency: shared.latency.summary(), bytesPerReply: sum(echoes, "bytes") / sum(echoes, "done") };
}

const sum = (items, key) => items.reduce((total, item) => total + item[key], 0);

/**
 * Sends, keeps count and times. Subclasses know what to send (`requests`, from which message on and how many) and how to
 * recognise replies (`received`, which tells `completed`).
 */
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
    const first = this.#sent;
    this.#sent += count;
    if (count > this.#shared.inFlight) this.fail("more replies than requests");
    else this.#connection.write(this.requests(first, count));
  }
}

/** Replies are known byte by byte, so they are compared as a stream: no frame is parsed. */
class Echo extends EchoBase {
  #requests;
  #requestBytes;
  #expected;
  #replyBytes;
  bytes = 0;

  constructor(connection, shared) {
    super(connection, shared);
    this.#requests = shared.requests;
    this.#requestBytes = shared.requestBytes;
    this.#expected = shared.expected;
    this.#replyBytes = shared.replyBytes;
  }

  requests(_first, count) {
    return this.#requests.subarray(0, count * this.#requestBytes);
  }

  /** In messages, with the begun one's share. */
  get done() {
    return this.bytes / this.#replyBytes;
  }

  received(bytes, start, end) {
    const phase = this.bytes % this.#replyBytes;
    const length = end - start;
    if (bytes.compare(this.#expected, phase, phase + length, start, end) !== 0) throw new Error("a reply is wrong");
    const before = Math.floor(this.bytes / this.#replyBytes);
    this.bytes += length;
    const completed = Math.floor(this.bytes / this.#replyBytes) - before;
    if (completed > 0) this.completed(completed);
  }
}

/** Replies depend on the server's compressor: frames are counted, and one connection's are inflated and compared. */
class CompressedEcho extends EchoBase {
  done = 0;
  bytes = 0;
  #completed = 0;
  #reader;
  #inflate;
  #cycle;
  #inflated = 0;

  constructor(connection, shared, isSample) {
    super(connection, shared);
    this.#cycle = shared.cycle;
    this.#reader = new FrameReader((first, payload) => this.#frame(first, payload), isSample);
    if (isSample) this.#startInflating();
  }

  requests(first, count) {
    return this.#cycle.requests.slice(first, count);
  }

  received(bytes, start, end) {
    this.bytes += end - start;
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
    const { payloads } = this.#cycle;
    for (let at = 0; at < bytes.length; ) {
      const phase = this.#inflated % payloads.length;
      const length = Math.min(bytes.length - at, payloads.length - phase);
      if (bytes.compare(payloads, phase, phase + length, at, at + length) !== 0) this.fail("a reply is wrong");
      this.#inflated += length;
      at += length;
    }
  }
}
