/*
 * A connection of the engine, held by its three sides: what goes in, the events and the effects that come out. Effects
 * are taken after every step, as a driver would.
 */
import { Connection } from "../../packages/protocol/src/connection/connection.ts";
import type { ConnectionOptions } from "../../packages/protocol/src/connection/connection-options.ts";
import type { MessageTransform } from "../../packages/protocol/src/message/message-transform.ts";
import type { ConnectionEvent } from "../../packages/protocol/src/vocabulary/event.ts";
import type { Violation } from "../../packages/protocol/src/vocabulary/violation.ts";
import { concat } from "../support/hex.ts";
import { countingRandom } from "../support/random.ts";
import { type DecodedFrame, decodeFrames } from "./frames.ts";

export interface SubjectOptions extends Partial<ConnectionOptions> {
  readonly role: "client" | "server";
}

export class Subject {
  readonly connection: Connection;
  /** All events, in order. */
  readonly events: ConnectionEvent[] = [];
  /** All frames that were written, in order. */
  readonly frames: DecodedFrame[] = [];
  /** Whether the transport was half-closed, and whether it was dropped. */
  ended = false;
  destroyed = false;
  now = 0;
  #undecoded: Uint8Array = new Uint8Array(0);

  constructor(options: SubjectOptions, transform?: MessageTransform) {
    this.connection = new Connection(0, { random: countingRandom(), ...options }, transform);
  }

  /** Bytes arrive; they are copied. */
  receive(bytes: ArrayLike<number>): void {
    this.connection.receive(this.now, Uint8Array.from(bytes));
    this.drain();
  }

  /** The peer's FIN, and then the end of the transport. */
  loseTransport(): void {
    this.connection.receiveEnd(this.now);
    this.drain();
    this.connection.handleTransportClosed(this.now);
    this.drain();
  }

  /** Takes all events, and after each the effects. */
  drain(): void {
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      if (event.kind !== "yield") this.events.push(event);
      this.drainEffects();
    }
    this.drainEffects();
  }

  drainEffects(): void {
    for (let effect = this.connection.nextEffect(); effect !== undefined; effect = this.connection.nextEffect()) {
      if (effect.kind === "end") this.ended = true;
      else if (effect.kind === "destroy") this.destroyed = true;
      else if (effect.kind === "write") {
        const { frames, rest } = decodeFrames(concat(this.#undecoded, effect.bytes));
        this.frames.push(...frames);
        this.#undecoded = rest;
      }
    }
  }

  /** The payload of the Close frame that was written, if one was. */
  get close(): Uint8Array | undefined {
    return this.frames.find(({ opcode }) => opcode === 8)?.payload;
  }

  /** Ends the transport and says which rule the peer broke, if it broke one. */
  violation(): Violation | undefined {
    this.loseTransport();
    const last = this.events.at(-1);
    return last?.kind === "closed" && last.cause.kind === "violation" ? last.cause.violation : undefined;
  }
}
