/*
 * The endpoint under test: the engine with an application that sends every message back, run by hand in virtual time.
 */
import { Connection } from "../../packages/protocol/src/connection/connection.ts";
import type { MessageTransform } from "../../packages/protocol/src/message/message-transform.ts";
import type { ConnectionEvent } from "../../packages/protocol/src/vocabulary/event.ts";
import { concat } from "../support/hex.ts";
import { countingRandom } from "../support/random.ts";

/** An echo application on a connection of either role. */
export class EchoEndpoint {
  readonly role: "client" | "server";
  /** Whether it has half-closed the transport. */
  ended = false;
  /** Whether it has dropped the transport. */
  destroyed = false;
  readonly #connection: Connection;
  readonly #events: ConnectionEvent[] = [];
  #written: Uint8Array[] = [];
  #now = 0;
  #writtenAfterEnd = false;

  constructor(role: "client" | "server", transform?: MessageTransform) {
    this.role = role;
    this.#connection = new Connection(
      0,
      { role, random: countingRandom(), maxMessageBytes: 16 * 1024 * 1024 },
      transform,
    );
  }

  /** Bytes arrive from the peer; they belong to the endpoint. */
  receive(chunk: Uint8Array): void {
    this.#connection.receive(this.#now, chunk);
    this.#run();
  }

  /** The peer half-closes. */
  receiveEnd(): void {
    this.#connection.receiveEnd(this.#now);
    this.#run();
  }

  /** Nothing is left of the transport. */
  transportClosed(): void {
    this.#connection.handleTransportClosed(this.#now);
    this.#run();
  }

  /** Time passes, and the alarm rings if it is due. */
  advance(duration: number): void {
    this.#now += duration;
    const { deadline } = this.#connection;
    if (deadline !== undefined && deadline <= this.#now) this.#connection.handleTimeout(this.#now);
    this.#run();
  }

  /** What was written since the last call. */
  takeWritten(): Uint8Array {
    const written = this.#written.length === 1 ? this.#written[0]! : concat(...this.#written);
    this.#written = [];
    return written;
  }

  /** What was wrong with the events that the application saw, once all is over. */
  complaints(clean: boolean): string[] {
    const complaints: string[] = [];
    const last = this.#events.at(-1);
    if (this.#events.filter(({ kind }) => kind === "closed").length !== 1) complaints.push("not one closed event");
    if (last?.kind !== "closed") complaints.push(`the last event is ${last?.kind}`);
    else {
      const cause = clean ? "handshake" : "violation";
      if (last.cause.kind !== cause) complaints.push(`the connection ended by ${last.cause.kind}, not by ${cause}`);
      if (last.clean !== clean) complaints.push(`the end was ${last.clean ? "" : "not "}clean`);
    }
    if (this.#connection.state !== "closed") complaints.push(`the state is ${this.#connection.state}`);
    if (this.#connection.deadline !== undefined) complaints.push("a deadline is left");
    if (this.#writtenAfterEnd) complaints.push("something was written after the end");
    return complaints;
  }

  /** What a driver does: all events, then all effects. */
  #run(): void {
    for (let event = this.#connection.nextEvent(); event !== undefined; event = this.#connection.nextEvent()) {
      if (event.kind === "text") this.#connection.sendText(event.text);
      if (event.kind === "binary") this.#connection.sendBinary(event.bytes);
      this.#events.push(event);
    }
    for (let effect = this.#connection.nextEffect(); effect !== undefined; effect = this.#connection.nextEffect()) {
      if (this.ended || this.destroyed) this.#writtenAfterEnd ||= effect.kind !== "destroy";
      if (effect.kind === "write") this.#written.push(effect.bytes);
      if (effect.kind === "end") this.ended = true;
      if (effect.kind === "destroy") this.destroyed = true;
    }
  }
}
