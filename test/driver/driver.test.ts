// The loop itself, with a machine that does as it is told.

import type { DeadlineName, Effect, Machine } from "@sansock/protocol";
import {
  type Clock,
  Driver,
  type EventConsumer,
  type Transport,
  type TransportListener,
} from "@sansock/protocol/driver";
import { describe, expect, test } from "vitest";
import { YIELD, type Yield } from "../../packages/protocol/src/vocabulary/yield.ts";

/** Writes down every call, and has ready what the test put in. */
class FakeMachine implements Machine<string | Yield> {
  readonly log: string[] = [];
  readonly events: (string | Yield)[] = [];
  readonly effects: Effect[] = [];
  deadline: number | undefined = undefined;
  readonly deadlineName: DeadlineName | undefined = undefined;

  receive(now: number, bytes: Uint8Array): void {
    this.log.push(`receive ${bytes.length} at ${now}`);
  }
  receiveEnd(now: number): void {
    this.log.push(`receiveEnd at ${now}`);
  }
  handleTransportClosed(now: number): void {
    this.log.push(`handleTransportClosed at ${now}`);
  }
  handleTransportQueue(now: number, queuedBytes: number): void {
    this.log.push(`handleTransportQueue ${queuedBytes} at ${now}`);
  }
  receivePaused(now: number): void {
    this.log.push(`receivePaused at ${now}`);
  }
  receiveResumed(now: number): void {
    this.log.push(`receiveResumed at ${now}`);
  }
  handleTimeout(now: number): void {
    this.log.push(`handleTimeout at ${now}`);
  }
  nextEvent(): string | Yield | undefined {
    return this.events.shift();
  }
  nextEffect(): Effect | undefined {
    return this.effects.shift();
  }
}

class FakeClock implements Clock {
  time = 0;
  /** The alarms that are set. */
  readonly alarms: { readonly at: number; readonly wake: () => void }[] = [];
  /** How many were ever set. */
  set = 0;
  readonly tasks: (() => void)[] = [];

  now(): number {
    return this.time;
  }
  alarm(at: number, wake: () => void): () => void {
    const alarm = { at, wake };
    this.set++;
    this.alarms.push(alarm);
    return () => {
      const index = this.alarms.indexOf(alarm);
      if (index !== -1) this.alarms.splice(index, 1);
    };
  }
  defer(task: () => void): void {
    this.tasks.push(task);
  }
  ring(): void {
    const alarm = this.alarms.shift()!;
    this.time = Math.max(this.time, alarm.at);
    alarm.wake();
  }
  endTurn(): void {
    for (const task of this.tasks.splice(0)) task();
  }
}

class FakeTransport implements Transport {
  readonly log: string[] = [];
  listener: TransportListener | undefined = undefined;
  queuedBytes = 0;

  start(listener: TransportListener): void {
    this.listener = listener;
    this.log.push("start");
  }
  write(bytes: Uint8Array, more: boolean): void {
    this.log.push(`write ${bytes.length}${more ? " and more" : ""}`);
  }
  end(): void {
    this.log.push("end");
  }
  destroy(): void {
    this.log.push("destroy");
  }
  setReading(reading: boolean): void {
    this.log.push(`setReading ${reading}`);
  }
}

class FakeConsumer implements EventConsumer<string | Yield> {
  readonly log: string[] = [];
  wantsEvents = true;
  onEvent: ((event: string) => void) | undefined = undefined;
  onStarted: (() => void) | undefined = undefined;

  started(): void {
    this.log.push("started");
    this.onStarted?.();
  }
  handleEvent(event: string | Yield): void {
    if (typeof event !== "string") throw new Error("a yield is no event for an application");
    this.log.push(event);
    this.onEvent?.(event);
  }
  turnEnded(): void {
    this.log.push("turnEnded");
  }
  effectsPerformed(): void {}
  transportClosed(): void {
    this.log.push("transportClosed");
  }
}

interface SetUp {
  machine: FakeMachine;
  clock: FakeClock;
  transport: FakeTransport;
  consumer: FakeConsumer;
  driver: Driver;
}

function setUp(prepare: (parts: SetUp) => void = () => {}): SetUp {
  const clock = new FakeClock();
  const transport = new FakeTransport();
  const parts: SetUp = {
    machine: new FakeMachine(),
    clock,
    transport,
    consumer: new FakeConsumer(),
    driver: new Driver(transport, clock),
  };
  prepare(parts);
  parts.driver.run(parts.machine, parts.consumer);
  return parts;
}

const write = (length: number): Effect => ({ kind: "write", bytes: new Uint8Array(length) });

describe("the transport", () => {
  test("is started once, and what it tells goes to the machine, with the time", () => {
    const { machine, clock, transport, driver, consumer } = setUp();
    clock.time = 5;
    driver.received(new Uint8Array(3));
    driver.receivedEnd();
    transport.queuedBytes = 7;
    driver.drained();
    driver.closed(new Error("reset"));
    expect(machine.log).toEqual([
      "receive 3 at 5",
      "receiveEnd at 5",
      "handleTransportQueue 7 at 5",
      "handleTransportClosed at 5",
    ]);
    expect(transport.log).toEqual(["start"]);
    expect(transport.listener).toBe(driver);
    expect(driver.transportError).toEqual(new Error("reset"));
    expect(consumer.log).toEqual(["started", "transportClosed"]);
  });

  test("is asked to do what the machine wants, in its order, and told when another write follows", () => {
    const { machine, transport, driver } = setUp();
    machine.effects.push(write(1), write(2), { kind: "end" });
    driver.pump();
    machine.effects.push({ kind: "destroy" });
    driver.pump();
    expect(transport.log).toEqual(["start", "write 1 and more", "write 2", "end", "destroy"]);
  });

  test("is flushed without a look at the events", () => {
    const { machine, transport, driver, consumer } = setUp();
    machine.effects.push(write(1));
    machine.events.push("later");
    driver.flush();
    expect(transport.log).toEqual(["start", "write 1"]);
    expect(consumer.log).toEqual(["started"]);
  });
});

describe("events", () => {
  test("are all taken before what they cause is done, so that it is done together", () => {
    const { machine, transport, driver, consumer } = setUp();
    consumer.onEvent = () => machine.effects.push(write(1));
    machine.events.push("a", "b", "c");
    driver.pump();
    expect(consumer.log).toEqual(["started", "a", "b", "c"]);
    expect(transport.log).toEqual(["start", "write 1 and more", "write 1 and more", "write 1"]);
  });

  test("that are caused by what is done are taken in the same go", () => {
    const { machine, transport, driver, consumer } = setUp();
    machine.effects.push(write(1));
    transport.write = (bytes) => {
      transport.log.push(`write ${bytes.length}`);
      machine.events.push("caused");
    };
    driver.pump();
    expect(consumer.log).toEqual(["started", "caused"]);
  });

  test("stay in the machine while they are not wanted; reading stops when the turn ends, not before", () => {
    const { machine, clock, transport, driver, consumer } = setUp();
    consumer.wantsEvents = false;
    machine.events.push("a");
    driver.received(new Uint8Array(1));
    expect(consumer.log).toEqual(["started"]);
    expect(transport.log).toEqual(["start"]);
    clock.time = 3;
    clock.endTurn();
    expect(consumer.log).toEqual(["started", "turnEnded"]);
    expect(transport.log).toEqual(["start", "setReading false"]);
    expect(machine.log.at(-1)).toBe("receivePaused at 3");
    driver.pump();
    expect(clock.tasks).toEqual([]);
    consumer.wantsEvents = true;
    driver.pump();
    expect(consumer.log).toEqual(["started", "turnEnded", "a"]);
    expect(transport.log).toEqual(["start", "setReading false", "setReading true"]);
    expect(machine.log.at(-1)).toBe("receiveResumed at 3");
  });

  test("that are wanted again before the turn ends do not stop the reading", () => {
    const { clock, transport, driver, consumer } = setUp();
    consumer.wantsEvents = false;
    driver.received(new Uint8Array(1));
    consumer.wantsEvents = true;
    clock.endTurn();
    expect(transport.log).toEqual(["start"]);
  });

  test("can be pulled; what they cause waits for the end of the turn", () => {
    const { machine, clock, transport, driver, consumer } = setUp();
    consumer.onEvent = () => {
      machine.effects.push(write(1));
      driver.pull();
      driver.pump();
    };
    machine.events.push("a");
    driver.pull();
    driver.endTurnSoon();
    expect(consumer.log).toEqual(["started", "a"]);
    expect(transport.log).toEqual(["start"]);
    expect(clock.tasks).toHaveLength(1);
    clock.endTurn();
    expect(transport.log).toEqual(["start", "write 1"]);
  });

  test("whose consumer throws do not stop the loop for ever", () => {
    const { machine, driver, consumer } = setUp();
    consumer.onEvent = () => {
      throw new Error("broken");
    };
    machine.events.push("a", "b");
    expect(() => driver.pump()).toThrow("broken");
    expect(driver.pumping).toBe(false);
    expect(() => driver.pull()).toThrow("broken");
    expect(driver.pumping).toBe(false);
  });

  test("do not start or stop the reading of a transport that is gone", () => {
    const { transport, driver, consumer, clock } = setUp();
    driver.closed(undefined);
    consumer.wantsEvents = false;
    driver.pump();
    clock.endTurn();
    expect(transport.log).toEqual(["start"]);
  });
});

describe("the alarm", () => {
  test("is set for the deadline, and rung into the machine", () => {
    const { machine, clock, transport, driver } = setUp();
    machine.deadline = 100;
    driver.pump();
    expect(clock.alarms.map(({ at }) => at)).toEqual([100]);
    transport.queuedBytes = 5;
    machine.deadline = 200;
    clock.ring();
    expect(machine.log).toEqual(["handleTransportQueue 5 at 100", "handleTimeout at 100"]);
    expect(clock.alarms.map(({ at }) => at)).toEqual([200]);
  });

  test("is not touched while the deadline stays or moves later, and set anew when it rang too early", () => {
    const { machine, clock, driver } = setUp();
    machine.deadline = 100;
    driver.pump();
    for (machine.deadline = 101; machine.deadline < 200; machine.deadline++) driver.received(new Uint8Array(1));
    expect([clock.set, clock.alarms.map(({ at }) => at)]).toEqual([1, [100]]);
    clock.ring();
    expect([clock.set, clock.alarms.map(({ at }) => at)]).toEqual([2, [200]]);
  });

  test("is set again when the deadline moves earlier", () => {
    const { machine, clock, driver } = setUp();
    machine.deadline = 100;
    driver.pump();
    machine.deadline = 50;
    driver.pump();
    expect(clock.alarms.map(({ at }) => at)).toEqual([50]);
  });

  test("is set for a deadline that goes on when reading does, and cancelled when it stands still", () => {
    const { machine, clock, driver, consumer } = setUp();
    machine.receivePaused = () => (machine.deadline = undefined);
    machine.receiveResumed = () => (machine.deadline = 500);
    machine.deadline = 100;
    consumer.wantsEvents = false;
    driver.received(new Uint8Array(1));
    clock.endTurn();
    expect(clock.alarms).toEqual([]);
    consumer.wantsEvents = true;
    driver.pump();
    expect(clock.alarms.map(({ at }) => at)).toEqual([500]);
  });

  test("is cancelled when there is no deadline any more", () => {
    const { machine, clock, driver } = setUp();
    machine.deadline = 100;
    driver.pump();
    machine.deadline = undefined;
    driver.pump();
    driver.pump();
    expect(clock.alarms).toEqual([]);
    machine.deadline = 300;
    driver.pump();
    expect(clock.alarms.map(({ at }) => at)).toEqual([300]);
  });
});

describe("another machine", () => {
  test("takes over behind what the first one still had to write", () => {
    const { machine, transport, driver, consumer } = setUp();
    machine.effects.push(write(1));
    const successor = new FakeMachine();
    successor.effects.push(write(2));
    const next = new FakeConsumer();
    driver.run(successor, next);
    driver.received(new Uint8Array(3));
    expect(transport.log).toEqual(["start", "write 1", "write 2"]);
    expect(successor.log).toEqual(["receive 3 at 0"]);
    expect(machine.log).toEqual([]);
    expect([consumer.log, next.log]).toEqual([["started"], ["started"]]);
  });

  test("may take over while an event of the first one is handled", () => {
    const { machine, transport, driver, consumer } = setUp();
    const successor = new FakeMachine();
    successor.events.push("of the second");
    successor.deadline = 70;
    const next = new FakeConsumer();
    consumer.onEvent = () => {
      machine.effects.push(write(1));
      successor.effects.push(write(2));
      driver.run(successor, next);
    };
    machine.events.push("of the first", "that nobody takes");
    driver.pump();
    expect(consumer.log).toEqual(["started", "of the first"]);
    expect(next.log).toEqual(["started", "of the second"]);
    expect(transport.log).toEqual(["start", "write 1", "write 2"]);
  });

  test("is told when the transport is gone already", () => {
    const { driver } = setUp();
    driver.closed(undefined);
    const successor = new FakeMachine();
    driver.run(successor, new FakeConsumer());
    expect(successor.log).toEqual(["handleTransportClosed at 0"]);
  });

  test("whose consumer throws when it is started leaves the loop usable", () => {
    const { driver } = setUp();
    const next = new FakeConsumer();
    next.onStarted = () => {
      throw new Error("broken");
    };
    expect(() => driver.run(new FakeMachine(), next)).toThrow("broken");
    expect(driver.pumping).toBe(false);
  });
});

describe("a machine that yields", () => {
  test("is asked for events again in a later turn, and nothing is read until then", () => {
    const { machine, clock, transport, consumer, driver } = setUp();
    transport.log.length = 0;
    machine.events.push("one", YIELD, "two", YIELD, "three");
    transport.listener!.received(new Uint8Array(1));
    expect(consumer.log).toEqual(["started", "one"]);
    driver.pull();
    clock.endTurn();
    expect(consumer.log).toEqual(["started", "one", "turnEnded"]);
    expect(transport.log).toEqual(["setReading false"]);
    expect(clock.alarms.map(({ at }) => at)).toEqual([0]);
    clock.ring();
    expect(consumer.log).toEqual(["started", "one", "turnEnded", "two"]);
    clock.ring();
    expect(consumer.log).toEqual(["started", "one", "turnEnded", "two", "three"]);
    expect(transport.log).toEqual(["setReading false", "setReading true"]);
    expect(clock.alarms).toEqual([]);
  });

  test("is asked for effects again in a later turn, and goes on reading", () => {
    const { machine, clock, transport, driver } = setUp();
    transport.log.length = 0;
    const write = (length: number): Effect => ({ kind: "write", bytes: new Uint8Array(length) });
    machine.effects.push(write(1), write(2), YIELD, write(3), YIELD, { kind: "end" });
    driver.pump();
    driver.flush();
    expect(transport.log).toEqual(["write 1 and more", "write 2"]);
    clock.ring();
    driver.pump();
    expect(transport.log).toEqual(["write 1 and more", "write 2", "write 3"]);
    clock.ring();
    expect(transport.log).toEqual(["write 1 and more", "write 2", "write 3", "end"]);
    expect(clock.alarms).toEqual([]);
  });

  test("at both doors waits for one turn", () => {
    const { machine, clock, transport, consumer } = setUp();
    machine.events.push(YIELD, "one");
    machine.effects.push(YIELD, { kind: "end" });
    transport.listener!.received(new Uint8Array(1));
    expect(clock.alarms).toHaveLength(1);
    clock.ring();
    expect(consumer.log).toContain("one");
    expect(transport.log.at(-1)).toBe("end");
  });

  test("is not told that time has passed before it has looked at everything that has arrived", () => {
    const { machine, clock, transport, consumer } = setUp();
    const ringAllThatAreDue = (): void => {
      for (const alarm of clock.alarms.filter(({ at }) => at <= clock.time).sort((one, two) => one.at - two.at)) {
        clock.alarms.splice(clock.alarms.indexOf(alarm), 1);
        alarm.wake();
      }
    };
    machine.deadline = 10;
    machine.events.push(YIELD, YIELD, "a pong");
    transport.listener!.received(new Uint8Array(1));
    clock.time = 10;
    machine.log.length = 0;
    ringAllThatAreDue();
    expect(machine.log).toEqual([]);
    expect(consumer.log).toEqual(["started"]);
    ringAllThatAreDue();
    expect(consumer.log).toEqual(["started", "a pong"]);
    expect(machine.log).toEqual(["handleTransportQueue 0 at 10", "handleTimeout at 10"]);
  });
});

describe("memory that is used again", () => {
  test("what was received is released when the machine says so, and only then", () => {
    const { machine, driver } = setUp();
    expect(driver.hasReleasedBytes).toBe(false);
    Object.assign(machine, { hasReleasedBytes: true });
    expect(driver.hasReleasedBytes).toBe(true);
  });

  test("what was written is released to the machine when the transport is done with it, and only then", () => {
    const { machine, transport, driver } = setUp();
    let released = 0;
    Object.assign(machine, { handleEffectsReleased: () => released++ });
    machine.effects.push(write(1));
    driver.pump();
    expect(released).toBe(0);
    Object.assign(transport, { hasReleasedBytes: true });
    machine.effects.push(write(1));
    driver.pump();
    expect(released).toBe(1);
  });
});

describe("the loop", () => {
  test("takes no event while its consumer is being started", () => {
    const { consumer } = setUp(({ machine, consumer, driver }) => {
      machine.events.push("a");
      consumer.onStarted = () => {
        driver.pump();
        consumer.log.push("is started");
      };
    });
    expect(consumer.log).toEqual(["started", "is started", "a"]);
  });

  test("does not run inside itself: one event is handled before the next is taken", () => {
    const { machine, driver, consumer } = setUp();
    machine.events.push("a", "b");
    consumer.onEvent = (event) => {
      driver.pump();
      consumer.log.push(`${event} is handled`);
    };
    driver.pump();
    expect(consumer.log).toEqual(["started", "a", "a is handled", "b", "b is handled"]);
  });

  test("tells its consumer that effects are performed when they are", () => {
    const { machine, transport, driver, consumer } = setUp();
    const seen: number[] = [];
    consumer.effectsPerformed = () => void seen.push(transport.log.length);
    machine.effects.push(write(1));
    driver.pump();
    expect(transport.log).toEqual(["start", "write 1"]);
    expect(seen).toEqual([2]);
  });

  test("looks at what the transport still holds before anything else", () => {
    const { machine, transport, driver } = setUp();
    machine.effects.push(write(5));
    transport.queuedBytes = 5;
    driver.pump();
    expect(driver.transportBytes).toBe(5);
    transport.queuedBytes = 2;
    driver.pump();
    expect(driver.transportBytes).toBe(2);
  });

  test("sets no alarm for a deadline that stays where it is", () => {
    const { machine, clock, driver } = setUp();
    machine.deadline = 100;
    driver.pump();
    driver.pump();
    expect(clock.set).toBe(1);
  });
});
