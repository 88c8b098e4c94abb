import { expect, test } from "vitest";
import { Inbox, type Item } from "../../packages/protocol/src/driver/inbox.ts";

const text = (content: string): Item => ({ kind: "text", text: content });

const next = (content: string): object => ({ done: false, value: text(content) });
const END = { done: true, value: undefined };

test("an inbox wants an item when somebody waits, and not before", () => {
  const inbox = new Inbox(1000);
  expect(inbox.wants).toBe(false);
  void inbox.wait();
  expect(inbox.wants).toBe(true);
  inbox.deliver(text("a"));
  expect(inbox.wants).toBe(false);
});

test("an inbox looks ahead after a turn in which nobody asked, until it holds enough", () => {
  const inbox = new Inbox(200);
  inbox.lookAhead();
  expect(inbox.wants).toBe(true);
  inbox.deliver(text("x".repeat(100))); // and 64 for the item itself
  expect(inbox.wants).toBe(true);
  inbox.deliver(text("x"));
  expect(inbox.wants).toBe(false);
  inbox.take();
  expect(inbox.wants).toBe(true);
});

test("empty items count, so that they cannot pile up", () => {
  const inbox = new Inbox(64 * 3);
  inbox.lookAhead();
  for (let count = 0; count < 3; count++) {
    expect(inbox.wants).toBe(true);
    inbox.deliver(count === 0 ? text("") : { kind: "binary", bytes: new Uint8Array(0) });
  }
  expect(inbox.wants).toBe(false);
});

test("items come out in their order, those that wait first", async () => {
  const inbox = new Inbox(1000);
  inbox.deliver(text("a"));
  inbox.deliver(text("b"));
  expect(inbox.take()).toEqual(text("a"));
  expect(inbox.take()).toEqual(text("b"));
  expect(inbox.take()).toBeUndefined();
  const waiting = inbox.wait();
  inbox.deliver(text("c"));
  expect(await waiting).toEqual(next("c"));
});

test("each of several that wait gets an item of its own, in the order in which they came", async () => {
  const inbox = new Inbox(1000);
  const [first, second, third] = [inbox.wait(), inbox.wait(), inbox.wait()];
  inbox.deliver(text("a"));
  expect(inbox.wants).toBe(true);
  inbox.deliver(text("b"));
  inbox.end(undefined);
  expect(await Promise.all([first, second, third])).toEqual([next("a"), next("b"), END]);
});

test("the end comes behind the items that are left, for everybody", async () => {
  const inbox = new Inbox(1000);
  inbox.deliver(text("a"));
  inbox.end(undefined);
  expect(inbox.take()).toEqual(text("a"));
  expect(await inbox.wait()).toEqual(END);
  expect(await inbox.wait()).toEqual(END);
});

test("a failure is thrown to everybody who waits or comes later", async () => {
  const inbox = new Inbox(1000);
  const waiting = [inbox.wait(), inbox.wait()];
  const failure = new Error("broken");
  inbox.end(failure);
  expect(await Promise.allSettled([...waiting, inbox.wait()])).toEqual(
    Array.from({ length: 3 }, () => ({ status: "rejected", reason: failure })),
  );
});

test("a failure that nobody waits for is no unhandled rejection", () => {
  const inbox = new Inbox(1000);
  void inbox.wait();
  inbox.end(new Error("broken"));
  void inbox.wait();
});

test("what is found while somebody looks is handed over without waiting, and ends looking ahead", () => {
  const inbox = new Inbox(1000);
  inbox.lookAhead();
  const found = inbox.seek({
    pull() {
      expect(inbox.wants).toBe(true);
      inbox.deliver(text("a"));
      expect(inbox.wants).toBe(false);
    },
  });
  expect(found).toEqual(text("a"));
  expect(inbox.seek({ pull() {} })).toBeUndefined();
  expect(inbox.wants).toBe(false);
});

test("nobody looks past those who wait already", async () => {
  const inbox = new Inbox(1000);
  const waiting = inbox.wait();
  expect(inbox.seek({ pull: () => expect.fail("looked") })).toBeUndefined();
  inbox.deliver(text("a"));
  expect(await waiting).toEqual(next("a"));
});
