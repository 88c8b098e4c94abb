import {
  type Duration,
  type FillRandom,
  type Loss,
  MessageKeepaliveSettings,
  ReconnectionSettings,
  UsageError,
} from "@sansock/protocol/liveness";
import { browserClock, type ClientClock } from "./browser-clock.ts";
import type { ConnectOptions } from "./client-options.ts";
import { browserPage, type Page } from "./page.ts";
import { Reports } from "./reports.ts";
import type { WebSocketClass } from "./web-socket.ts";

const MEBIBYTE = 1024 * 1024;

/** What has arrived while a tab was throttled, or a machine slept, comes through another process, and takes its time. */
const GRACE: Duration = 1_000;

/** Options, completed with what the runtime has, and checked. Throws `UsageError` "bad-option". */
export class ClientSettings {
  readonly WebSocket: WebSocketClass;
  readonly clock: ClientClock;
  readonly page: Page | null;
  readonly protocols: string | readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly reports: Reports;
  /** `undefined`: no messages of keepalive. */
  readonly keepalive: MessageKeepaliveSettings | undefined;
  readonly reconnection: ReconnectionSettings;
  /** `undefined`: no queue. */
  readonly queue: { readonly maxMessages: number; readonly maxBytes: number } | undefined;
  readonly maxQueuedBytes: number;
  readonly maxUnreadBytes: number;

  constructor(options: ConnectOptions) {
    const { keepalive = {}, reconnect = {}, queue = null, page = browserPage, openTimeout, closeTimeout } = options;
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (typeof WebSocket !== "function") throw new UsageError("bad-option", "there is no WebSocket in this runtime");
    const random: FillRandom = options.random ?? ((target) => crypto.getRandomValues(target));
    const grace = keepalive?.grace ?? GRACE;
    this.WebSocket = WebSocket;
    this.clock = options.clock ?? browserClock;
    this.page = page;
    this.protocols = options.protocols ?? [];
    this.signal = options.signal;
    this.reports = new Reports(options.onError);
    this.keepalive = keepalive === null ? undefined : new MessageKeepaliveSettings({ ...keepalive, grace, random });
    const giveUp = reconnect === null ? () => true : this.#guarded(reconnect.giveUp);
    this.reconnection = new ReconnectionSettings({ ...reconnect, giveUp, openTimeout, closeTimeout, grace, random });
    this.queue =
      queue === null
        ? undefined
        : {
            maxMessages: checkLimit("queue.maxMessages", queue.maxMessages, 1_000),
            maxBytes: checkLimit("queue.maxBytes", queue.maxBytes, MEBIBYTE),
          };
    this.maxQueuedBytes = checkLimit("maxQueuedBytes", options.maxQueuedBytes, 16 * MEBIBYTE);
    this.maxUnreadBytes = checkLimit("maxUnreadBytes", options.maxUnreadBytes, 16 * MEBIBYTE);
  }

  /** What throws has not decided: nothing is given up for it. */
  #guarded(giveUp: ((loss: Loss) => boolean) | undefined): ((loss: Loss) => boolean) | undefined {
    return giveUp && ((loss) => this.reports.guard(() => giveUp(loss)) === true);
  }
}

function checkLimit(name: string, value: number | null | undefined, byDefault: number): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  const limit = value ?? byDefault;
  if (typeof limit === "number" && limit >= 0) return limit;
  throw new UsageError("bad-option", `${name} must be a number, 0 or more`);
}
