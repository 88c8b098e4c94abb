// Measures one codec with one size of frames, alone in its process so that no other codec has shaped the compiled code:
// node --expose-gc --max-semi-space-size=64 codec-process.mjs JOB. Prints one line of JSON.

import { buildFrames, repeat } from "../load/frames.mjs";
import { median } from "../runner/statistics.mjs";

/**
 * @typedef {object} Codec
 * @property {(payload: (bytes: Uint8Array, start: number, end: number) => void) => (chunk: Uint8Array) => void} decoder
 * decodes masked frames as they come; tells each piece of payload
 * @property {(masked: boolean, written: (bytes: Uint8Array) => void) =>
 *   { send: (payload: Uint8Array) => void, flush: () => void }} [encoder] makes binary frames; may hold them until flushed
 * @property {boolean} [unframed] whether it looks for no frames
 */

const chunkBytes = 64 * 1024;
/** Together small enough for a cache near the core: in a server, too, what was just received is still there. */
const chunkCount = 16;
/** What is sent between two flushes, as one wake-up of a server would. */
const flushBytes = 64 * 1024;

const job = JSON.parse(process.argv[2]);
const { codec } = /** @type {{ codec: Codec }} */ (await import(`./codecs/${job.codec}.mjs`));
const { payload, request, reply } = buildFrames({ content: "binary", bytes: job.frameBytes, compression: "off" });

process.stdin.on("end", () => process.exit(1));
process.stdin.resume();

try {
  const result = { decode: measureDecoding() };
  if (codec.encoder) {
    result.encode = measureEncoding(false);
    result.encodeMasked = measureEncoding(true);
  }
  console.log(JSON.stringify({ result }));
} catch (error) {
  console.log(JSON.stringify({ result: { error: error.stack } }));
}
process.exit(0);

function measureDecoding() {
  const stream = repeat(request, chunkBytes * chunkCount);
  const chunks = Array.from({ length: chunkCount }, (_, at) =>
    Buffer.from(stream.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
  );
  if (!codec.unframed) checkDecoding(chunks.map((chunk) => Buffer.from(chunk)));

  // Unmasking in place turns the chunks into something else, which is as good as what they were for the next pass.
  let bytes = 0;
  const count = (_chunk, start, end) => {
    bytes += end - start;
  };
  // Each pass begins in the middle of nothing, so with a decoder of its own.
  const begin = () => {
    const feed = codec.decoder(count);
    return () => {
      for (let at = 0; at < chunkCount; at++) feed(chunks[at]);
    };
  };
  const speed = measureSpeed(
    () => begin()(),
    () => bytes,
  );
  return { ...speed, garbageBytesPerFrame: measureGarbage(begin, (chunkBytes * chunkCount) / request.length) };
}

/** The payloads of all whole frames, in order. */
function checkDecoding(chunks) {
  const expected = repeat(payload, payload.length + chunkBytes);
  let bytes = 0;
  const feed = codec.decoder((piece, start, end) => {
    // Payloads of more than a chunk come in one piece from those who join them.
    for (let at = start; at < end; ) {
      const phase = bytes % payload.length;
      const length = Math.min(end - at, expected.length - phase);
      if (expected.compare(piece, at, at + length, phase, phase + length) !== 0) throw new Error("decodes wrongly");
      bytes += length;
      at += length;
    }
  });
  for (const chunk of chunks) feed(chunk);
  const frames = Math.floor((chunkBytes * chunkCount) / request.length);
  if (bytes < frames * payload.length) throw new Error(`decodes ${bytes} bytes of ${frames * payload.length}`);
}

function measureEncoding(masked) {
  const frames = Math.max(1, Math.floor((chunkBytes * chunkCount) / payload.length));
  const framesPerFlush = Math.max(1, Math.floor(flushBytes / payload.length));
  let wire = 0;
  const { send, flush } = codec.encoder(masked, (bytes) => {
    wire += bytes.length;
  });
  const pass = () => {
    for (let at = 1; at <= frames; at++) {
      send(payload);
      if (at % framesPerFlush === 0) flush();
    }
    flush();
  };
  const before = wire;
  pass();
  const frameLength = codec.unframed ? payload.length : reply.length + (masked ? 4 : 0);
  if (wire - before !== frames * frameLength)
    throw new Error(`encodes ${wire - before} bytes, not ${frames * frameLength}`);
  const speed = measureSpeed(pass, () => wire * (payload.length / frameLength));
  return { ...speed, garbageBytesPerFrame: measureGarbage(() => pass, frames) };
}

/** Payload in GB/s, on this process's CPU clock: other processes on the machine do not count. */
function measureSpeed(pass, payloadBytes) {
  runFor(pass, job.warmupMs);
  const before = { bytes: payloadBytes(), cpu: cpuMicros() };
  runFor(pass, job.measureMs);
  return { gigabytesPerSecond: (payloadBytes() - before.bytes) / (cpuMicros() - before.cpu) / 1000 };
}

function runFor(pass, milliseconds) {
  const end = performance.now() + milliseconds;
  do pass();
  while (performance.now() < end);
}

function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What the heap has grown by, typed arrays' memory included, in a pass without a collection. */
function measureGarbage(begin, frames) {
  const samples = [];
  for (let round = 0; round < 15; round++) {
    const pass = begin();
    globalThis.gc();
    const before = allocated();
    pass();
    samples.push((allocated() - before) / frames);
  }
  // A collection in between makes a sample too small, work of the runtime's own too large.
  return median(samples);
}

function allocated() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
