// Keepalive for many connections in virtual time: sessions of @sansock/protocol on their own driver and alarms, over
// transports that do nothing but answer Pings after a while. node --expose-gc virtual-time.mjs JOB; prints a line of JSON.
//
// What is measured is everything that keepalive costs but the system calls: alarms, Pings, Pongs, round trips, deadlines.

import { randomFillSync } from "node:crypto";
import { Connection, ConnectionSettings } from "@sansock/protocol";
import { Alarms, Driver, Session, SessionSettings } from "@sansock/protocol/driver";

const roundTrip = 40;
const job = JSON.parse(process.argv[2]);

process.stdin.on("end", () => process.exit(1));
process.stdin.resume();

/** The time, one alarm, and the Pongs under way: all that happens happens in `runUntil`. */
class VirtualHost {
  time = 0;
  pongs = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #wake = () => {};
  // In the order of arrival, as every Pong takes equally long.
  #travelling = [];
  #first = 0;
  #deferred = [];
  #alarms = new Alarms({
    now: () => this.time,
    set: (delay, wake) => {
      this.#dueAt = this.time + delay;
      this.#wake = wake;
    },
    clear: () => {
      this.#dueAt = Number.POSITIVE_INFINITY;
    },
  });

  clock = {
    now: () => this.time,
    alarm: (at, wake) => this.#alarms.set(at, wake),
    defer: (task) => void this.#deferred.push(task),
  };

  travel(transport, pong) {
    this.#travelling.push({ at: this.time + roundTrip, transport, pong });
  }

  runUntil(end) {
    for (;;) {
      const pongAt = this.#travelling[this.#first]?.at ?? Number.POSITIVE_INFINITY;
      const next = Math.min(this.#dueAt, pongAt);
      if (next > end) break;
      this.time = next;
      if (pongAt <= next) this.#arrive();
      else {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#wake();
      }
      for (const task of this.#deferred.splice(0)) task();
    }
    this.time = end;
  }

  #arrive() {
    const { transport, pong } = this.#travelling[this.#first++];
    if (this.#first === 4096) {
      this.#travelling.splice(0, this.#first);
      this.#first = 0;
    }
    this.pongs++;
    transport.listener.received(pong);
  }
}

/** Takes what a server writes, which can only be Pings, and has them answered. */
class AnsweringTransport {
  listener;
  queuedBytes = 0;
  #host;

  constructor(host) {
    this.#host = host;
  }

  start(listener) {
    this.listener = listener;
  }

  write(bytes) {
    if (bytes[0] !== 0x89) throw new Error("not a Ping");
    const pong = new Uint8Array(bytes.length + 4);
    pong[0] = 0x8a;
    pong[1] = 0x80 | bytes[1];
    pong.set(bytes.subarray(2), 6); // behind a key of zeros
    this.#host.travel(this, pong);
  }

  end() {}
  destroy() {}
  setReading() {}
}

function measure({ connections, intervals, pingInterval }) {
  const host = new VirtualHost();
  const random = (target) => void randomFillSync(target);
  const settings = new ConnectionSettings({ role: "server", random, pingInterval });
  const sessionSettings = new SessionSettings({}, { message() {} }, { failed() {} });
  const sessions = [];
  const heapBefore = heapBytes();
  for (let at = 0; at < connections; at++) {
    host.runUntil((at * 20_000) / connections); // they come one after another, as they do
    const connection = new Connection(host.time, settings);
    const driver = new Driver(new AnsweringTransport(host), host.clock);
    const session = new Session(connection, driver, sessionSettings, undefined);
    session.start();
    sessions.push(session);
  }
  // Two rounds for the compiler; then it counts.
  host.runUntil(60_000);
  const bytesPerConnection = (heapBytes() - heapBefore) / connections;
  const pongsBefore = host.pongs;
  const before = process.cpuUsage();
  host.runUntil(60_000 + intervals * 20_000);
  const { user, system } = process.cpuUsage(before);
  const pings = host.pongs - pongsBefore;
  const dead = sessions.filter(({ state }) => state !== "open").length;
  if (dead > 0) throw new Error(`${dead} connections were given up`);
  return { connections, pings, bytesPerConnection, cpuMicrosPerPing: pings === 0 ? 0 : (user + system) / pings };
}

function heapBytes() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

try {
  const result = measure({ ...job, pingInterval: 20_000 });
  const without = measure({ ...job, intervals: 0, pingInterval: null });
  result.bytesOfKeepalive = result.bytesPerConnection - without.bytesPerConnection;
  if (result.pings !== job.connections * job.intervals) throw new Error(`${result.pings} pings were answered`);
  console.log(JSON.stringify({ result }));
} catch (error) {
  console.log(JSON.stringify({ result: { error: error.stack } }));
}
process.exit(0);
