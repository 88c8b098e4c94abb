// Servers and clients that open their sessions by the handshake, over links, in virtual time.

import type { RequestHead } from "@sansock/protocol";
import {
  Acceptor,
  type ClientOpening,
  type ClientOptions,
  type ClientSession,
  dial,
  type HttpRequest,
  type Runtime,
  type ServerOpening,
  type ServerOptions,
  type SessionCallbacks,
  type SessionHandler,
  type TransportListener,
} from "@sansock/protocol/driver";
import { Link, type LinkOptions, SeededRandom, VirtualClock } from "@sansock/protocol/testing";

export const PEER = { address: "192.0.2.1", port: 4711, secure: false };

/** What was told to nobody in particular. */
export interface Reports {
  readonly errors: unknown[];
  readonly observed: string[];
}

export function runtimeOn(clock: VirtualClock, reports: Reports, seed = 1): Runtime {
  return {
    clock,
    random: new SeededRandom(seed).fill,
    observer: {
      opened: () => void reports.observed.push("opened"),
      closed: (_session, event) => void reports.observed.push(`closed ${event.cause.kind}`),
    },
    reportError: (error) => void reports.errors.push(error),
  };
}

export type Handler = SessionHandler | SessionCallbacks<ServerOpening>;

/** A server, and the means to connect to it. */
export class TestServer {
  readonly clock = new VirtualClock();
  readonly reports: Reports = { errors: [], observed: [] };
  readonly http: HttpRequest[] = [];
  readonly acceptor: Acceptor;

  constructor(handler: Handler, options: ServerOptions = {}) {
    this.acceptor = new Acceptor(options, handler, {
      runtime: runtimeOn(this.clock, this.reports),
      secure: false,
      handleHttp: (request) => void this.http.push(request),
    });
  }

  /** A link whose server's end was accepted. */
  link(options?: LinkOptions, head?: RequestHead, leftover?: Uint8Array): Link {
    const link = new Link(this.clock, options);
    this.acceptor.accept(link.server, PEER, head, leftover);
    return link;
  }

  /** A client of the engine that dials. */
  dial(
    options: ClientOptions = {},
    link: Link = this.link(),
    callbacks?: SessionCallbacks<ClientOpening>,
  ): Promise<ClientSession> {
    return dial("ws://example.com/chat?x=1", options, callbacks, runtimeOn(this.clock, this.reports, 2), () => ({
      transport: Promise.resolve(link.client),
      abandon: () => link.client.destroy(),
    }));
  }

  /** A client that has opened. */
  async connect(options?: ClientOptions): Promise<ClientSession> {
    return this.clock.until(this.dial(options));
  }

  run(duration: number): Promise<void> {
    return this.clock.run(duration);
  }

  until<T>(promise: Promise<T>, within?: number): Promise<T> {
    return this.clock.until(promise, within);
  }
}

/** A client, or a server, that writes what it is told, and collects what it gets. */
export class RawPeer implements TransportListener {
  text = "";
  ended = false;
  isClosed = false;
  readonly #end: Link["client"];

  constructor(end: Link["client"]) {
    this.#end = end;
    end.start(this);
  }
  send(text: string): void {
    this.#end.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }
  received(bytes: Uint8Array): void {
    this.text += String.fromCharCode(...bytes);
  }
  receivedEnd(): void {
    this.ended = true;
  }
  drained(): void {}
  closed(): void {
    this.isClosed = true;
  }
  get status(): number {
    return Number(this.text.split(" ")[1]);
  }
}

/** An opening request, with some lines in place of others. */
export function upgradeRequest(...lines: readonly string[]): string {
  return [
    "GET /chat HTTP/1.1",
    "Host: example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...lines,
    "",
    "",
  ].join("\r\n");
}

/** What the engine looks at of an AbortSignal. */
export class TestSignal {
  aborted = false;
  reason: unknown = undefined;
  readonly listeners: Set<() => void> = new Set();
  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_type: "abort", listener: () => void): void {
    this.listeners.delete(listener);
  }
  abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.listeners]) listener();
  }
}
