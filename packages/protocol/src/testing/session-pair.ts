import { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/connection-options.ts";
import { Driver } from "../driver/driver.ts";
import { Session } from "../driver/session.ts";
import type { SessionCallbacks } from "../driver/session-callbacks.ts";
import { type SessionObserver, type SessionOptions, SessionSettings } from "../driver/session-options.ts";
import type { Duration } from "../vocabulary/time.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { LinkEnd } from "./link-end.ts";
import { SeededRandom } from "./randomness.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a session of a pair is made with. Everything has its usual default. */
export interface EndOptions extends Partial<Omit<ConnectionOptions, "role">>, SessionOptions {
  /** Callbacks, for applications that use them. */
  readonly callbacks?: SessionCallbacks | undefined;
  /** Who looks on. By default failures of callbacks are collected in `SessionPair.failures`. */
  readonly observer?: SessionObserver | undefined;
}

/** What the two sessions of a pair are like, and what lies between them. */
export interface SessionPairOptions {
  readonly client?: EndOptions | undefined;
  readonly server?: EndOptions | undefined;
  /** How the link between them behaves. */
  readonly link?: LinkOptions | undefined;
  /** The clock to run on, for several pairs in one world. Default: one of its own, at 0. */
  readonly clock?: VirtualClock | undefined;
}

/** Two open sessions and what lies between them. */
export interface SessionPair {
  readonly client: Session;
  readonly server: Session;
  readonly link: Link;
  readonly clock: VirtualClock;
  /** What callbacks threw or rejected with, in their order. */
  readonly failures: readonly unknown[];
  /** Lets `duration` ms pass, promise reactions included: `clock.run`. */
  run(duration: Duration): Promise<void>;
  /** Lets time pass until `promise` settles: `clock.until`. */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
}

/**
 * Two open sessions that are joined by a link, in virtual time, to test applications with.
 *
 * ```ts
 * const { client, server, until } = sessionPair({ link: { latency: 40 } });
 * void echo(server); // the application under test
 * await client.send("hello");
 * await until(client.ping()); // 80, at once
 * ```
 */
export function sessionPair(options: SessionPairOptions = {}): SessionPair {
  const clock = options.clock ?? new VirtualClock();
  const link = new Link(clock, options.link);
  const failures: unknown[] = [];
  const observer: SessionObserver = { failed: (_session, error) => void failures.push(error) };
  const random = new SeededRandom(options.link?.seed ?? 0).fill;
  const open = (role: "client" | "server", end: LinkEnd, given: EndOptions = {}): Session =>
    openSession(end, { ...given, role, random: given.random ?? random, observer: given.observer ?? observer });
  return {
    server: open("server", link.server, options.server),
    client: open("client", link.client, options.client),
    link,
    clock,
    failures,
    run: (duration) => clock.run(duration),
    until: (promise, within) => clock.until(promise, within),
  };
}

/** What `openSession` needs. */
export interface OpenSessionOptions extends ConnectionOptions, SessionOptions {
  readonly callbacks?: SessionCallbacks | undefined;
  readonly observer: SessionObserver;
}

/** Opens a session on one end of a link, without an opening handshake. */
export function openSession(end: LinkEnd, options: OpenSessionOptions): Session {
  const connection = new Connection(end.clock.now(), options);
  const settings = new SessionSettings(options, options.callbacks, options.observer);
  const session = new Session(connection, new Driver(end, end.clock), settings, undefined);
  session.start();
  return session;
}
