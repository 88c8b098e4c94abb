// One direction of a piped connection, with a tap: bytes, the end and resets pass in order, later, or not for now.

import type { Socket } from "node:net";

/** What passes. A reset is what TCP tells when the other side is gone. */
type Parcel = { readonly due: number } & (
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" | "reset" }
);

/** With this much on its way, nothing more is read. */
const WINDOW_BYTES = 1024 * 1024;

export class Flow {
  readonly #source: Socket;
  readonly #target: Socket;
  #held = false;
  #delay = 0;
  #parcels: Parcel[] = [];
  #bytesOnTheWay = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** Begins to move what `source` sends to `target`. Both must allow half-open connections. */
  constructor(source: Socket, target: Socket) {
    this.#source = source;
    this.#target = target;
    source.on("data", (bytes: Uint8Array) => this.#accept({ kind: "bytes", bytes, due: this.#due }));
    source.on("end", () => this.#accept({ kind: "end", due: this.#due }));
    source.on("close", (failed) => failed && this.#accept({ kind: "reset", due: this.#due }));
    target.on("drain", () => this.#move());
  }

  get held(): boolean {
    return this.#held;
  }

  /** While it is held nothing passes, not even the end, and nothing is read: the sender's TCP feels it. */
  set held(held: boolean) {
    this.#held = held;
    this.#move();
  }

  get delay(): number {
    return this.#delay;
  }

  /** How long everything takes, in ms. Holds for what comes in from now on. */
  set delay(delay: number) {
    this.#delay = delay;
  }

  get #due(): number {
    return performance.now() + this.#delay;
  }

  #accept(parcel: Parcel): void {
    if (parcel.kind === "bytes") this.#bytesOnTheWay += parcel.bytes.length;
    this.#parcels.push(parcel);
    this.#move();
  }

  #move(): void {
    clearTimeout(this.#timer);
    let moved = 0;
    for (const parcel of this.#parcels) {
      if (this.#held || this.#target.writableNeedDrain) break;
      const wait = parcel.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#move(), wait);
        break;
      }
      this.#deliver(parcel);
      moved++;
    }
    this.#parcels = this.#parcels.slice(moved);
    const wait = this.#held || this.#target.writableNeedDrain || this.#bytesOnTheWay > WINDOW_BYTES;
    if (wait) this.#source.pause();
    else this.#source.resume();
  }

  #deliver(parcel: Parcel): void {
    if (parcel.kind === "bytes") this.#bytesOnTheWay -= parcel.bytes.length;
    if (this.#target.destroyed) return;
    if (parcel.kind === "bytes") this.#target.write(parcel.bytes);
    else if (parcel.kind === "end") this.#target.end();
    else this.#target.resetAndDestroy();
  }
}
