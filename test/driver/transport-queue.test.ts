// What the session knows of the transport's queue between two looks at it.

import { Connection } from "@sansock/protocol";
import { Driver, Session, SessionSettings } from "@sansock/protocol/driver";
import { VirtualClock } from "@sansock/protocol/testing";
import { expect, test } from "vitest";
import { FullTransport } from "./full-transport.ts";

test("a transport that has got rid of its bytes without a word is looked at before a sender is given up", async () => {
  const clock = new VirtualClock();
  const transport = new FullTransport();
  const connection = new Connection(clock.now(), { role: "server", random: () => {} });
  const settings = new SessionSettings({ maxQueuedBytes: 10_000 }, undefined, { failed: () => {} });
  const session = new Session(connection, new Driver(transport, clock), settings, undefined);
  session.start();
  void session.send(new Uint8Array(12_000));
  await clock.run(0);
  expect(session.queuedBytes).toBe(transport.queuedBytes);
  transport.queuedBytes = 0;
  void session.send("more");
  expect(session.state).toBe("open");
  expect(session.queuedBytes).toBe(6);
  await clock.run(0);
  transport.queuedBytes = 12_000;
  await clock.run(0);
  void session.send("too much");
  await clock.run(0);
  void session.send("of it");
  expect(session.state).toBe("closing");
});
