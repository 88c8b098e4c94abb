// The demo, put together: an echo server that keeps its connections alive, a relay in which they can be broken, and a page
// that shows what happens.

import { type ServerOpening, type ServerSession, type SessionCallbacks, serve } from "@sansock/node-adapter";
import type { Duration } from "@sansock/protocol";
import { Observers } from "./observers.ts";
import { createPageServer } from "./page.ts";
import { type Relay, startRelay } from "./relay.ts";
import { Roster } from "./roster.ts";
import { urlHost } from "./url-host.ts";

/** Times in ms. */
export interface DemoOptions {
  readonly port: number;
  readonly host: string;
  readonly pingInterval: Duration;
  readonly pingTimeout: Duration;
  readonly closeTimeout: Duration;
}

/** A demo that runs. */
export interface Demo {
  /** Where the page is. */
  readonly url: string;
  /** Closes all connections with 1001, and stops listening. Resolves when nothing is left. */
  close(): Promise<void>;
}

/** How long connections have to close when the demo stops. */
const CLOSE_WITHIN: Duration = 2_000;

/** Starts the demo. Rejects with Node's own error if it cannot listen. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { port, host, pingInterval, pingTimeout, closeTimeout } = options;
  let relay: Relay | undefined;
  const relayPort = (): number => relay?.port ?? 0;
  const roster = new Roster(({ opening: { peer } }) => relay?.pipeFrom(peer.address, peer.port));
  const observers = new Observers(roster, () => ({
    kind: "greeting",
    pingInterval,
    pingTimeout,
    closeTimeout,
    relayPort: relayPort(),
  }));
  const server = await serve(
    {
      port,
      host,
      pingInterval,
      pingTimeout,
      closeTimeout,
      maxQueuedBytes: null, // nothing is read while an echo waits, so that one message is the most that can wait
      origin: { allow: isSameHost },
      http: createPageServer(relayPort),
    },
    byPath({ "/observe": observers }, roster),
  );
  try {
    relay = await startRelay(host, server.port!);
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    url: `http://${urlHost(host)}:${server.port}/`,
    async close() {
      await server.close({ timeout: CLOSE_WITHIN });
      relay?.close();
    },
  };
}

/** The page comes from one port of this host, and connects to two. */
function isSameHost(origin: string, request: { readonly headers: { get(name: string): string | undefined } }): boolean {
  return new URL(origin).hostname === new URL(`http://${request.headers.get("host")}`).hostname;
}

/** Callbacks that serve each session with others, by the path that was asked for. */
function byPath(
  paths: Readonly<Record<string, SessionCallbacks<ServerOpening>>>,
  otherwise: SessionCallbacks<ServerOpening>,
): SessionCallbacks<ServerOpening> {
  const of = ({ opening }: ServerSession): SessionCallbacks<ServerOpening> => paths[opening.request.path] ?? otherwise;
  return {
    open: (session) => of(session).open?.(session),
    message: (session, message) => of(session).message?.(session, message),
    pong: (session, payload, latency) => of(session).pong?.(session, payload, latency),
    close: (session, event) => of(session).close?.(session, event),
  };
}
