import type {
  Duration,
  FillRandom,
  MessageKeepaliveOptions,
  ReconnectionOptions,
  ReconnectionState,
} from "@sansock/protocol/liveness";
import type { ClientClock } from "./browser-clock.ts";
import type { Client } from "./client.ts";
import type { Message } from "./message.ts";
import type { ClientEnd, Outage } from "./outage.ts";
import type { Page } from "./page.ts";
import type { WebSocketClass } from "./web-socket.ts";

/** Where to connect to. A function is asked before each attempt, so that it can put a fresh token into the URL. */
export type Destination = string | URL | (() => string | URL | Promise<string | URL>);

/** Keepalive by messages of the application; the server must answer them. Times in ms. */
export interface KeepaliveOptions extends Omit<MessageKeepaliveOptions, "random" | "grace"> {
  /**
   * When the wake-up for a missing answer comes late (a throttled tab, a machine that slept), what has arrived meanwhile
   * gets this long to be delivered before the connection is given up. Default: 1000.
   */
  readonly grace?: Duration | undefined;
}

/** When to connect again, and when to give up. */
export type ReconnectOptions = Omit<ReconnectionOptions, "random" | "grace" | "openTimeout" | "closeTimeout">;

/** How much may wait for a connection. Text counts by its UTF-16 code units. */
export interface QueueOptions {
  /** Default: 1000. */
  readonly maxMessages?: number | undefined;
  /** Default: 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Everything that a client can be told. */
export interface ConnectOptions {
  /** The subprotocols to offer, the most wanted first. */
  readonly protocols?: string | readonly string[] | undefined;
  /** `null`: no messages of keepalive; a dead connection is then noticed when the browser notices. */
  readonly keepalive?: KeepaliveOptions | null | undefined;
  /** `null`: the first loss is final. */
  readonly reconnect?: ReconnectOptions | null | undefined;
  /** An attempt that takes longer is abandoned. `null`: no limit. Default: 10 000. */
  readonly openTimeout?: Duration | null | undefined;
  /** `close()` waits this long for the server. `null`: no limit. Default: 10 000. */
  readonly closeTimeout?: Duration | null | undefined;
  /**
   * What becomes of messages that are sent while there is no connection. `null`: they are rejected. Otherwise they wait, in
   * their order; what does not fit is rejected. Default: `null`.
   */
  readonly queue?: QueueOptions | null | undefined;
  /**
   * What is sent while more than this waits in the browser is rejected: the network does not keep up. `null`: no limit.
   * Default: 16 MiB.
   */
  readonly maxQueuedBytes?: number | null | undefined;
  /**
   * A WebSocket of a browser cannot be told to wait. When more than this has arrived and nobody has taken it, the client is
   * closed. `null`: no limit. Default: 16 MiB.
   */
  readonly maxUnreadBytes?: number | null | undefined;
  /** Ends the client at once. */
  readonly signal?: AbortSignal | undefined;
  /** Told of what callbacks, and the functions in these options, threw. Default: `reportError`. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Default: the global one. */
  readonly WebSocket?: WebSocketClass | undefined;
  /** Default: `browserClock`. */
  readonly clock?: ClientClock | undefined;
  /** `null`: nothing is made of tabs and networks. Default: `browserPage`. */
  readonly page?: Page | null | undefined;
  /** Default: `crypto.getRandomValues`. */
  readonly random?: FillRandom | undefined;
}

/** What a client calls, if it is given. What a callback throws, or rejects with, is reported, and changes nothing else. */
export interface ClientCallbacks {
  /** There is a connection: the first, or another one. What is sent here, at once, goes out before what has waited. */
  open?(client: Client): unknown;
  /** A message arrived. Without this callback messages wait for somebody who iterates. */
  message?(client: Client, message: Message): unknown;
  /** A keepalive message was answered, after so many ms. */
  latency?(client: Client, latency: Duration): unknown;
  /** The connection has ended, whoever ended it; or an attempt failed. */
  down?(client: Client, outage: Outage): unknown;
  /** `client.state` has changed. */
  state?(client: Client, state: ReconnectionState): unknown;
  /** There will be no further connection. Always the last call, exactly once. */
  close?(client: Client, end: ClientEnd): unknown;
}
