// What servers of all adapters have in common.

import { BaseServer } from "@sansock/protocol/driver";
import { describe, expect, test } from "vitest";
import { TestServer } from "./opening-support.ts";
import { collect } from "./support.ts";

function start(signal?: AbortSignal, finish?: () => void) {
  const { acceptor } = new TestServer(() => {});
  const log: string[] = [];
  const stop = (): void => void log.push("stopped");
  const parts = finish === undefined ? { acceptor, signal, stop } : { acceptor, signal, stop, finish };
  return { server: new BaseServer(parts), log };
}

describe("a server", () => {
  test("stops listening at once when it is closed, and finishes when all sessions have ended", async () => {
    const { server, log } = start(undefined, () => void log.push("finished"));
    const closing = server.close();
    expect(log).toEqual(["stopped"]);
    await closing;
    expect(log).toEqual(["stopped", "finished"]);
  });

  test("is closed by its signal", async () => {
    const controller = new AbortController();
    const { server, log } = start(controller.signal);
    expect(log).toEqual([]);
    controller.abort();
    expect(log).toEqual(["stopped"]);
    await server.close();
  });

  test("is closed at once by a signal that has been aborted", () => {
    expect(start(AbortSignal.abort()).log).toEqual(["stopped"]);
  });

  test("has no use for its signal any more when it is closed otherwise", async () => {
    const controller = new AbortController();
    const { server, log } = start(controller.signal);
    await server.close();
    controller.abort();
    expect(log).toEqual(["stopped"]);
  });

  test("knows its sessions, and sends what it broadcasts to all but one", async () => {
    const world = new TestServer((session) => session.whenClosed());
    const server = new BaseServer({ acceptor: world.acceptor, signal: undefined, stop: () => {} });
    const received = [collect(await world.connect()), collect(await world.connect())];
    const [, second] = server.sessions;
    server.broadcast("to all");
    server.broadcast("to the first", second);
    await world.run(0);
    expect(received).toEqual([["to all", "to the first"], ["to all"]]);
  });
});
