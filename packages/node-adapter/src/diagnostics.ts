// What happens on sessions, for tracing: published only where somebody has subscribed.

import { channel } from "node:diagnostics_channel";
import type { ClosedEvent } from "@sansock/protocol";
import type { Session } from "@sansock/protocol/driver";

const channels = {
  open: channel("sansock:open"),
  ping: channel("sansock:ping"),
  pong: channel("sansock:pong"),
  close: channel("sansock:close"),
  error: channel("sansock:error"),
};

/** Publishes on the channels `sansock:open`, `sansock:ping`, `sansock:pong`, `sansock:close` and `sansock:error`. */
export const diagnostics = {
  /** `{ session }` */
  opened(session: Session): void {
    if (channels.open.hasSubscribers) channels.open.publish({ session });
  },
  /** `{ session, payload }`: a Ping arrived. */
  ping(session: Session, payload: Uint8Array): void {
    if (channels.ping.hasSubscribers) channels.ping.publish({ session, payload });
  },
  /** `{ session, payload, latency }`: a Pong arrived; `latency` in ms if it matched a Ping of ours. */
  pong(session: Session, payload: Uint8Array, latency: number | undefined): void {
    if (channels.pong.hasSubscribers) channels.pong.publish({ session, payload, latency });
  },
  /** `{ session, event }`: the connection has ended. */
  closed(session: Session, event: ClosedEvent): void {
    if (channels.close.hasSubscribers) channels.close.publish({ session, event });
  },
  /** `{ error }`: the application's code threw, and gave no `onError`. */
  failed(error: unknown): void {
    if (channels.error.hasSubscribers) channels.error.publish({ error });
  },
};
