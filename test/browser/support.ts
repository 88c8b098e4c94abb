// A browser, a server, and a client between them, in virtual time.

import {
  type Client,
  type ClientCallbacks,
  type ConnectOptions,
  connect,
  type Destination,
  type Message,
  type Outage,
} from "@sansock/browser";
import type { ServerOptions, ServerSession, SessionCallbacks } from "@sansock/protocol/driver";
import { type LinkOptions, VirtualBrowser, VirtualServer, type VirtualWebSocket } from "@sansock/protocol/testing";

export const URL = "ws://server.test/";

/** Echoes, and has every session pinged as usual. */
const echo: SessionCallbacks = {
  message: (session, message) => void session.send(message),
};

export interface World {
  readonly server: VirtualServer;
  readonly browser: VirtualBrowser;
  readonly client: Client;
  /** What the client called back, in its order. */
  readonly calls: string[];
  /** What it told of connections that were lost, and attempts that failed. */
  readonly outages: Outage[];
  /** What callbacks threw. */
  readonly errors: unknown[];
  /** The session of the server, once there is one: of the last connection. */
  readonly session: ServerSession;
  run(duration: number): Promise<void>;
  /** No server can be reached any more, and every connection is reset. */
  kill(): void;
  /** It can be reached again. */
  restart(): void;
}

export interface WorldOptions extends ConnectOptions {
  readonly link?: LinkOptions;
  readonly server?: ServerOptions;
  readonly serves?: SessionCallbacks;
  readonly callbacks?: ClientCallbacks;
  readonly url?: Destination;
  /** Told of everything that is given to a WebSocket. */
  readonly onSend?: (data: string | Uint8Array, socket: VirtualWebSocket) => void;
  /** Whether a server is to be reached in the beginning. */
  readonly isUp?: boolean;
}

/** Connects; the clock has not moved yet. */
export function world(options: WorldOptions = {}): World {
  const {
    link,
    server: serverOptions,
    serves = echo,
    callbacks = {},
    isUp = true,
    url = URL,
    onSend,
    ...connectOptions
  } = options;
  const server = new VirtualServer({ answerKeepalive: true, ...serverOptions }, serves as SessionCallbacks<never>);
  const browser = new VirtualBrowser(server, { link });
  if (!isUp) browser.server = undefined;
  class WatchedWebSocket extends browser.environment.WebSocket {
    override send(data: string | Uint8Array): void {
      onSend?.(data, this);
      super.send(data);
    }
  }
  const calls: string[] = [];
  const outages: Outage[] = [];
  const errors: unknown[] = [];
  const recorded: ClientCallbacks = {
    open: (client) => {
      calls.push("open");
      return callbacks.open?.(client);
    },
    down: (client, outage) => {
      calls.push(`down: ${outage.kind}`);
      outages.push(outage);
      return callbacks.down?.(client, outage);
    },
    state: (client, state) => {
      calls.push(state);
      return callbacks.state?.(client, state);
    },
    latency: (client, latency) => {
      calls.push(`latency: ${latency}`);
      return callbacks.latency?.(client, latency);
    },
    close: (client, end) => {
      calls.push(`close: ${end.kind}`);
      return callbacks.close?.(client, end);
    },
    ...(callbacks.message && { message: callbacks.message }),
  };
  const client = connect(
    url,
    {
      ...browser.environment,
      WebSocket: WatchedWebSocket,
      onError: (error) => void errors.push(error),
      ...connectOptions,
    },
    recorded,
  );
  return {
    server,
    browser,
    client,
    calls,
    outages,
    errors,
    get session() {
      const session = [...server.sessions].at(-1);
      if (session === undefined) throw new Error("the server has no session");
      return session;
    },
    run: (duration) => server.run(duration),
    kill() {
      browser.server = undefined;
      for (const { link } of browser.sockets) link?.reset();
    },
    restart() {
      browser.server = server;
    },
  };
}

export function textOf(text: string): Message {
  return { kind: "text", text };
}

/** What becomes of a promise: "resolved", or what it rejects with. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "resolved",
    (error: unknown) => error,
  );
}
