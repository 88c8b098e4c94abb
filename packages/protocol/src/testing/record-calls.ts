import type { Session } from "../driver/session.ts";
import type { SessionCallbacks } from "../driver/session-callbacks.ts";

/** One call of a callback: its name, the session, and its other arguments. */
export interface RecordedCall {
  readonly name: keyof SessionCallbacks;
  readonly session: Session;
  readonly arguments: readonly unknown[];
}

/** What `recordCalls` returns. */
export interface CallRecord {
  /** To be given to a session. */
  readonly callbacks: SessionCallbacks;
  /** Every call so far. */
  readonly calls: readonly RecordedCall[];
  /** The names of the calls so far, and nothing else. */
  readonly names: readonly (keyof SessionCallbacks)[];
}

/** How many arguments a callback has, beside the session. */
const ARGUMENTS: Readonly<Record<keyof SessionCallbacks, number>> = {
  open: 0,
  message: 1,
  fragment: 1,
  ping: 1,
  pong: 2,
  drain: 0,
  close: 1,
};

/**
 * Callbacks that write down every call, and then do what `then` does for them.
 *
 * ```ts
 * const record = recordCalls({ message: (session) => session.close() });
 * // … a session runs with record.callbacks …
 * record.names; // ["open", "message", "close"]
 * ```
 *
 * The record takes whole messages; with `delivery: "fragments"` it takes fragments.
 */
export function recordCalls(then: SessionCallbacks = {}): CallRecord {
  const calls: RecordedCall[] = [];
  const names: (keyof SessionCallbacks)[] = [];
  const recorded =
    (name: keyof SessionCallbacks) =>
    (session: Session, ...rest: readonly unknown[]): unknown => {
      calls.push({ name, session, arguments: rest.slice(0, ARGUMENTS[name]) });
      names.push(name);
      return (then[name] as ((session: Session, ...rest: readonly unknown[]) => unknown) | undefined)?.call(
        then,
        session,
        ...rest,
      );
    };
  const callbacks: SessionCallbacks = {
    open: recorded("open"),
    message: recorded("message"),
    fragment: recorded("fragment"),
    ping: recorded("ping"),
    pong: recorded("pong"),
    drain: recorded("drain"),
    close: recorded("close"),
  };
  return { callbacks, calls, names };
}
