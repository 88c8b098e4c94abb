// One opening handshake of a server, from the accepted transport to the session or the refusal.

import type { RequestHead } from "../handshake/http-head.ts";
import { type RejectReply, ServerHandshake, type ServerHandshakeEvent } from "../handshake/server-handshake.ts";
import type { UpgradeRequest } from "../handshake/upgrade-rules.ts";
import type { Acceptor, Pending } from "./acceptor.ts";
import { Driver, type EventConsumer } from "./driver.ts";
import type { Transport } from "./ports.ts";
import type { Peer } from "./runtime.ts";
import type { Consent, Refusal, ServerOpening } from "./server-options.ts";
import { Session } from "./session.ts";

export class Opening implements EventConsumer<ServerHandshakeEvent>, Pending {
  readonly wantsEvents = true;
  place = -1;
  readonly #acceptor: Acceptor;
  readonly #transport: Transport;
  readonly #peer: Peer;
  readonly #driver: Driver;
  readonly #handshake: ServerHandshake;

  constructor(acceptor: Acceptor, transport: Transport, peer: Peer) {
    const { clock } = acceptor.host.runtime;
    this.#acceptor = acceptor;
    this.#transport = transport;
    this.#peer = peer;
    this.#driver = new Driver(transport, clock);
    this.#handshake = new ServerHandshake(clock.now(), acceptor.handshakeSettings);
  }

  run(head: RequestHead | undefined, leftover: Uint8Array | undefined): void {
    if (head !== undefined) this.#handshake.receiveHead(this.#now, head, leftover);
    this.#driver.run(this.#handshake, this);
  }

  /** Refuses, unless it has been answered. */
  refuse(status: number, reply: RejectReply = {}): void {
    if (!this.#isPending) return;
    this.#handshake.reject(this.#now, status, reply);
    this.#driver.pump();
  }

  /** Drops the transport. */
  drop(): void {
    this.#transport.destroy();
  }

  handleEvent(event: ServerHandshakeEvent): void {
    switch (event.kind) {
      case "request":
        if (this.#acceptor.isFull) this.refuse(503);
        else this.#decide(event.request);
        break;
      case "http-request":
        this.#acceptor.host.handleHttp(
          {
            head: event.head,
            peer: this.#peer,
            release: () => {
              const bytes = this.#handshake.release();
              this.#acceptor.ended(this);
              return bytes;
            },
            reject: (status, reply) => this.refuse(status, reply),
          },
          this.#transport,
        );
        break;
      case "failed":
        break; // it was answered where there is an answer; the transport's end follows
    }
  }

  turnEnded(): void {}

  effectsPerformed(): void {}

  transportClosed(): void {
    this.#acceptor.ended(this);
  }

  #decide(request: UpgradeRequest): void {
    const { options } = this.#acceptor;
    if (options.authorize === undefined) {
      this.#accept(request, {});
      return;
    }
    try {
      const decision = options.authorize(request, this.#peer);
      if (decision instanceof Promise) {
        decision.then(
          (later) => this.#carryOut(request, later),
          (error: unknown) => this.#failed(error),
        );
      } else this.#carryOut(request, decision);
    } catch (error) {
      this.#failed(error);
    }
  }

  #carryOut(request: UpgradeRequest, decision: Consent | Refusal | undefined): void {
    if (!this.#isPending) return; // the client has gone, or openTimeout has passed
    try {
      if (decision !== undefined && "status" in decision) this.refuse(decision.status, decision);
      else this.#accept(request, decision ?? {});
    } catch (error) {
      this.#failed(error); // a subprotocol that was not offered, a header that cannot be
    }
  }

  #accept(request: UpgradeRequest, consent: Consent): void {
    const connection = this.#handshake.accept(this.#now, consent);
    const opening: ServerOpening = { request, subprotocol: this.#handshake.subprotocol, peer: this.#peer };
    const session = new Session(connection, this.#driver, this.#acceptor.sessionSettings, opening);
    session.data = consent.data;
    this.#acceptor.opened(this, session);
  }

  #failed(error: unknown): void {
    this.#acceptor.report(error, undefined);
    this.refuse(500);
  }

  get #isPending(): boolean {
    const { state } = this.#handshake;
    return state === "reading" || state === "deciding";
  }

  get #now(): number {
    return this.#acceptor.host.runtime.clock.now();
  }
}
