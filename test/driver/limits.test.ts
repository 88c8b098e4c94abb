// What a session does when just as much is queued as a limit says.

import { Connection, encodeFrame } from "@sansock/protocol";
import { Driver, Session, type SessionOptions, SessionSettings } from "@sansock/protocol/driver";
import { VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { FullTransport } from "./full-transport.ts";

/** A short message as it is sent by a server, `size` bytes with its header. */
const message = (size: number): Uint8Array => new Uint8Array(size - 2);

/** A server's session over a full transport, which answers each message with one of `answerBytes` bytes. */
function start(options: SessionOptions, answerBytes = 0) {
  const clock = new VirtualClock();
  const transport = new FullTransport();
  const connection = new Connection(clock.now(), { role: "server", random: () => {}, pingInterval: null });
  let answered = 0;
  const answer = (to: Session): void => {
    answered++;
    void to.send(message(answerBytes));
  };
  const settings = new SessionSettings(options, { message: answer }, { failed: () => {} });
  const driver = new Driver(transport, clock);
  const session = new Session(connection, driver, settings, undefined);
  session.start();
  return { clock, transport, driver, session, answered: () => answered };
}

/** Three messages of a client, in one chunk. */
function threeMessages(): Uint8Array {
  const frame = encodeFrame({ fin: true, rsv: 0, opcode: 2, maskKey: 0, payload: new Uint8Array(1) });
  return Uint8Array.from([...frame, ...frame, ...frame]);
}

describe("a sender", () => {
  test("need not wait, and nothing is written before the end of the turn, for exactly highWaterBytes", async () => {
    const { clock, transport, session } = start({ highWaterBytes: 100 });
    const sent = session.send(message(50));
    expect(session.send(message(50))).toBe(sent); // the promise of whoever need not wait
    expect(transport.queuedBytes).toBe(0);
    await clock.run(0);
    expect(transport.queuedBytes).toBe(100);
  });

  test("waits, and what there is is written at once, for one byte more", () => {
    const { transport, session } = start({ highWaterBytes: 100 });
    const sent = session.send(message(50));
    expect(session.send(message(51))).not.toBe(sent);
    expect(transport.queuedBytes).toBe(101);
  });

  test("goes on when exactly lowWaterBytes is left", async () => {
    const { clock, transport, driver, session } = start({ highWaterBytes: 100, lowWaterBytes: 40 });
    let wentOn = false;
    void session.send(message(101)).then(() => {
      wentOn = true;
    });
    transport.queuedBytes = 41;
    driver.drained();
    await clock.run(0);
    expect(wentOn).toBe(false);
    transport.queuedBytes = 40;
    driver.drained();
    await clock.run(0);
    expect(wentOn).toBe(true);
  });

  test("may send another message while exactly maxQueuedBytes is queued", async () => {
    const { clock, transport, session } = start({ maxQueuedBytes: 100 });
    void session.send(message(100));
    void session.send(message(2));
    await clock.run(0);
    expect(session.state).toBe("open");
    transport.queuedBytes = 100; // as it will say when it is asked
    void session.send(message(2));
    expect(session.state).toBe("open");
    void session.send(message(2));
    expect(session.state).toBe("closing");
  });
});

describe("a peer that does not take the answers", () => {
  test("is not read from while more than highWaterBytes is queued and more than that was answered", async () => {
    const { clock, transport, driver, session, answered } = start({ highWaterBytes: 100 }, 100);
    void session.send(message(101));
    await clock.run(0);
    driver.received(threeMessages());
    expect(answered()).toBe(2); // after the first, exactly highWaterBytes was answered
    transport.queuedBytes = 101;
    driver.drained();
    expect(answered()).toBe(2);
    transport.queuedBytes = 100;
    driver.drained();
    expect(answered()).toBe(3);
  });

  test("has answers counted only above exactly highWaterBytes", async () => {
    const { clock, driver, session, answered } = start({ highWaterBytes: 100 }, 101);
    void session.send(message(100));
    await clock.run(0);
    driver.received(threeMessages());
    expect(answered()).toBe(2); // that to the first does not count
  });
});
