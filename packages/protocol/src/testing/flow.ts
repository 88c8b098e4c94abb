// One direction of a simulated TCP connection: what one end writes waits for the window, travels, and arrives where the
// other end reads it, or not. It knows nothing about closing: that takes both directions, and is for the ends.

import type { Instant } from "../vocabulary/time.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { Conditions } from "./conditions.ts";
import type { SeededRandom } from "./randomness.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What travels. An acknowledgement is about the bytes of the other direction. */
type Packet =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "reset"; readonly error: Error }
  | { readonly kind: "acknowledgement"; count: number };

interface Flying {
  readonly packet: Packet;
  readonly sentAt: Instant;
  at: Instant;
}

/** The end that sends. It is called from inside its own calls too. */
export interface FlowSender {
  /** Bytes left the queue. */
  drained(): void;
  /** The end left the queue. */
  endSent(): void;
}

/** The end that receives. It is called by the clock alone. */
export interface FlowReceiver {
  /** Whether it takes bytes at the moment. */
  readonly reads: boolean;
  received(bytes: Uint8Array): void;
  receivedEnd(): void;
  receivedReset(error: Error): void;
  /** This many bytes were read: to be confirmed to the sender. */
  read(count: number): void;
  /** Bytes of the other direction, which this end sent, were confirmed. */
  acknowledged(count: number): void;
}

interface Hook {
  readonly at: number;
  readonly action: () => void;
}

export class Flow {
  conditions: Conditions;
  /** Set by the ends, when they are made. */
  sender!: FlowSender;
  receiver!: FlowReceiver;
  /** Bytes that the receiver has read, since the beginning. */
  deliveredBytes = 0;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  // The sender.
  readonly #queue = new ByteQueue();
  #endQueued = false;
  /** Bytes that have left, and were not acknowledged. */
  #unacknowledged = 0;
  #transmitLater = false;
  /** Somebody in between has ended this direction: what is sent goes nowhere. */
  #severed = false;
  #dead = false;
  // The network.
  readonly #flying: Flying[] = [];
  #latestArrival: Instant = 0;
  #carriedUntil: Instant = 0;
  #blocked = false;
  #cancelArrival: (() => void) | undefined = undefined;
  // The receiver.
  readonly #unread = new ByteQueue();
  #refused = false;
  #endArrived = false;
  #endDelivered = false;
  #readAgainAt: Instant = 0;
  readonly #hooks: Hook[] = [];

  constructor(clock: VirtualClock, random: SeededRandom, conditions: Conditions) {
    this.#clock = clock;
    this.#random = random;
    this.conditions = conditions;
  }

  // ---- the sender ----

  /** Bytes that were written and that the network has not taken. */
  get queuedBytes(): number {
    return this.#queue.length;
  }

  write(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#transmit();
  }

  end(): void {
    this.#endQueued = true;
    this.#transmit();
  }

  /** Drops what is queued. The peer learns of it behind what has left already. */
  reset(error: Error): void {
    this.#queue.clear();
    this.#endQueued = false;
    this.#send({ kind: "reset", error });
    this.#dead = true;
  }

  /** Confirms bytes of the other direction to their sender. */
  sendAcknowledgement(count: number): void {
    const last = this.#flying.at(-1);
    if (last?.packet.kind === "acknowledgement" && last.sentAt === this.#clock.now()) last.packet.count += count;
    else this.#send({ kind: "acknowledgement", count });
  }

  /** Bytes of this direction were confirmed: there is room for more. */
  acknowledged(count: number): void {
    this.#unacknowledged -= count;
    this.#transmit();
  }

  // ---- the network ----

  /** Nothing arrives any more. TCP goes on trying, so nothing is lost either. */
  block(): void {
    this.#blocked = true;
    this.#watchArrivals();
  }

  /** What was held up arrives after one more latency. */
  unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    const earliest = this.#clock.now() + this.conditions.latency;
    for (const flying of this.#flying) flying.at = Math.max(flying.at, earliest);
    this.#latestArrival = Math.max(this.#latestArrival, earliest);
    this.#watchArrivals();
  }

  /** The direction ends here and now, although its sender has not ended it; what it still sends is lost. */
  sever(): void {
    this.#send({ kind: "end" });
    this.#severed = true;
    this.#transmit();
  }

  /** The sender is gone, and everything that is on its way is lost. */
  die(): void {
    this.#dead = true;
    this.#queue.clear();
    this.#flying.length = 0;
    this.#cancelArrival?.();
  }

  /** The receiver is gone: what is on its way to it goes nowhere, but its sender does not know. */
  refuse(): void {
    this.#refused = true;
    this.#unread.clear();
  }

  /** Calls `action` once the receiver has read `count` bytes since the beginning; chunks are cut there. */
  afterBytes(count: number, action: () => void): void {
    if (count <= this.deliveredBytes) {
      this.#clock.arrival(this.#clock.now(), action);
      return;
    }
    this.#hooks.push({ at: count, action });
    this.#hooks.sort((a, b) => a.at - b.at);
  }

  // ---- the receiver ----

  /** Bytes that have arrived and were not read. */
  get unreadBytes(): number {
    return this.#unread.length;
  }

  /** Has the receiver look, soon, whether there is something to read. */
  deliverSoon(): void {
    this.#clock.arrival(Math.max(this.#readAgainAt, this.#clock.now()), () => this.#deliver());
  }

  // ---- inside ----

  #transmit(): void {
    if (this.#dead) return;
    const before = this.#queue.length;
    const room = this.#severed ? before : this.conditions.windowBytes - this.#unacknowledged;
    let count = Math.min(before, Math.max(0, room));
    if (this.conditions.partialWrites && count > 1) {
      count = this.#random.integer(0, count);
      this.#transmitAfterwards();
    }
    if (count > 0) {
      const bytes = this.#queue.take(count);
      if (!this.#severed) {
        this.#unacknowledged += count;
        this.#send({ kind: "bytes", bytes });
      }
      this.sender.drained();
    }
    if (this.#endQueued && this.#queue.length === 0) {
      this.#endQueued = false;
      if (!this.#severed) this.#send({ kind: "end" });
      this.sender.endSent();
    }
  }

  #transmitAfterwards(): void {
    if (this.#transmitLater) return;
    this.#transmitLater = true;
    this.#clock.arrival(this.#clock.now() + 1, () => {
      this.#transmitLater = false;
      this.#transmit();
    });
  }

  #send(packet: Packet): void {
    if (this.#dead) return;
    const { latency, jitter, bytesPerMs } = this.conditions;
    const now = this.#clock.now();
    const bytes = packet.kind === "bytes" ? packet.bytes.length : 0;
    this.#carriedUntil = Math.max(this.#carriedUntil, now) + bytes / bytesPerMs;
    const arrival = this.#carriedUntil + latency + (jitter === 0 ? 0 : Math.floor(this.#random.fraction() * jitter));
    this.#latestArrival = Math.max(this.#latestArrival, arrival);
    this.#flying.push({ packet, sentAt: now, at: this.#latestArrival });
    if (this.#flying.length === 1) this.#watchArrivals();
  }

  #watchArrivals(): void {
    this.#cancelArrival?.();
    this.#cancelArrival = undefined;
    const first = this.#flying[0];
    if (first === undefined || this.#blocked) return;
    this.#cancelArrival = this.#clock.arrival(first.at, () => this.#arrive());
  }

  #arrive(): void {
    const now = this.#clock.now();
    for (let first = this.#flying[0]; first !== undefined && first.at <= now; first = this.#flying[0]) {
      this.#flying.shift();
      this.#take(first.packet);
    }
    this.#watchArrivals();
    this.#deliver();
  }

  #take(packet: Packet): void {
    switch (packet.kind) {
      case "bytes":
        if (!this.#refused) this.#unread.push(packet.bytes);
        break;
      case "end":
        this.#endArrived = true;
        break;
      case "reset":
        this.#deliver(); // what came before it, unless nobody reads
        this.receiver.receivedReset(packet.error);
        break;
      case "acknowledgement":
        this.receiver.acknowledged(packet.count);
        break;
    }
  }

  #deliver(): void {
    while (this.#unread.length > 0 && this.#mayRead) this.#deliverChunk();
    if (this.#unread.length === 0 && this.#endArrived && !this.#endDelivered && this.#mayRead) {
      this.#endDelivered = true;
      this.receiver.receivedEnd();
    }
  }

  get #mayRead(): boolean {
    return this.receiver.reads && this.#readAgainAt <= this.#clock.now();
  }

  #deliverChunk(): void {
    const { maxChunkBytes, randomChunks, readInterval } = this.conditions;
    const most = Math.min(maxChunkBytes, this.#unread.length);
    const untilHook = (this.#hooks[0]?.at ?? Number.POSITIVE_INFINITY) - this.deliveredBytes;
    const chunk = this.#unread.take(Math.min(untilHook, randomChunks ? this.#random.integer(1, most) : most));
    this.deliveredBytes += chunk.length;
    if (readInterval > 0) {
      this.#readAgainAt = this.#clock.now() + readInterval;
      this.deliverSoon();
    }
    this.receiver.read(chunk.length);
    this.receiver.received(chunk);
    while (this.#hooks[0] !== undefined && this.#hooks[0].at <= this.deliveredBytes) this.#hooks.shift()!.action();
  }
}
