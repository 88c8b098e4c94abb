import { Acceptor } from "../driver/acceptor.ts";
import type { ClientOpening, ClientOptions, ClientSession } from "../driver/client-options.ts";
import { dial } from "../driver/dial.ts";
import type { SessionList } from "../driver/roster.ts";
import type { Runtime } from "../driver/runtime.ts";
import type {
  CloseServerOptions,
  ServerOpening,
  ServerOptions,
  ServerSession,
  SessionHandler,
} from "../driver/server-options.ts";
import type { SessionCallbacks } from "../driver/session-callbacks.ts";
import type { Duration } from "../vocabulary/time.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { LinkEnd } from "./link-end.ts";
import { SeededRandom } from "./randomness.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** How a client connects to a virtual server: the options of `connect` in the adapters, and those of the link. */
export interface VirtualClientOptions extends ClientOptions {
  /** Default: `ws://server.test/`. */
  readonly url?: string | undefined;
  readonly callbacks?: SessionCallbacks<ClientOpening> | undefined;
  /** What lies between the two. */
  readonly link?: LinkOptions | undefined;
}

/** A client that is on its way: its session, once it is open, and what lies between. */
export interface VirtualDialing {
  readonly session: Promise<ClientSession>;
  readonly link: Link;
}

/**
 * A server as the adapters run it, opening handshake and all, in virtual time, with clients that connect over links.
 *
 * ```ts
 * const server = new VirtualServer({ pingInterval: 20_000 }, handler); // as serve(options, handler)
 * const { client, link } = await server.connect({ link: { latency: 40 } });
 * await client.send("hello");
 * await server.run(60_000);
 * link.cut();
 * await server.close();
 * ```
 */
export class VirtualServer<Data = unknown> {
  readonly clock: VirtualClock;
  /** What the application threw, where `onError` does not take it. */
  readonly errors: unknown[] = [];
  readonly #acceptor: Acceptor<Data>;
  readonly #random: SeededRandom = new SeededRandom(0);

  /**
   * `clock`: for several servers in one world; by default one of its own, at 0. Requests that are not for a WebSocket are
   * answered with 426. Throws `UsageError` "bad-option".
   */
  constructor(
    options: ServerOptions<Data>,
    handler: SessionHandler<Data> | SessionCallbacks<ServerOpening, Data>,
    clock: VirtualClock = new VirtualClock(),
  ) {
    this.clock = clock;
    this.#acceptor = new Acceptor(options, handler, {
      runtime: this.#runtime(this.clock),
      secure: undefined,
      handleHttp: (request) => request.reject(426),
    });
  }

  /** The sessions that have not ended. */
  get sessions(): SessionList<ServerSession<Data>> {
    return this.#acceptor.sessions;
  }

  /** Accepts one end of a link; the other one is for whoever plays the client. Without options a new link. */
  accept(options?: LinkOptions): Link {
    const link = new Link(this.clock, options);
    this.#acceptor.accept(link.server, { address: undefined, port: undefined, secure: false });
    return link;
  }

  /** Begins to connect a client. The clock does not move. */
  dial(options: VirtualClientOptions = {}): VirtualDialing {
    const { url = "ws://server.test/", callbacks, link: linkOptions, ...clientOptions } = options;
    const link = this.accept(linkOptions);
    const session = dial(url, clientOptions, callbacks, this.#runtime(link.client.clock), () => ({
      transport: Promise.resolve<LinkEnd>(link.client),
      abandon: () => link.client.destroy(),
    }));
    return { session, link };
  }

  /** Connects a client; the clock moves as far as that takes. Rejects as `connect` in the adapters does. */
  async connect(options?: VirtualClientOptions): Promise<{ readonly client: ClientSession; readonly link: Link }> {
    const { session, link } = this.dial(options);
    return { client: await this.until(session), link };
  }

  /** Sends one message to every session but `except`. */
  broadcast(content: string | Uint8Array, except?: ServerSession): void {
    this.#acceptor.broadcast(content, except);
  }

  /** Closes the server gracefully; the clock moves as far as that takes. */
  close(options?: CloseServerOptions): Promise<void> {
    return this.until(this.#acceptor.close(options));
  }

  /** Lets `duration` ms pass, promise reactions included: `clock.run`. */
  run(duration: Duration): Promise<void> {
    return this.clock.run(duration);
  }

  /** Lets time pass until `promise` settles: `clock.until`. */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T> {
    return this.clock.until(promise, within);
  }

  #runtime(clock: Runtime["clock"]): Runtime {
    return {
      clock,
      random: this.#random.fork().fill,
      observer: {},
      reportError: (error) => void this.errors.push(error),
    };
  }
}
