// What a page has, in virtual time: the WebSocket class of a browser, on the real engine over simulated links; a clock
// that can be throttled; a network that comes and goes; tabs that are put away.

import type { ClientOpening } from "../driver/client-options.ts";
import type { Session } from "../driver/session.ts";
import { parseWebSocketUrl } from "../handshake/url.ts";
import { CloseCode } from "../vocabulary/close-code.ts";
import type { ClosedEvent } from "../vocabulary/event.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import type { Link, LinkOptions } from "./link.ts";
import { LocalClock } from "./local-clock.ts";
import { SeededRandom } from "./randomness.ts";
import type { VirtualServer } from "./virtual-server.ts";

/** What happens to a page: see `Page` of `@sansock/browser`. */
export type VirtualPageEvent = "online" | "offline" | "visible" | "suspended" | "resumed";

/** The network that a virtual browser is in. */
export interface VirtualBrowserOptions {
  /** How links behave that are made from now on. */
  readonly link?: LinkOptions | undefined;
  /** What chance is drawn from. Default: 0. */
  readonly seed?: number | undefined;
}

/** What `connect` of `@sansock/browser` takes from its surroundings. */
export interface VirtualEnvironment {
  readonly WebSocket: new (url: string | { toString(): string }, protocols?: string | string[]) => VirtualWebSocket;
  readonly clock: LocalClock;
  readonly page: {
    readonly isOnline: boolean;
    watch(listener: (event: VirtualPageEvent) => void): () => void;
  };
  readonly random: FillRandom;
}

/**
 * A browser with one page, and a server that it can reach.
 *
 * ```ts
 * const server = new VirtualServer({ answerKeepalive: true }, handler);
 * const browser = new VirtualBrowser(server, { link: { latency: 40 } });
 * const client = connect("ws://server.test/", browser.environment);
 * await server.run(1_000);
 * browser.link?.cut();
 * await server.run(60_000); // it has noticed, and tried again
 * ```
 */
export class VirtualBrowser {
  /** To be given to `connect`, with other options. */
  readonly environment: VirtualEnvironment;
  /** Every WebSocket that was made, the first one first. */
  readonly sockets: VirtualWebSocket[] = [];
  /** What is reached; `undefined`: nothing, and attempts fail at once. */
  server: VirtualServer | undefined;
  /** How links behave that are made from now on. */
  linkOptions: LinkOptions | undefined;
  readonly #clock: LocalClock;
  readonly #listeners = new Set<(event: VirtualPageEvent) => void>();
  #isOnline = true;

  constructor(server: VirtualServer, options: VirtualBrowserOptions = {}) {
    const browser = this;
    this.server = server;
    this.linkOptions = options.link;
    this.#clock = new LocalClock(server.clock);
    this.environment = {
      WebSocket: class extends VirtualWebSocket {
        constructor(url: string | { toString(): string }, protocols: string | string[] = []) {
          super(browser, `${url}`, typeof protocols === "string" ? [protocols] : protocols);
          browser.sockets.push(this);
        }
      },
      clock: this.#clock,
      page: {
        get isOnline() {
          return browser.#isOnline;
        },
        watch(listener) {
          browser.#listeners.add(listener);
          return () => void browser.#listeners.delete(listener);
        },
      },
      random: new SeededRandom(options.seed ?? 0).fill,
    };
  }

  /** How many listen to what happens to the page. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** The link of the WebSocket that was made last, if it has one. */
  get link(): Link | undefined {
    return this.sockets.at(-1)?.link;
  }

  /** Something happens to the page. */
  emit(event: VirtualPageEvent): void {
    if (event === "online" || event === "offline") this.#isOnline = event === "online";
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** From now on timers are this much too late, as those of tabs that nobody looks at; 0: in time. */
  throttle(by: number): void {
    this.#clock.oversleep(by);
  }

  /** The machine sleeps: nothing runs, and nothing is received, until `wake()`. Links stay. */
  sleep(): void {
    this.#clock.suspend();
    for (const { link } of this.sockets) link?.client.suspend();
  }

  /** Timers that are overdue come first, and then what has arrived. */
  wake(): void {
    this.#clock.resume();
    for (const { link } of this.sockets) link?.client.resume();
  }
}

/** A WebSocket as browsers have it, as far as it can be used without events of the DOM. Bytes arrive as `ArrayBuffer`. */
export class VirtualWebSocket {
  readonly url: string;
  binaryType = "blob";
  onopen: ((event: object) => unknown) | null = null;
  onmessage: ((event: { readonly data: string | ArrayBuffer }) => unknown) | null = null;
  onerror: ((event: object) => unknown) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => unknown) | null =
    null;
  /** What lies between it and the server; `undefined` if no server was to be reached. */
  readonly link: Link | undefined;
  #session: Session<ClientOpening> | undefined = undefined;
  #abort: (() => void) | undefined = undefined;
  #state: 0 | 1 | 2 | 3 = 0;

  /** Made by `VirtualBrowser`. Throws `UsageError` for a URL that is none. */
  constructor({ server, linkOptions, environment }: VirtualBrowser, url: string, protocols: readonly string[]) {
    parseWebSocketUrl(url);
    this.url = url;
    if (server === undefined) {
      environment.clock.alarm(environment.clock.now(), () => this.#fail());
      return;
    }
    const { session, link } = server.dial({
      url,
      subprotocols: protocols,
      pingInterval: null, // browsers have none
      maxMessageBytes: null,
      link: linkOptions,
      signal: {
        aborted: false,
        reason: new Error("the WebSocket was closed before it was open"),
        addEventListener: (_type, abort) => {
          this.#abort = abort;
        },
        removeEventListener() {},
      },
      callbacks: {
        open: (opened) => {
          this.#session = opened;
          this.#state = 1;
          this.onopen?.({});
        },
        message: (_session, message) => {
          if (this.readyState !== 1) return;
          this.onmessage?.({ data: message.kind === "text" ? message.text : toBuffer(message.bytes) });
        },
        close: (_session, event) => this.#close(event),
      },
    });
    this.link = link;
    session.catch(() => this.#fail());
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    return this.#state === 1 && this.#session!.state !== "open" ? 2 : this.#state;
  }

  get bufferedAmount(): number {
    return this.#session?.queuedBytes ?? 0;
  }

  get protocol(): string {
    return this.#session?.opening.subprotocol ?? "";
  }

  /** What is sent while it is closing, or closed, goes nowhere. Throws before it is open. */
  send(data: string | Uint8Array): void {
    if (this.#state === 0) throw new UsageError("not-open", "the WebSocket is not open");
    void this.#session?.send(typeof data === "string" ? data : data.slice());
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== CloseCode.Normal && !(code >= 3000 && code <= 4999)) {
      throw new UsageError("bad-close-code", "a page may close with 1000, or with 3000 to 4999");
    }
    if (this.readyState >= 2) return;
    this.#state = 2;
    if (this.#session !== undefined) void this.#session.close(code, reason);
    else this.#abort?.();
  }

  #fail(): void {
    this.onerror?.({});
    this.#close({ code: CloseCode.Abnormal, reason: "", clean: false });
  }

  #close({ code, reason, clean }: Pick<ClosedEvent, "code" | "reason" | "clean">): void {
    this.#state = 3;
    this.onclose?.({ code, reason, wasClean: clean });
  }
}

function toBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}
