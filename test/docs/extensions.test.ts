// The example in docs/extensions.md does what it says, and what the page promises about it holds.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { MessageTransform } from "../../packages/protocol/src/index.ts";
import { drain, framesIn, open, receive } from "../support/endpoint.ts";
import { expectBytes } from "../support/expect-bytes.ts";
import { expectViolation } from "../support/expect-closed.ts";
import { utf8 } from "../support/hex.ts";
import { Peer, ROLES } from "../support/peer.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "test/.cache/extension-example");

let Checksum: new () => MessageTransform;
const logged = vi.spyOn(console, "log").mockImplementation(() => {});

beforeAll(async () => {
  const page = readFileSync(join(root, "docs/extensions.md"), "utf8");
  const [, code = ""] = /^```ts\n(import [\s\S]*?)^```$/m.exec(page) ?? [];
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "example.ts");
  writeFileSync(file, `${code}\nexport { Checksum };\n`);
  ({ Checksum } = await import(/* @vite-ignore */ file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the example prints what its comment says", () => {
  expect(logged.mock.calls).toEqual([[{ kind: "text", text: "Hello" }]]);
});

describe.each(ROLES)("the example's extension in a %s", (role) => {
  const peer = new Peer(role);
  /** A message with a sum; RSV2. */
  const summed = (payload: Uint8Array, fields: { opcode?: number; fin?: boolean } = {}): Uint8Array =>
    peer.frame(fields.opcode ?? 1, payload, { rsv: fields.opcode === 0 ? 0 : 2, fin: fields.fin ?? true });

  test("adds the sum to a message, also to one in fragments, whose first frame alone is marked", () => {
    const connection = open(role, {}, new Checksum());
    connection.sendText("ab");
    connection.sendFragment("a", false);
    connection.sendFragment("b", true);
    const frames = framesIn(drain(connection));
    expect(frames.map(({ payload, rsv }) => [payload, rsv])).toEqual([
      [Uint8Array.of(97, 98, 195), 2],
      [Uint8Array.of(97), 2],
      [Uint8Array.of(98, 195), 0],
    ]);
  });

  test("takes messages with the right sum, in any pieces, and messages without any", () => {
    const connection = open(role, {}, new Checksum());
    const { events } = receive(
      connection,
      0,
      summed(Uint8Array.of(97, 98, 195)),
      peer.text("plain"),
      summed(Uint8Array.of(97), { fin: false }),
      peer.ping(),
      summed(Uint8Array.of(98), { opcode: 0, fin: false }),
      summed(Uint8Array.of(195), { opcode: 0 }),
      summed(Uint8Array.of(0)),
    );
    const texts = events.flatMap((event) => (event.kind === "text" ? [event.text] : []));
    expect(texts).toEqual(["ab", "plain", "ab", ""]);
  });

  test("refuses a message with a wrong sum, and one without a byte", () => {
    for (const payload of [Uint8Array.of(97, 98, 196), new Uint8Array(0)]) {
      const connection = open(role, {}, new Checksum());
      expectViolation(connection, role, receive(connection, 0, summed(payload)), "compressed-data-invalid");
    }
  });

  test("copes with messages of any size", () => {
    const other = role === "client" ? "server" : "client";
    const [ours, theirs] = [open(role, {}, new Checksum()), open(other, {}, new Checksum())];
    const bytes = utf8("0123456789".repeat(20_000));
    ours.sendBinary(bytes);
    const [event] = receive(theirs, 0, drain(ours).bytes).events;
    expectBytes(event?.kind === "binary" ? event.bytes : undefined, bytes);
  });
});
