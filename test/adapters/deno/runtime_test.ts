// What Deno brings beside connections: its clock, its text codec, Unix sockets.

import assert from "node:assert/strict";
import { connect, denoClock, denoTextCodec } from "@sansock/deno-adapter";
import { checkTextCodec } from "../text-codec-contract.ts";
import { echo, nextOf, start } from "./support.ts";

const { test } = Deno;

test("defer() comes after the code that runs and all promise reactions it has caused, before any timer", async () => {
  const log: string[] = [];
  const hops = async (count: number): Promise<void> => {
    for (let hop = 0; hop < count; hop++) await undefined;
    log.push(`${count} hops`);
  };
  const done = Promise.withResolvers<void>();
  setTimeout(() => log.push("timer"), 0);
  denoClock.defer(() => {
    log.push("deferred");
    denoClock.defer(() => done.resolve());
  });
  denoClock.defer(() => log.push("deferred, too"));
  void hops(50);
  void hops(1);
  log.push("code");
  await done.promise;
  assert.deepEqual(log, ["code", "1 hops", "50 hops", "deferred", "deferred, too"]);
});

test("an alarm rings at its time and not before, unless it is cancelled", async () => {
  const rung: number[] = [];
  const begun = denoClock.now();
  const done = Promise.withResolvers<void>();
  denoClock.alarm(begun + 5, () => rung.push(1))();
  denoClock.alarm(begun + 10, () => {
    rung.push(2);
    done.resolve();
  });
  const alive = setTimeout(() => {}, 60_000); // an alarm alone keeps no process alive
  await done.promise;
  clearTimeout(alive);
  assert(denoClock.now() >= begun + 10);
  assert.deepEqual(rung, [2]);
});

test("the text codec of Deno reads and writes what the portable one does", () => checkTextCodec(denoTextCodec));

test("serve and connect work on a Unix socket, which can be listened on again", async () => {
  const path = `${Deno.makeTempDirSync({ prefix: "sansock-" })}/socket`;
  for (let round = 0; round < 2; round++) {
    await using server = await start(echo, { path });
    assert.deepEqual(server.address, { transport: "unix", path });
    assert.equal(server.port, undefined);
    await using client = await connect("ws://localhost/", { unixSocket: path });
    assert.equal([...server.sessions][0]?.opening.peer.address, undefined);
    void client.send("over a file");
    assert.deepEqual(await nextOf(client), { kind: "text", text: "over a file" });
  }
  Deno.removeSync(path.slice(0, -"/socket".length));
});
