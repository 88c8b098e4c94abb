// Connections that share settings share memory for what they send. Whatever the order in which they send, and their
// transports take bytes and are done with them: nobody's bytes change while somebody may still read them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, ConnectionSettings } from "../../packages/protocol/src/index.ts";
import { decodeFrames } from "../reference/frames.ts";
import { seeded } from "../reference/seed.ts";
import { concat } from "../support/hex.ts";
import type { Role } from "../support/peer.ts";
import { countingRandom } from "../support/random.ts";

const CONNECTIONS = 3;

type Step = { readonly who: number } & (
  | { readonly do: "text" | "binary" | "fragment"; readonly size: number }
  | { readonly do: "take"; readonly most: number }
  /** The transport is done with everything that it took. */
  | { readonly do: "release" }
);

const size = fc.oneof(
  { arbitrary: fc.nat({ max: 40 }), weight: 5 },
  { arbitrary: fc.nat({ max: 2_000 }), weight: 3 },
  { arbitrary: fc.constantFrom(4_000, 5_000, 16_383, 16_384, 20_000, 70_000), weight: 2 },
);
const who = fc.nat({ max: CONNECTIONS - 1 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({ who, do: fc.constantFrom("text" as const, "binary" as const, "fragment" as const), size }),
      weight: 4,
    },
    { arbitrary: fc.record({ who, do: fc.constant("take" as const), most: fc.constantFrom(1, 1, 100) }), weight: 3 },
    { arbitrary: fc.record({ who, do: fc.constant("release" as const) }), weight: 3 },
  ),
  { maxLength: 60, size: "max" },
);

/** A connection, and a transport that remembers what its bytes were when it took them. */
class Sender {
  readonly connection: Connection;
  readonly expected: string[] = [];
  #held: { readonly bytes: Uint8Array; readonly asTaken: Uint8Array }[] = [];
  #written: Uint8Array[] = [];

  constructor(settings: ConnectionSettings) {
    this.connection = new Connection(0, settings);
  }

  send(kind: "text" | "binary" | "fragment", content: string): void {
    if (kind === "text") this.connection.sendText(content);
    else if (kind === "binary") this.connection.sendBinary(Buffer.from(content));
    else this.connection.sendFragment(content, true);
    this.expected.push(content);
  }

  take(most: number): void {
    for (let taken = 0; taken < most; taken++) {
      const effect = this.connection.nextEffect();
      if (effect?.kind !== "write") return;
      const asTaken = effect.bytes.slice();
      this.#held.push({ bytes: effect.bytes, asTaken });
      this.#written.push(asTaken);
    }
  }

  release(): void {
    for (const { bytes, asTaken } of this.#held) {
      if (Buffer.compare(bytes, asTaken) !== 0) expect.fail("bytes changed while the transport held them");
    }
    this.#held = [];
    this.connection.handleEffectsReleased();
  }

  get sent(): string[] {
    return decodeFrames(concat(...this.#written)).frames.map(({ payload }) => Buffer.from(payload).toString());
  }
}

for (const role of ["client", "server"] as const satisfies readonly Role[]) {
  test(`a ${role}'s bytes never change between nextEffect() and handleEffectsReleased(), and all arrive`, () => {
    fc.assert(
      fc.property(steps, (script) => {
        const settings = new ConnectionSettings({ role, random: countingRandom() });
        const senders = Array.from({ length: CONNECTIONS }, () => new Sender(settings));
        script.forEach((step, number) => {
          const sender = senders[step.who]!;
          if (step.do === "take") sender.take(step.most);
          else if (step.do === "release") sender.release();
          else sender.send(step.do, String.fromCharCode(33 + (number % 90)).repeat(step.size));
        });
        for (const sender of senders) sender.take(1e6);
        for (const sender of senders) sender.release();
        for (const sender of senders) {
          if (sender.sent.join("\0") !== sender.expected.join("\0")) expect.fail("other bytes than were sent");
        }
      }),
      seeded(300),
    );
  });
}
