// The only loop in the project: it moves bytes, events, effects and time between a machine and its three neighbours.

import type { Effect } from "../vocabulary/effect.ts";
import type { Machine } from "../vocabulary/machine.ts";
import type { Instant } from "../vocabulary/time.ts";
import { YIELD, type Yield } from "../vocabulary/yield.ts";
import type { Clock, Transport, TransportListener } from "./ports.ts";

/** Who takes the events. */
export interface EventConsumer<Event> {
  /** The machine runs from now on, and no event was taken yet: what is sent now goes out first. */
  started?(): void;
  /** Asked before each event; while it is `false` events stay in the machine, and soon the network pushes back. */
  readonly wantsEvents: boolean;
  handleEvent(event: Event): void;
  /** A turn of the program has ended: the code that an event set off has had its say. */
  turnEnded(): void;
  /** What was to be sent is with the transport; or the transport got rid of some of it. */
  effectsPerformed(): void;
  /** The transport is gone, and the machine has been told. */
  transportClosed(): void;
}

/** Runs one machine after another (a handshake, then a connection) on one transport. */
export class Driver implements TransportListener {
  readonly transport: Transport;
  readonly clock: Clock;
  /** What the runtime said when the transport failed. */
  transportError: unknown = undefined;
  /**
   * What the transport held when we last looked: after a write, at its word, and at the beginning of each pass. In
   * between it can only have become less.
   */
  transportBytes = 0;
  #machine: Machine<unknown> | undefined = undefined;
  #consumer: EventConsumer<unknown> | undefined = undefined;
  #pumping = false;
  #reading = true;
  #gone = false;
  #armedFor: Instant | undefined = undefined;
  #cancelAlarm: (() => void) | undefined = undefined;
  #turnTaskWaits = false;
  /** Doors whose machine wants others to have their turn: until a later one nothing is asked there. */
  #eventsYield = false;
  #effectsYield = false;
  #nextTurnWaits = false;

  constructor(transport: Transport, clock: Clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /**
   * Runs `machine` from now on. The one that ran before has its effects performed first; it is not told of anything
   * more. May be called while it handles an event.
   */
  run<Event>(machine: Machine<Event>, consumer: EventConsumer<Event>): void {
    const first = this.#machine === undefined;
    if (!first) this.#performEffects();
    this.#machine = machine;
    this.#consumer = consumer as EventConsumer<unknown>;
    if (first) this.transport.start(this);
    const inside = this.#pumping;
    this.#pumping = true;
    try {
      this.#consumer.started?.();
    } finally {
      this.#pumping = inside;
    }
    if (this.#gone) machine.handleTransportClosed(this.clock.now());
    this.pump();
  }

  /** Whether a call comes from inside the loop, so that its consequences are taken care of when it returns. */
  get pumping(): boolean {
    return this.#pumping;
  }

  // ---- the transport ----

  received(bytes: Uint8Array): void {
    this.#machine!.receive(this.clock.now(), bytes);
    this.pump();
  }

  receivedEnd(): void {
    this.#machine!.receiveEnd(this.clock.now());
    this.pump();
  }

  drained(): void {
    this.#machine!.handleTransportQueue(this.clock.now(), this.#lookAtTransport());
    this.pump();
  }

  closed(error: unknown): void {
    this.transportError = error;
    this.#gone = true;
    this.#machine!.handleTransportClosed(this.clock.now());
    this.#consumer!.transportClosed();
    this.pump();
  }

  get hasReleasedBytes(): boolean {
    return this.#machine!.hasReleasedBytes === true;
  }

  // ---- the loop ----

  /** Takes what events are wanted, performs what effects there are, and sets the alarm. Does nothing inside itself. */
  pump(): void {
    if (this.#pumping) return;
    this.#loop();
    if (this.#wantsInput()) this.#setReading(true);
    else if (this.#reading) this.endTurnSoon();
  }

  /**
   * Has the loop run once more when the present turn is over, so that everything that it sends goes out in one write,
   * and what nobody waits for is looked at. Reading stops only then: most code asks for more within the turn.
   */
  endTurnSoon(): void {
    if (this.#turnTaskWaits) return;
    this.#turnTaskWaits = true;
    // Made anew for each turn: kept, it would cost an idle connection a hundred bytes.
    this.clock.defer(() => {
      this.#turnTaskWaits = false;
      this.#consumer!.turnEnded();
      this.#loop();
      this.#setReading(this.#wantsInput());
    });
  }

  #loop(): void {
    this.#pumping = true;
    if (this.transportBytes > 0) this.#lookAtTransport();
    try {
      do {
        do this.#takeEvents();
        while (this.#performEffects());
        this.#consumer!.effectsPerformed();
      } while (this.#performEffects());
    } finally {
      this.#pumping = false;
    }
    this.#arm();
  }

  /** Takes what events are wanted, and leaves what they cause to the end of the turn. For an application that asks. */
  pull(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#takeEvents();
    } finally {
      this.#pumping = false;
    }
    this.endTurnSoon();
  }

  /** Hands what is to be sent to the transport, without looking for events. */
  flush(): void {
    this.#performEffects();
  }

  /** Whether what arrives would be looked at. */
  #wantsInput(): boolean {
    return !this.#eventsYield && this.#consumer!.wantsEvents;
  }

  #takeEvents(): void {
    while (this.#wantsInput()) {
      const event = this.#machine!.nextEvent();
      if (event === undefined) return;
      if (event === YIELD) {
        this.#eventsYield = true;
        this.#goOnNextTurn();
      } else this.#consumer!.handleEvent(event);
    }
  }

  #nextEffect(): Exclude<Effect, Yield> | undefined {
    if (this.#effectsYield) return undefined;
    const effect = this.#machine!.nextEffect();
    if (effect !== YIELD) return effect as Exclude<Effect, Yield> | undefined;
    this.#effectsYield = true;
    this.#goOnNextTurn();
    return undefined;
  }

  /** Others have their turn, and the network; then what has yielded is asked again. */
  #goOnNextTurn(): void {
    if (this.#nextTurnWaits) return;
    this.#nextTurnWaits = true;
    this.clock.alarm(this.clock.now(), () => {
      this.#nextTurnWaits = false;
      this.#eventsYield = false;
      this.#effectsYield = false;
      this.pump();
    });
  }

  #performEffects(): boolean {
    let effect = this.#nextEffect();
    if (effect === undefined) return false;
    while (effect !== undefined) {
      const next: Exclude<Effect, Yield> | undefined = this.#nextEffect();
      switch (effect.kind) {
        case "write":
          // What ends behind it is not worth being gathered with: it would cost more than it saves.
          this.transport.write(effect.bytes, next?.kind === "write");
          break;
        case "end":
          this.transport.end();
          break;
        case "destroy":
          this.transport.destroy();
          break;
      }
      effect = next;
    }
    this.#lookAtTransport();
    if (this.transport.hasReleasedBytes === true) this.#machine!.handleEffectsReleased?.();
    return true;
  }

  #lookAtTransport(): number {
    this.transportBytes = this.transport.queuedBytes;
    return this.transportBytes;
  }

  // A deadline that moves later keeps the alarm it has: waking early is harmless and sets it anew. Busy connections
  // touch no alarms at all.
  #arm(): void {
    const deadline = this.#machine!.deadline;
    if (deadline === undefined) {
      this.#cancelAlarm?.();
      this.#cancelAlarm = undefined;
      this.#armedFor = undefined;
    } else if (this.#armedFor === undefined || deadline < this.#armedFor) {
      this.#cancelAlarm?.();
      this.#armedFor = deadline;
      this.#cancelAlarm = this.clock.alarm(deadline, () => this.#wake());
    }
  }

  #wake(): void {
    this.#armedFor = undefined;
    this.#cancelAlarm = undefined;
    if (this.#eventsYield) {
      this.#arm(); // input wins over the clock: what is looked at in the next turn has arrived, a Pong perhaps
      return;
    }
    const now = this.clock.now();
    this.#machine!.handleTransportQueue(now, this.#lookAtTransport());
    this.#machine!.handleTimeout(now);
    this.pump();
  }

  #setReading(reading: boolean): void {
    if (reading === this.#reading || this.#gone) return;
    this.#reading = reading;
    const now = this.clock.now();
    if (reading) this.#machine!.receiveResumed(now);
    else this.#machine!.receivePaused(now);
    this.transport.setReading(reading);
    this.#arm(); // a deadline may stand still while we do not read
  }
}
