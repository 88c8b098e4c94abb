import type { Transport, TransportListener } from "../driver/ports.ts";
import type { Flow } from "./flow.ts";
import { LocalClock } from "./local-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What a transport reports when the connection was reset. */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset";
  /** As runtimes call it. */
  readonly code = "ECONNRESET";

  constructor() {
    super("the connection was reset");
  }
}

/**
 * One end of a link: the `Transport` and the `Clock` of one computer. It keeps the contract of `Transport` to the letter,
 * and throws when its user breaks it by writing behind the end.
 */
export class LinkEnd implements Transport {
  /** The clock of this computer, which may be made to go wrong. */
  readonly clock: LocalClock;
  /** Called with each piece that is written, before it is sent; not to be kept or changed. */
  onWrite: ((bytes: Uint8Array) => void) | undefined = undefined;
  readonly #world: VirtualClock;
  readonly #outgoing: Flow;
  readonly #incoming: Flow;
  #listener: TransportListener | undefined = undefined;
  #reading = true;
  #suspended = false;
  #writeError: Error | undefined = undefined;
  #drainPending = false;
  #endWritten = false;
  #endSent = false;
  #endReceived = false;
  #destroyed = false;
  /** The connection is gone; the listener may not know yet. */
  #gone: { readonly error: Error | undefined } | undefined = undefined;
  #closedTold = false;

  constructor(world: VirtualClock, outgoing: Flow, incoming: Flow) {
    this.clock = new LocalClock(world);
    this.#world = world;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    outgoing.sender = {
      drained: () => this.#drained(),
      endSent: () => {
        this.#endSent = true;
        this.#checkEnds();
      },
    };
    const reads = (): boolean => this.reads;
    incoming.receiver = {
      get reads() {
        return reads();
      },
      received: (bytes) => this.#received(bytes),
      receivedEnd: () => {
        this.#endReceived = true;
        this.#listener?.receivedEnd();
        this.#checkEnds();
      },
      receivedReset: (error) => this.lose(error),
      read: (count) => outgoing.sendAcknowledgement(count),
      acknowledged: (count) => outgoing.acknowledged(count),
    };
  }

  // ---- the transport ----

  start(listener: TransportListener): void {
    this.#listener = listener;
    this.#catchUp();
  }

  write(bytes: Uint8Array): void {
    if (this.#endWritten) throw new Error("a transport was written to behind its end");
    if (this.#destroyed) throw new Error("a transport was written to after it was destroyed");
    this.onWrite?.(bytes);
    if (this.#gone !== undefined) return;
    if (this.#writeError !== undefined) {
      this.#drop(this.#writeError);
    } else {
      this.#outgoing.write(bytes);
    }
  }

  end(): void {
    if (this.#endWritten || this.#gone !== undefined) return;
    this.#endWritten = true;
    this.#outgoing.end();
  }

  destroy(): void {
    this.#destroyed = true;
    if (this.#gone === undefined) this.#drop(undefined);
  }

  setReading(reading: boolean): void {
    this.#reading = reading;
    if (reading) this.#incoming.deliverSoon();
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes;
  }

  /** The network copies what it takes. */
  get hasReleasedBytes(): boolean {
    return this.#outgoing.queuedBytes === 0;
  }

  // ---- the simulation ----

  /** Whether it takes bytes from the network at the moment. */
  get reads(): boolean {
    return this.#reading && this.#listener !== undefined && !this.#suspended && this.#gone === undefined;
  }

  /** Bytes that have arrived and were not read. */
  get unreadBytes(): number {
    return this.#incoming.unreadBytes;
  }

  /** Whether the listener was told that the connection is gone. */
  get isClosed(): boolean {
    return this.#closedTold;
  }

  /**
   * Nothing runs on this computer until `resume()`, or for `duration` ms: no alarm rings, nothing is read. Then alarms
   * come first, as they do in most event loops, and what has arrived after them.
   */
  suspend(duration?: number): void {
    this.#suspended = true;
    this.clock.suspend();
    if (duration !== undefined) this.#world.arrival(this.#world.now() + duration, () => this.resume());
  }

  resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.clock.resume();
    this.#catchUp();
  }

  /** The next write fails with `error`, which takes the connection with it. */
  failWrites(error: Error): void {
    this.#writeError = error;
  }

  /** The connection is gone, by what happened elsewhere: what is on its way from here and to here is lost. */
  lose(error: Error): void {
    this.#outgoing.die();
    this.#incoming.refuse();
    this.#finish(error);
  }

  // ---- inside ----

  /** The connection is gone, by what happened here: the peer learns of it behind what has left already. */
  #drop(error: Error | undefined): void {
    this.#outgoing.reset(new ConnectionReset());
    this.#incoming.refuse();
    this.#finish(error);
  }

  /** Whoever says that he has released bytes, and has not, finds garbage in their place; unless their memory is gone. */
  #received(bytes: Uint8Array): void {
    this.#listener?.received(bytes);
    if (this.#listener?.hasReleasedBytes === true && bytes.length > 0) bytes.fill(0xee);
  }

  #checkEnds(): void {
    if (this.#endSent && this.#endReceived) this.#finish(undefined);
  }

  #finish(error: Error | undefined): void {
    if (this.#gone !== undefined) return;
    this.#gone = { error };
    this.#tellClosedSoon();
  }

  #drained(): void {
    if (this.#drainPending) return;
    this.#drainPending = true;
    this.#tellDrainedSoon();
  }

  #tellDrainedSoon(): void {
    this.#soon(() => {
      if (!this.#drainPending || this.#gone !== undefined) return;
      this.#drainPending = false;
      this.#listener?.drained();
    });
  }

  #tellClosedSoon(): void {
    this.#soon(() => {
      if (this.#closedTold || this.#listener === undefined) return;
      this.#closedTold = true;
      this.#listener.closed(this.#gone?.error);
    });
  }

  /** Not inside the present call, and not while nothing runs here. */
  #soon(task: () => void): void {
    this.#world.arrival(this.#world.now(), () => {
      if (!this.#suspended) task();
    });
  }

  /** What happened while nobody could be told. */
  #catchUp(): void {
    this.#incoming.deliverSoon();
    if (this.#drainPending) this.#tellDrainedSoon();
    if (this.#gone !== undefined) this.#tellClosedSoon();
  }
}
