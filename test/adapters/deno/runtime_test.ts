// What Deno brings beside connections: its clock, its text codec, Unix sockets.

import assert from "node:assert/strict";
import { connect, denoClock, denoTextCodec } from "@sansock/deno-adapter";
import { portableTextCodec } from "@sansock/protocol";
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

test("the text codec reads and writes what the portable one does", () => {
  const units = [
    "a",
    "\u00e9",
    "\u4e00",
    "\u{1f600}",
    "\ufeff",
    "\ufffd",
    "\0",
    "\ud800",
    "\udc00",
    "\u007f",
    "\u07ff",
  ];
  for (let length = 0; length < 200; length++) {
    let text = "";
    for (let index = 0; index < length; index++) text += units[(index * 7 + length) % ((length % units.length) + 1)];
    const expected = new Uint8Array(3 * text.length + 2);
    const actual = new Uint8Array(expected.length);
    const count = portableTextCodec.encodeInto(text, expected, 1);
    assert.equal(denoTextCodec.encodeInto(text, actual, 1), count);
    assert.equal(denoTextCodec.byteLength(text), count);
    assert.deepEqual(actual, expected);
    assert.equal(denoTextCodec.decode(actual, 1, count + 1), portableTextCodec.decode(expected, 1, count + 1));
    for (const [at, byte] of [
      [1, 0xff],
      [count, 0xc3],
      [count >> 1, 0x80],
    ] as const) {
      if (count === 0) continue;
      const broken = actual.slice();
      broken[at] = byte;
      assert.equal(denoTextCodec.decode(broken, 1, count + 1), portableTextCodec.decode(broken, 1, count + 1));
    }
  }
});

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
