// A peer that is no engine: it writes legal frames, illegal ones, storms of Pings and Pongs, and rubbish.

import { encodeFrame } from "@sansock/protocol";
import type { TransportListener } from "@sansock/protocol/driver";
import type { LinkEnd, SeededRandom, VirtualClock } from "@sansock/protocol/testing";
import type { Journal } from "./journal.ts";
import type { Side } from "./plan.ts";

export class Noise implements TransportListener {
  readonly #side: Side;
  readonly #end: LinkEnd;
  readonly #random: SeededRandom;
  readonly #clock: VirtualClock;
  readonly #journal: Journal;
  #silent = false;
  #received = 0;

  constructor(side: Side, end: LinkEnd, random: SeededRandom, clock: VirtualClock, journal: Journal) {
    this.#side = side;
    this.#end = end;
    this.#random = random;
    this.#clock = clock;
    this.#journal = journal;
    end.start(this);
    if (random.chance(0.2)) end.setReading(false);
    this.#later();
  }

  received(bytes: Uint8Array): void {
    this.#received += bytes.length;
  }

  receivedEnd(): void {
    if (this.#random.chance(0.8)) this.#stop("end");
  }

  drained(): void {}

  closed(): void {
    this.#silent = true;
  }

  #later(): void {
    this.#clock.alarm(this.#clock.now() + this.#random.pick([0, 1, 30, 800]), () => {
      if (this.#silent) return;
      this.#make();
      this.#later();
    });
  }

  #make(): void {
    const random = this.#random;
    switch (random.integer(0, 9)) {
      case 0:
        this.#write("rubbish", random.bytes(random.integer(1, 60)));
        break;
      case 1:
        for (let count = random.integer(1, 300); count > 0; count--)
          this.#frame(9, random.bytes(random.integer(0, 125)));
        break;
      case 2:
        for (let count = random.integer(1, 300); count > 0; count--) this.#frame(10, random.bytes(4));
        break;
      case 3:
        this.#frame(random.integer(0, 15), random.bytes(random.integer(0, 130)), random.chance(0.7));
        break;
      case 4: {
        const code = random.chance(0.5) ? 1000 : random.integer(0, 5000);
        this.#frame(8, Uint8Array.of(code >> 8, code & 255, ...random.bytes(random.integer(0, 10))));
        break;
      }
      case 5:
        if (random.chance(0.3)) this.#stop(random.pick(["end", "destroy"]));
        break;
      default:
        this.#frame(2, random.bytes(random.integer(0, 2000)));
    }
  }

  #frame(opcode: number, payload: Uint8Array, fin = true): void {
    const rsv = this.#random.chance(0.02) ? 2 : 0;
    const masked = (this.#side === "client") !== this.#random.chance(0.02);
    const maskKey = masked ? this.#random.integer(0, 0xffff_ffff) : undefined;
    this.#write(`frame ${opcode}`, encodeFrame({ fin, rsv, opcode, maskKey, payload }));
  }

  #write(what: string, bytes: Uint8Array): void {
    if (this.#silent) return;
    this.#journal.note(this.#side, `writes ${what} of ${bytes.length}`);
    this.#end.write(bytes);
  }

  #stop(how: "end" | "destroy"): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#journal.note(this.#side, `${how}s, after ${this.#received} bytes`);
    this.#end[how]();
  }
}
