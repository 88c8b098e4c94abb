import type { Duration } from "../vocabulary/time.ts";
import { type Conditions, DEFAULT_CONDITIONS } from "./conditions.ts";
import { Flow } from "./flow.ts";
import { ConnectionReset, LinkEnd } from "./link-end.ts";
import { SeededRandom } from "./randomness.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** One direction of a link. */
export type Direction = "toServer" | "toClient";

/** How a link behaves: in both directions, and where they differ. */
export interface LinkOptions extends Partial<Conditions> {
  readonly toServer?: Partial<Conditions> | undefined;
  readonly toClient?: Partial<Conditions> | undefined;
  /** What chance is drawn from: the same seed gives the same run. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * A TCP connection between two simulated computers, with a knife. Bytes are never altered, reordered or lost in the
 * middle, since TCP sees to that; everything else can happen to them.
 *
 * ```ts
 * const clock = new VirtualClock();
 * const link = new Link(clock, { latency: 40, toClient: { bytesPerMs: 100 } });
 * const driver = new Driver(link.client, link.client.clock); // and another one on link.server
 * link.cut("toClient"); // half-open: the server still hears the client
 * ```
 */
export class Link {
  readonly clock: VirtualClock;
  readonly client: LinkEnd;
  readonly server: LinkEnd;
  readonly #flows: Readonly<Record<Direction, Flow>>;

  constructor(clock: VirtualClock, options: LinkOptions = {}) {
    const { seed, toServer, toClient, ...both } = options;
    const random = new SeededRandom(seed ?? 0);
    const flow = (conditions: Partial<Conditions> | undefined): Flow =>
      new Flow(clock, random.fork(), { ...DEFAULT_CONDITIONS, ...both, ...conditions });
    this.clock = clock;
    this.#flows = { toServer: flow(toServer), toClient: flow(toClient) };
    this.client = new LinkEnd(clock, this.#flows.toServer, this.#flows.toClient);
    this.server = new LinkEnd(clock, this.#flows.toClient, this.#flows.toServer);
  }

  /** Changes how the link behaves from now on: for what is sent, and read, after this. */
  change(conditions: Partial<Conditions>, direction?: Direction): void {
    for (const flow of this.#affected(direction)) flow.conditions = { ...flow.conditions, ...conditions };
  }

  /** From now on nothing arrives, in one direction or both: no bytes, no end, no reset. Nobody is told. */
  cut(direction?: Direction): void {
    for (const flow of this.#affected(direction)) flow.block();
  }

  /** Undoes `cut`. What was sent meanwhile arrives, since TCP went on trying. */
  heal(direction?: Direction): void {
    for (const flow of this.#affected(direction)) flow.unblock();
  }

  /** Cuts the link for `duration` ms. */
  stall(duration: Duration, direction?: Direction): void {
    this.cut(direction);
    this.clock.arrival(this.clock.now() + duration, () => this.heal(direction));
  }

  /** Somebody in between resets the connection: both ends are told, and everything that was on its way is lost. */
  reset(): void {
    this.client.lose(new ConnectionReset());
    this.server.lose(new ConnectionReset());
  }

  /** Somebody in between ends one direction: the receiver sees its end, what the sender still sends goes nowhere. */
  end(direction: Direction): void {
    this.#flows[direction].sever();
  }

  /** Does `action` when `count` bytes since the beginning have been read in one direction; no chunk goes across it. */
  afterBytes(direction: Direction, count: number, action: () => void): void {
    this.#flows[direction].afterBytes(count, action);
  }

  /** How many bytes have been read in one direction. */
  deliveredBytes(direction: Direction): number {
    return this.#flows[direction].deliveredBytes;
  }

  #affected(direction: Direction | undefined): readonly Flow[] {
    return direction === undefined ? [this.#flows.toServer, this.#flows.toClient] : [this.#flows[direction]];
  }
}
