// The invariants of a world, and what must be true at its end.

import type { ClosedEvent } from "@sansock/protocol";
import { isCalm, type Plan, SIDES, type Side } from "./plan.ts";
import type { SideState, World } from "./world.ts";

const CLOCK_FAULTS = ["suspend", "oversleep", "step", "freeze"];
const STATES = ["open", "closing", "closed"];
/** Timers round up, and a late or unread input gets one more read pass. */
const SLACK = 5;
/** Timers are as late as this without a reason. */
const IN_TIME = 2;
/** So few bytes hold too few messages to fill what is read ahead. */
const LITTLE = 1500;
/** What the engine may hold beside a message: two chunks, and the first segments of what it collects. */
const RETAINED_BESIDE = 3 * 65_536;

/** What is known about a side from the steps before. */
interface Memory {
  state: number;
  /** When its clock was first seen with it closing. */
  closingSince: number | undefined;
}

export class Judge {
  readonly #world: World;
  readonly #memory: Record<Side, Memory> = {
    client: { state: 0, closingSince: undefined },
    server: { state: 0, closingSince: undefined },
  };

  constructor(world: World) {
    this.#world = world;
  }

  /** Something was told to an observer. */
  observed({ side, closed, opened }: SideState, what: string): void {
    if (closed.length > 0 || opened === 0)
      this.#world.journal.fail(side, `${what} before the beginning, or behind the end`);
  }

  /** A Pong has come; `latency` if it matches a Ping. */
  ponged(state: SideState, latency: number | undefined): void {
    this.observed(state, "a pong");
    if (latency !== undefined && !(latency >= 0)) this.#fail(state.side, `a round trip of ${latency}`);
    const { plan } = this.#world;
    const other = state.side === "client" ? "server" : "client";
    const mayBeUnsolicited = plan.noisy !== undefined || plan.applications[other] === "re-entrant";
    if (latency === undefined && !mayBeUnsolicited) this.#fail(state.side, "a Pong that answers nothing");
  }

  /** After every step. */
  judgeStep(): void {
    for (const side of SIDES) {
      const state = this.#world.sides[side];
      if (state.opened > 1 || state.closed.length > 1) this.#fail(side, "opened or closed twice");
      if (state.session === undefined) continue;
      this.#judgeStates(state);
      this.#judgeMemory(state);
      if (!hasTrueClock(this.#world.plan, side)) continue;
      this.#judgeTime(state);
      this.#judgeHeartbeat(state);
    }
  }

  /** When everything is over. */
  judgeEnd(): void {
    const { client, server } = this.#world.sides;
    for (const one of [client, server]) {
      if (one.session !== undefined && one.closed.length !== 1)
        this.#fail(one.side, `closed ${one.closed.length} times`);
      if (one.session !== undefined && one.session.state !== "closed") this.#fail(one.side, `is ${one.session.state}`);
      if (one.closed[0]?.clean) one.wiretap.end();
    }
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      const [event, another] = [one.closed[0], other.closed[0]];
      if (event === undefined || another === undefined) continue;
      this.#judgeAgreement(one, event, other, another);
      this.#judgeDelivery(one, other, another);
    }
    if (client.closed[0] !== undefined && server.closed[0] !== undefined) this.#judgeCalm();
    this.#judgeSleeper();
  }

  #judgeStates({ side, session }: SideState): void {
    const memory = this.#memory[side];
    const state = STATES.indexOf(session!.state);
    if (state < memory.state) this.#fail(side, `was ${STATES[memory.state]}, and is ${session!.state}`);
    memory.state = state;
  }

  #judgeMemory({ side, session, connection }: SideState): void {
    const { plan } = this.#world;
    const { maxQueuedBytes, maxMessageBytes } = plan.settings[side];
    const largest = plan.maxLength * 4 + 1000;
    const limit = maxMessageBytes ?? largest;
    if (typeof maxQueuedBytes === "number") {
      const answers = 2 * (plan.settings[side].highWaterBytes ?? 0);
      const most = maxQueuedBytes + largest + answers + 10_000;
      if (session!.queuedBytes > most) this.#fail(side, `${session!.queuedBytes} bytes are queued`);
    }
    const retained = connection?.retainedBytes ?? 0;
    const most = limit * 1.1 + RETAINED_BESIDE;
    if (retained > most) this.#fail(side, `${retained} bytes are retained, of which ${most} would do`);
  }

  #judgeTime(state: SideState): void {
    const { side, session, end, actor } = state;
    const { plan } = this.#world;
    const isIdle = session!.state === "open" && session!.queuedBytes === 0;
    if (isIdle && [...actor.unsettled.values()].includes("send")) this.#fail(side, "waits for room, and there is room");
    const now = end.clock.now();
    const timer = session!.timer;
    if (timer !== undefined && timer.at <= now) this.#fail(side, `waits for ${timer.name} since ${timer.at}`);
    this.#judgeReading(state);
    const memory = this.#memory[side];
    if (session!.state === "open") return;
    memory.closingSince ??= now;
    const { closeTimeout } = plan.settings[side];
    if (session!.state !== "closing" || typeof closeTimeout !== "number") return;
    const overdue = now - memory.closingSince - closeTimeout;
    if (overdue > SLACK) this.#fail(side, `has been closing for ${overdue} ms too long`);
  }

  /** What has arrived is read, if somebody waits for it, or if so little was read before that there must be room. */
  #judgeReading({ side, session, end, actor }: SideState): void {
    const { plan, link } = this.#world;
    const { highWaterBytes, readAheadBytes } = plan.settings[side];
    if (session!.state !== "open" || end.unreadBytes === 0 || plan.isReadSlowly) return;
    // Pongs may pile up behind what waits to be sent, and applications may pause.
    if (plan.noisy !== undefined || highWaterBytes! < 65_536 || plan.applications[side] === "pauser") return;
    const readBefore = link.deliveredBytes(side === "client" ? "toClient" : "toServer");
    const isRoom = readAheadBytes! >= 65_536 && readBefore <= LITTLE;
    if (actor.waiting > 0) this.#fail(side, `waits for a message, and ${end.unreadBytes} bytes lie unread`);
    else if (isRoom) this.#fail(side, `has read ${readBefore} bytes, and leaves ${end.unreadBytes} unread`);
  }

  /** A heartbeat notices that a link was cut for good. */
  #judgeHeartbeat({ side, session, openedAt }: SideState): void {
    const { plan, cutAt, clock } = this.#world;
    const { pingInterval, pingTimeout, liveness, pausedReading } = plan.settings[side];
    if (cutAt === undefined || session!.state !== "open" || !isCutForGood(plan)) return;
    if (typeof pingInterval !== "number" || typeof pingTimeout !== "number") return;
    if (liveness !== "pong" || pausedReading === "suspend") return;
    if (plan.isReadSlowly) return; // a Pong may have arrived before the cut, and be read much later
    const overdue = clock.now() - Math.max(cutAt, openedAt) - pingInterval - pingTimeout;
    if (overdue > SLACK) this.#fail(side, `has not noticed for ${overdue} ms too long that the link was cut`);
  }

  #judgeAgreement(one: SideState, event: ClosedEvent, other: SideState, another: ClosedEvent): void {
    const { received, cause } = event;
    if (received !== undefined) {
      const { sent } = another;
      const same = sent !== undefined && sent.code === received.code && sent.reason === received.reason;
      if (!same) this.#fail(one.side, `received ${JSON.stringify(received)}, but ${JSON.stringify(sent)} was sent`);
    }
    if (cause.kind === "violation" && cause.violation !== "message-too-big") {
      this.#fail(one.side, `says that ${other.side} broke the protocol: ${cause.violation}`);
    }
    if (event.clean && (event.received === undefined || event.sent === undefined))
      this.#fail(one.side, "is clean, but how");
    if (cause.kind === "random-failed" && !this.#hasFault("fail randomness", one.side))
      this.#fail(one.side, "had randomness");
  }

  /** Whoever received a Close has got everything that was sent before it. */
  #judgeDelivery(one: SideState, other: SideState, another: ClosedEvent): void {
    const { promised, received, wanted, sent } = other.actor.incoming;
    if (another.received === undefined || !wanted || !other.application.takesAll) return;
    const whole = sent.slice(0, promised).findLastIndex(({ broken }) => !broken) + 1;
    if (received < whole)
      this.#fail(other.side, `got ${received} of ${whole} messages that ${one.side} sent before its Close`);
  }

  /** Where nothing went wrong everything must be well. */
  #judgeCalm(): void {
    const { plan, sides } = this.#world;
    const { how } = plan.ending;
    if (!isCalm(plan) || !isQuick(plan) || how === "abort") return;
    const names = Object.values(plan.applications);
    if (SIDES.some((side) => !sides[side].application.keepsUp) || names.includes("re-entrant")) return;
    // Who breaks off a message ends the connection, or leaves it alone.
    if (SIDES.some((side) => sides[side].actor.outgoing.sent.some(({ broken }) => broken))) return;
    for (const side of SIDES) {
      const event = sides[side].closed[0]!;
      if (!event.clean) this.#fail(side, `ended with ${JSON.stringify(event)} although nothing was wrong`);
    }
  }

  /** Who has slept must not blame a peer that has answered all the time. */
  #judgeSleeper(): void {
    const { plan, sides } = this.#world;
    const event = plan.sleeper && sides[plan.sleeper].closed[0];
    if (event?.cause.kind !== "ping-timeout" && event?.cause.kind !== "close-timeout") return;
    // A sleep that ends a moment behind the deadline looks like a timer that was in time.
    const { wokenLateBy } = event.diagnosis;
    if (wokenLateBy > 0 && wokenLateBy <= IN_TIME) return;
    this.#fail(plan.sleeper!, `blames its peer (${event.cause.kind}) for its sleep`);
  }

  #hasFault(kind: string, side: Side): boolean {
    return this.#world.plan.faults.some(({ fault }) => fault.kind === kind && "side" in fault && fault.side === side);
  }

  #fail(side: Side, what: string): void {
    this.#world.journal.fail(side, what);
  }
}

/** Whether nothing is done to the clock of a side. */
function hasTrueClock(plan: Plan, side: Side): boolean {
  return !plan.faults.some(({ fault }) => CLOCK_FAULTS.includes(fault.kind) && "side" in fault && fault.side === side);
}

/** Whether the link is cut once and never healed. */
function isCutForGood({ faults, atByte }: Plan): boolean {
  const cuts = faults.filter(({ fault }) => fault.kind === "cut");
  const onceByTime =
    cuts.length === 1 && cuts.every(({ fault }) => "healAfter" in fault && fault.healAfter === undefined);
  return atByte?.what === "cut" ? cuts.length === 0 : onceByTime && atByte === undefined;
}

/** Whether link and limits are such that no timeout and no limit can be hit by mere traffic. */
function isQuick({ link, settings, handshake }: Plan): boolean {
  const { latency, windowBytes, bytesPerMs, partialWrites, jitter, maxChunkBytes } = link.both;
  const quickLink =
    latency <= 1 &&
    jitter <= 5 &&
    windowBytes >= 16_384 &&
    bytesPerMs >= 1000 &&
    !partialWrites &&
    maxChunkBytes >= 100;
  const noLimits = SIDES.every((side) => {
    const { maxMessageBytes, maxQueuedBytes, autoPong } = settings[side];
    return maxMessageBytes === null && maxQueuedBytes !== 20_000 && autoPong === true;
  });
  const noDelays = (handshake?.authorizeAfter ?? 0) < 500;
  return (
    quickLink &&
    noLimits &&
    noDelays &&
    link.toServer.readInterval === undefined &&
    link.toClient.readInterval === undefined
  );
}
