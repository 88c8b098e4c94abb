// One measurement, alone in its process: node --expose-gc measure.mjs JOB. Prints one line of JSON.

import { deflateRawSync } from "node:zlib";
import { contenders } from "./contenders.mjs";
import { longText, smallJson } from "./corpus.mjs";

/** How many connections have a call under way at once, where calls answer later: as many as on a busy server. */
const CONCURRENCY = 50;

const job = JSON.parse(process.argv[2]);
const measurements = { connections: measureConnections, large: measureLarge, bombs: measureBombs };
console.log(JSON.stringify(await measurements[job.kind]()));
process.exit(0);

/** Small messages over many connections: CPU for each message, memory for each connection. */
async function measureConnections() {
  const { connections: count, messagesEach } = job;
  const open = await contenders[job.contender](job);
  const messages = smallJson(3_001);
  await run([open()], messages, 40_000); // the code is compiled, the heap as large as one busy connection makes it
  const before = memory();
  const connections = Array.from({ length: count }, open);
  // Not all of it is measured: first the windows fill.
  const half = (count * messagesEach) / 2;
  await run(connections, messages, half);
  const result = await run(connections, messages, half, half);
  const after = memory();
  const perConnection = (name) => Math.max(0, after[name] - before[name]) / connections.length;
  return { ...result, rssBytes: perConnection("rss"), trackedBytes: perConnection("tracked") };
}

/** Deflates so many messages and inflates them again, on all connections in turn. CPU time is that of all threads. */
async function run(connections, messages, total, offset = 0) {
  let given = 0;
  let taken = 0;
  let next = offset;
  const cpu = { deflate: 0, inflate: 0 };
  const payloads = new Map();
  const inBatches = async (count, phase, one) => {
    const startCpu = process.cpuUsage();
    const pending = [];
    for (let at = 0; at < count; at++) {
      const result = one(at);
      if (result instanceof Promise) {
        pending.push(result);
        if (pending.length === Math.min(CONCURRENCY, connections.length)) await Promise.all(pending.splice(0));
      }
    }
    await Promise.all(pending);
    const { user, system } = process.cpuUsage(startCpu);
    cpu[phase] += user + system;
  };
  const batch = 500;
  for (let done = 0; done < total; done += batch) {
    const size = Math.min(batch, total - done);
    const first = next;
    next += size;
    const messageAt = (at) => messages[(first + at) % messages.length];
    const connectionAt = (at) => connections[(first + at) % connections.length];
    await inBatches(size, "deflate", (at) => {
      const message = messageAt(at);
      given += message.length;
      const payload = connectionAt(at).deflate(message);
      if (!(payload instanceof Promise)) return void payloads.set(at, payload);
      return payload.then((bytes) => payloads.set(at, bytes));
    });
    for (let at = 0; at < size; at++) taken += payloads.get(at).length;
    await inBatches(size, "inflate", (at) => {
      const check = (length) => {
        if (length !== messageAt(at).length) throw new Error(`inflated ${length} bytes of ${messageAt(at).length}`);
      };
      const length = connectionAt(at).inflate(payloads.get(at));
      if (!(length instanceof Promise)) return check(length);
      return length.then(check);
    });
    payloads.clear();
  }
  return {
    bytes: given / total,
    ratio: taken / given,
    deflateCpu: cpu.deflate / total,
    inflateCpu: cpu.inflate / total,
  };
}

/** Long messages on one connection. */
async function measureLarge() {
  const { messageBytes } = job;
  const open = await contenders[job.contender](job);
  const text = longText(2 << 20);
  const messages = [];
  for (let at = 0; at + messageBytes <= text.length; at += messageBytes)
    messages.push(text.subarray(at, at + messageBytes));
  await run([open()], messages, Math.ceil((4 << 20) / messageBytes));
  const result = await run([open()], messages, Math.ceil((8 << 20) / messageBytes));
  const speed = (microseconds) => messageBytes / microseconds; // MB/s
  return {
    ratio: result.ratio,
    deflateSpeed: speed(result.deflateCpu),
    inflateSpeed: speed(result.inflateCpu),
  };
}

/** Ten thousand bombs, each found out at 1 MiB: time for each, and what is left. */
async function measureBombs() {
  const { portableDeflate } = await import(process.env.SANSOCK_DEFLATE);
  const codec = portableDeflate();
  const bomb = deflateRawSync(Buffer.alloc(64 << 20), { level: 9 });
  const limit = 1 << 20;
  const explode = (count) => {
    let most = 0;
    let produced = 0;
    const start = performance.now();
    for (let at = 0; at < count; at++) {
      const inflater = codec.createInflater({ windowBits: 15 });
      inflater.push(bomb);
      let made = 0;
      while (made <= limit) made += inflater.pull(32 * 1024).length;
      produced = Math.max(produced, made);
      most = Math.max(most, process.memoryUsage.rss());
    }
    return { ms: (performance.now() - start) / count, produced, most };
  };
  explode(1_000);
  const before = memory();
  const { ms, produced, most } = explode(10_000);
  const after = memory();
  return { ms, produced, heldBytes: after.tracked - before.tracked, peakBytes: most - before.rss };
}

function memory() {
  for (let count = 0; count < 5; count++) global.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, tracked: heapUsed + external };
}
