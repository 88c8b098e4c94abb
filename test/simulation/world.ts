// A seed, played: two applications on a link, faults as planned, and judges who look after every step. It uses the
// public API of the engine, the driver and the testing kit, nothing else.

import {
  type ClosedEvent,
  Connection,
  type FillRandom,
  type PermessageDeflateOptions,
  permessageDeflate,
} from "@sansock/protocol";
import {
  Acceptor,
  ConnectionClosed,
  Driver,
  dial,
  HandshakeFailed,
  HandshakeRefused,
  type Runtime,
  Session,
  type SessionCallbacks,
  type SessionObserver,
  SessionSettings,
} from "@sansock/protocol/driver";
import { Link, type LinkEnd, SeededRandom, VirtualClock } from "@sansock/protocol/testing";
import { Actor } from "./actor.ts";
import { type Application, Misbehaviour, makeApplication } from "./applications.ts";
import { Journal } from "./journal.ts";
import { Judge } from "./judge.ts";
import { Ledger } from "./ledger.ts";
import { Noise } from "./noise.ts";
import { drawPlan, type Fault, type Plan, SIDES, type Side } from "./plan.ts";
import { Wiretap } from "./wiretap.ts";

/** How a world ended, for statistics. */
export interface Outcome {
  readonly seed: number;
  /** How each side ended: the kind of its cause, or that it never opened. */
  readonly ends: Readonly<Record<Side, string>>;
  /** Messages and bytes that arrived as a whole. */
  readonly messages: number;
  readonly bytes: number;
  /** Frames that were written. */
  readonly frames: number;
  /** Instants at which something happened. */
  readonly steps: number;
  readonly virtualMs: number;
}

/** After its ending was due, a world gets this long to end by itself. */
const PATIENCE = 90_000;
/** What somebody finds who still refers to memory that was let go of. */
const spoil = (memory: ArrayBuffer): void => void structuredClone(memory, { transfer: [memory] });
/** Applications that are slow get this long to take what is left, once everything is healed or reset. */
const LAST_CHANCE = 7_200_000;
/** Promise reactions of these applications are no deeper. */
const MICROTASKS = 40;

/** Plays a seed. Throws `SimulationFailure`. */
export async function simulate(seed: number): Promise<Outcome> {
  return new World(drawPlan(seed, new SeededRandom(seed))).play();
}

/** One side of a world. */
export interface SideState {
  readonly side: Side;
  readonly end: LinkEnd;
  readonly actor: Actor;
  readonly application: Application;
  readonly wiretap: Wiretap;
  session: Session | undefined;
  /** Where the world has made it itself. */
  connection: Connection | undefined;
  /** Why there is no session, and will be none. */
  refused: unknown;
  opened: number;
  /** When it opened, in true time. */
  openedAt: number;
  closed: ClosedEvent[];
}

export class World {
  readonly plan: Plan;
  readonly clock: VirtualClock = new VirtualClock({ settle });
  readonly link: Link;
  readonly journal: Journal;
  readonly sides: Readonly<Record<Side, SideState>>;
  /** When the link was cut last. */
  cutAt: number | undefined = undefined;
  readonly #random: SeededRandom;
  readonly #judge: Judge;
  readonly #randomFails: Record<Side, boolean> = { client: false, server: false };
  #steps = 0;
  #overAt = 0;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#random = new SeededRandom(plan.seed ^ 0x5eed);
    const { both, toServer, toClient } = plan.link;
    this.link = new Link(this.clock, { ...both, toServer, toClient, seed: plan.seed });
    this.journal = new Journal(plan.seed, () => this.clock.now());
    const toServerLedger = new Ledger(this.journal, "server");
    const toClientLedger = new Ledger(this.journal, "client");
    this.sides = {
      client: this.#makeSide("client", toServerLedger, toClientLedger),
      server: this.#makeSide("server", toClientLedger, toServerLedger),
    };
    this.#judge = new Judge(this);
  }

  async play(): Promise<Outcome> {
    const { plan, clock } = this;
    this.#open();
    for (const { at, fault } of plan.faults) clock.arrival(at, () => this.#inflict(fault));
    if (plan.atByte !== undefined) {
      const { direction, count, what } = plan.atByte;
      this.link.afterBytes(direction, count, () => {
        this.journal.note("network", `${what} ${direction} after ${count} bytes`);
        if (what === "cut") this.cutAt = this.clock.now();
        if (what === "reset") this.link.reset();
        else this.link[what](direction);
      });
    }
    clock.arrival(plan.ending.at, () => this.#end());
    await this.#runUntilOver(plan.ending.at + PATIENCE);
    if (!this.#isOver) await this.#finish();
    this.#overAt = this.clock.now();
    await this.#quieten();
    this.#judge.judgeEnd();
    this.#check();
    return this.#outcome();
  }

  // ---- opening ----

  #makeSide(side: Side, outgoing: Ledger, incoming: Ledger): SideState {
    const end = this.link[side];
    const { journal, plan } = this;
    const random = this.#random.fork();
    const { maxMessageBytes } = plan.settings[side];
    if (typeof maxMessageBytes === "number") incoming.limit = maxMessageBytes;
    const actor = new Actor({ side, end, random, journal, outgoing, incoming, maxLength: plan.maxLength });
    const application = makeApplication(plan.applications[side], actor);
    const wiretap = new Wiretap(side, plan.handshake !== undefined, (what) => journal.fail(side, `wrote ${what}`));
    if (plan.noisy !== side) end.onWrite = (bytes) => wiretap.write(bytes);
    const none = { session: undefined, connection: undefined, refused: undefined };
    return { side, end, actor, application, wiretap, ...none, opened: 0, openedAt: 0, closed: [] };
  }

  #open(): void {
    const { plan, clock, journal } = this;
    if (plan.noisy !== undefined) {
      const noisy = plan.noisy;
      this.sides[noisy].refused = "noise";
      this.sides[noisy === "client" ? "server" : "client"].actor.incoming.giveUp();
      new Noise(noisy, this.link[noisy], this.#random.fork(), clock, journal);
    }
    for (const side of SIDES) {
      if (side === plan.noisy) continue;
      if (plan.handshake === undefined) this.#openDirectly(this.sides[side]);
      else if (side === "server") this.#accept(this.sides.server);
      else this.#dial(this.sides.client);
    }
  }

  #openDirectly(state: SideState): void {
    const { side, end } = state;
    const options = { ...this.#settingsOf(side), role: side, random: this.#randomOf(side), free: spoil };
    const connection = new Connection(end.clock.now(), options);
    const settings = new SessionSettings(options, this.#callbacksOf(state), this.#observerOf(state));
    state.connection = connection;
    new Session(connection, new Driver(end, end.clock), settings, undefined).start();
    state.application.start?.();
  }

  #accept(state: SideState): void {
    const { authorizeAfter, openTimeout } = this.plan.handshake!;
    const { actor, end } = state;
    const options = {
      ...this.#settingsOf("server"),
      extensions: this.#extensions(),
      openTimeout,
      authorize: authorizeAfter === 0 ? undefined : () => actor.sleep(authorizeAfter).then(() => undefined),
      onError: (error: unknown) => this.#misbehaved(state, error),
    };
    const serve = async (session: Session): Promise<void> => {
      state.application.start?.();
      await session.whenClosed();
    };
    const acceptor = new Acceptor(options as never, this.#callbacksOf(state) ?? (serve as never), {
      runtime: this.#runtimeOf(state),
      secure: undefined,
      handleHttp: (request: { reject(status: number): void }) => request.reject(426),
    } as never);
    acceptor.accept(end, { address: undefined, port: undefined, secure: false });
  }

  #dial(state: SideState): void {
    const { openTimeout } = this.plan.handshake!;
    const options = {
      ...this.#settingsOf("client"),
      extensions: this.#extensions(),
      openTimeout,
      onError: (error: unknown) => this.#misbehaved(state, error),
    };
    const opening = dial("ws://simulated.test/", options, this.#callbacksOf(state), this.#runtimeOf(state), () => ({
      transport: Promise.resolve(state.end),
      abandon: () => state.end.destroy(),
    }));
    opening.then(
      () => state.application.start?.(),
      (error: unknown) => {
        this.journal.note("client", `did not open: ${error}`);
        state.refused = error;
        if (state.opened > 0) this.journal.fail("client", "opened, and did not open");
        if (!(error instanceof HandshakeFailed || error instanceof HandshakeRefused)) {
          this.journal.fail("client", `opening failed with ${error}`, error);
        }
      },
    );
  }

  #runtimeOf(state: SideState): Runtime {
    const { failed: _failed, ...observer } = this.#observerOf(state);
    return {
      clock: state.end.clock,
      random: this.#randomOf(state.side),
      free: spoil,
      observer,
      reportError: (error) => this.journal.fail(state.side, `reported ${error}`, error),
    };
  }

  #extensions(): ReturnType<typeof permessageDeflate>[] {
    if (!this.plan.handshake!.compress) return [];
    const options: PermessageDeflateOptions = { thresholdBytes: this.#random.pick([0, 100]) };
    return [permessageDeflate(options)];
  }

  #settingsOf(side: Side): Plan["settings"][Side] {
    const isPiecewise = this.plan.applications[side] === "piecewise reader";
    return { ...this.plan.settings[side], delivery: isPiecewise ? "fragments" : "messages" };
  }

  #randomOf(side: Side): FillRandom {
    const random = this.#random.fork();
    return (target) => {
      if (this.#randomFails[side]) throw new Error("no entropy");
      random.fill(target);
    };
  }

  #callbacksOf(state: SideState): SessionCallbacks | undefined {
    const { callbacks } = state.application;
    if (callbacks === undefined) return undefined;
    const watched: Record<string, unknown> = {};
    for (const [name, callback] of Object.entries(callbacks) as [string, (...all: unknown[]) => unknown][]) {
      watched[name] = (...all: unknown[]): unknown => {
        if (state.closed.length > 0 && name !== "close") this.journal.fail(state.side, `${name} behind the end`);
        if (state.opened === 0) this.journal.fail(state.side, `${name} before the beginning`);
        return callback.apply(callbacks, all);
      };
    }
    return watched as SessionCallbacks;
  }

  #observerOf(state: SideState): SessionObserver {
    const { side, actor } = state;
    return {
      opened: (session) => {
        this.journal.note(side, "is open");
        state.opened++;
        state.openedAt = this.clock.now();
        state.session = session;
        actor.session = session;
      },
      closed: (_session, event) => {
        this.journal.note(side, `is closed: ${event.cause.kind} ${event.code}`);
        state.closed.push(event);
      },
      ping: () => this.#judge.observed(state, "a ping"),
      pong: (_session, _payload, latency) => this.#judge.ponged(state, latency),
      failed: (_session, error) => this.#misbehaved(state, error),
    };
  }

  #misbehaved({ side, actor, closed }: SideState, error: unknown): void {
    if (error instanceof Misbehaviour && actor.failed) return;
    // What the callback returned rejected because the connection has ended, as it then must have.
    if (error instanceof ConnectionClosed && closed.length > 0) return;
    this.journal.fail(side, `its application failed with ${error}`, error);
  }

  // ---- what goes on ----

  #inflict(fault: Fault): void {
    const { link, clock, journal } = this;
    journal.note("network", JSON.stringify(fault));
    const later = (duration: number, what: () => void): void => void clock.arrival(clock.now() + duration, what);
    switch (fault.kind) {
      case "cut":
        this.cutAt = clock.now();
        link.cut(fault.direction);
        if (fault.healAfter !== undefined) later(fault.healAfter, () => link.heal(fault.direction));
        break;
      case "reset":
        link.reset();
        break;
      case "end":
        link.end(fault.direction);
        break;
      case "change":
        link.change(fault.conditions, fault.direction);
        break;
      case "zero window":
        link.change({ windowBytes: 0 }, fault.direction);
        later(fault.duration, () => link.change({ windowBytes: 65_536 }, fault.direction));
        break;
      case "fail writes":
        link[fault.side].failWrites(new Error("EPIPE"));
        break;
      case "suspend":
        link[fault.side].suspend(fault.duration);
        break;
      case "oversleep":
        link[fault.side].clock.oversleep(fault.by);
        break;
      case "step":
        link[fault.side].clock.step(fault.by);
        break;
      case "freeze":
        link[fault.side].clock.freeze();
        later(fault.duration, () => link[fault.side].clock.thaw());
        break;
      case "fail randomness":
        this.#randomFails[fault.side] = true;
        break;
    }
  }

  #end(): void {
    const { ending } = this.plan;
    for (const side of SIDES) {
      const { session, actor } = this.sides[side];
      if (session === undefined || (ending.side !== "both" && ending.side !== side)) continue;
      actor.close(ending.how, ending.code);
    }
  }

  /** Nothing has ended it, so everything is made well again, and then reset. */
  async #finish(): Promise<void> {
    this.journal.note("network", "everything is made well, and reset");
    this.link.heal();
    for (const side of SIDES) {
      this.link[side].resume();
      this.link[side].clock.thaw();
      this.link[side].clock.oversleep(0);
    }
    this.link.reset();
    for (const side of SIDES) void this.sides[side].session?.closed;
    await this.#runUntilOver(this.clock.now() + LAST_CHANCE);
  }

  /** Applications take what is left and end, and so does everything else. */
  async #quieten(): Promise<void> {
    await this.clock.run(LAST_CHANCE);
    for (const side of SIDES) {
      const { actor } = this.sides[side];
      if (actor.running > 0) this.journal.fail(side, "its application still runs");
      for (const what of actor.unsettled.values()) this.journal.fail(side, `a promise never settled: ${what}`);
    }
    if (this.clock.pending > 0)
      this.journal.fail("world", `${this.clock.pending} alarms are left, at ${this.clock.next}`);
  }

  // ---- steps ----

  get #isOver(): boolean {
    return SIDES.every((side) => {
      const { closed, refused, session } = this.sides[side];
      return closed.length > 0 || refused !== undefined || (session === undefined && this.link[side].isClosed);
    });
  }

  async #runUntilOver(deadline: number): Promise<void> {
    const { clock } = this;
    while (!this.#isOver) {
      await clock.run(0);
      this.#check();
      const { next } = clock;
      if (next === undefined || next > deadline) return;
      await clock.run(next - clock.now());
      this.#steps++;
      this.#check();
    }
  }

  #check(): void {
    this.#judge.judgeStep();
    if (this.journal.failure !== undefined) throw this.journal.failure;
  }

  #outcome(): Outcome {
    const { client, server } = this.sides;
    const endOf = ({ closed, refused }: SideState): string =>
      closed[0]?.cause.kind ?? (refused === "noise" ? "noise" : "never opened");
    return {
      seed: this.plan.seed,
      ends: { client: endOf(client), server: endOf(server) },
      messages: client.actor.incoming.received + server.actor.incoming.received,
      bytes: client.actor.incoming.receivedBytes + server.actor.incoming.receivedBytes,
      frames: client.wiretap.frames + server.wiretap.frames,
      steps: this.#steps,
      virtualMs: Math.round(this.#overAt),
    };
  }
}

async function settle(): Promise<void> {
  for (let count = 0; count < MICROTASKS; count++) await undefined;
}
