import { Driver, type EventConsumer } from "../driver/driver.ts";
import type { ConnectionEvent } from "../vocabulary/event.ts";
import type { Machine } from "../vocabulary/machine.ts";
import type { Duration, Instant } from "../vocabulary/time.ts";
import { type Direction, Link, type LinkOptions } from "./link.ts";
import type { LinkEnd } from "./link-end.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** How the bytes between two machines travel, and on which clock. */
export interface WireOptions extends LinkOptions {
  /** The clock to run on, for several wires in one world. Default: one of its own, at 0. */
  readonly clock?: VirtualClock | undefined;
}

/** A machine at one end of a wire, and what it told its application. */
export class WireEnd<Event> implements EventConsumer<Event> {
  /** The transport and the clock of this end. */
  readonly transport: LinkEnd;
  /** Every event so far. */
  readonly events: Event[] = [];
  /** Every piece that was written to the transport so far: one for each write effect. */
  readonly writes: Uint8Array[] = [];
  /** Called with each event as it comes, to answer it. */
  onEvent: ((event: Event) => void) | undefined = undefined;
  /** Whether the application takes events; without it the machine keeps them, and soon the peer cannot send. */
  wantsEvents = true;
  readonly #driver: Driver;

  constructor(transport: LinkEnd, machine: Machine<Event>) {
    this.transport = transport;
    transport.onWrite = (bytes) => this.writes.push(bytes.slice());
    this.#driver = new Driver(transport, transport.clock);
    this.#driver.run(machine, this);
  }

  /** Runs another machine from now on, such as the connection that a handshake has made. */
  run(machine: Machine<Event>): void {
    this.#driver.run(machine, this);
  }

  /** Performs what calls to the machine have asked for. `Wire` does it before it moves the clock. */
  pump(): void {
    this.#driver.pump();
  }

  handleEvent(event: Event): void {
    this.events.push(event);
    this.onEvent?.(event);
  }

  turnEnded(): void {}
  effectsPerformed(): void {}
  transportClosed(): void {}
}

/**
 * Two machines on a link, in virtual time.
 *
 * ```ts
 * const server = new Connection(0, { role: "server", random: countingRandom });
 * const client = new Connection(0, { role: "client", random: countingRandom });
 * const wire = new Wire({ client, server }, { latency: 40 });
 * wire.run(30_000); // half a minute passes
 * server.latency; // 80
 * wire.cut(); // no end, no reset: the network just stops
 * wire.run(60_000);
 * wire.server.events.at(-1); // { kind: "closed", code: 1006, cause: { kind: "ping-timeout" }, … }
 * ```
 */
export class Wire<ClientEvent = ConnectionEvent, ServerEvent = ConnectionEvent> {
  readonly clock: VirtualClock;
  readonly link: Link;
  readonly client: WireEnd<ClientEvent>;
  readonly server: WireEnd<ServerEvent>;

  /** The machines must have been made at the clock's present reading, which is 0 unless a clock is given. */
  constructor(
    machines: { readonly client: Machine<ClientEvent>; readonly server: Machine<ServerEvent> },
    options: WireOptions = {},
  ) {
    const { clock, ...linkOptions } = options;
    this.clock = clock ?? new VirtualClock();
    this.link = new Link(this.clock, linkOptions);
    this.client = new WireEnd(this.link.client, machines.client);
    this.server = new WireEnd(this.link.server, machines.server);
  }

  /** What the clock says. */
  get now(): Instant {
    return this.clock.now();
  }

  /** Lets `duration` ms pass. */
  run(duration: Duration): void {
    this.client.pump();
    this.server.pump();
    this.clock.advance(duration);
  }

  /** See `Link.cut`. */
  cut(direction?: Direction): void {
    this.link.cut(direction);
  }

  /** See `Link.heal`. */
  heal(direction?: Direction): void {
    this.link.heal(direction);
  }

  /** See `Link.stall`. */
  stall(duration: Duration, direction?: Direction): void {
    this.link.stall(duration, direction);
  }

  /** See `Link.reset`. */
  reset(): void {
    this.link.reset();
  }
}
