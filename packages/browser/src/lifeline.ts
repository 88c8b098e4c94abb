// One connection after another, as if they were one: runs the machines that decide about time on a clock, does with
// WebSockets what they want, and tells the application. `Client` is its face.

import {
  type Duration,
  type Instant,
  MessageKeepalive,
  Reconnection,
  type ReconnectionState,
  UsageError,
} from "@sansock/protocol/liveness";
import type { Client } from "./client.ts";
import type { ClientCallbacks, Destination } from "./client-options.ts";
import type { ClientSettings } from "./client-settings.ts";
import { type Deferred, defer } from "./deferred.ts";
import { Inbox } from "./inbox.ts";
import { type Message, messageOf } from "./message.ts";
import { type ClientEnd, Disconnected, isNormalEnd, type Outage, type OutageKind, QueueOverflow } from "./outage.ts";
import type { PageEvent } from "./page.ts";
import type { Reports } from "./reports.ts";
import { WaitingMessages } from "./waiting-messages.ts";
import { SocketConnection } from "./web-socket.ts";

// Shared by every call that need not wait.
const DONE: Promise<void> = Promise.resolve();

/** Abnormal closure (RFC 6455 §7.4.1): there was no Close. */
const ABNORMAL = 1006;
/** §7.4.1: all is done. Of the codes below 3000 it is the only one that a browser lets a page send. */
export const NORMAL = 1000;
/** Registered with IANA: timeout. */
const TIMEOUT = 3008;

/** How a client will end that is being closed. */
const CLOSED: ClientEnd = { kind: "closed", outage: undefined, error: undefined };

/** An attempt, and the connection that it leads to. Another one is there as soon as this one does not count any more. */
interface Attempt {
  connection: SocketConnection | undefined;
  isOpen: boolean;
}

/** A `ping()` that waits: for the answer to this id, or to a later one. */
interface WaitingPing {
  readonly id: number;
  readonly answered: Deferred<Duration>;
}

export class Lifeline {
  readonly #client: Client;
  readonly #destination: Destination;
  readonly #settings: ClientSettings;
  readonly #callbacks: ClientCallbacks;
  readonly #reports: Reports;
  readonly #reconnection: Reconnection;
  readonly #detach: () => void;
  /** `undefined` where a callback takes the messages. */
  readonly inbox: Inbox | undefined;
  /** How many iterations have begun and were not left. */
  iterations = 0;
  /** Somebody waits for the end: where nobody iterates, messages are of no interest. */
  endIsAwaited = false;
  readonly closed: Deferred<ClientEnd> = defer();
  outage: Outage | undefined = undefined;
  keepalive: MessageKeepalive | undefined = undefined;
  readonly #waiting: WaitingMessages | undefined;
  #attempt: Attempt | undefined = undefined;
  #pings: WaitingPing[] = [];
  #opening: Deferred<void>[] = [];
  #end: ClientEnd | undefined = undefined;
  /** Why it ends, where that is not for `#reconnection` to know. */
  #endsBecause: Pick<ClientEnd, "kind" | "error"> | undefined = undefined;
  /** The callback `open` runs, or is about to: what is sent overtakes what has waited. */
  #isGreeting = false;
  #reportedState: ReconnectionState | undefined = undefined;
  #pumping = false;
  #armedFor: Instant | undefined = undefined;
  #cancelAlarm: (() => void) | undefined = undefined;

  /** Begins at once, and tells nobody before the present code has run. */
  constructor(client: Client, destination: Destination, settings: ClientSettings, callbacks: ClientCallbacks) {
    const { clock, page, signal, queue } = settings;
    this.#client = client;
    this.#destination = destination;
    this.#settings = settings;
    this.#callbacks = callbacks;
    this.#reports = settings.reports;
    this.#waiting = queue && new WaitingMessages(queue.maxMessages, queue.maxBytes);
    this.inbox = callbacks.message === undefined ? new Inbox() : undefined;
    signal?.throwIfAborted();
    this.#reconnection = new Reconnection(clock.now(), settings.reconnection, page?.isOnline ?? true);
    const stopWatching = page?.watch((event) => this.#handlePage(event));
    const onAbort = (): void => this.#stop({ kind: "aborted", error: signal?.reason });
    signal?.addEventListener("abort", onAbort);
    this.#detach = () => {
      stopWatching?.();
      signal?.removeEventListener("abort", onAbort);
    };
    this.#pumping = true;
    this.#settle();
    this.#pumping = false;
    if (this.#end?.kind === "impossible") throw this.#end.error;
    void DONE.then(() => this.#pump());
    this.#arm();
  }

  // ---- what the application asks for ----

  get state(): ReconnectionState {
    return this.#reconnection.state;
  }

  get failures(): number {
    return this.#reconnection.failures;
  }

  get retryIn(): Duration | undefined {
    const { retryAt } = this.#reconnection;
    return retryAt === undefined ? undefined : Math.max(0, retryAt - this.#now);
  }

  get subprotocol(): string {
    return this.#attempt?.connection?.subprotocol ?? "";
  }

  get queuedBytes(): number {
    return (this.#waiting?.bytes ?? 0) + (this.#attempt?.connection?.queuedBytes ?? 0);
  }

  send(content: string | Uint8Array): Promise<void> {
    if (this.#isEnding) return this.#reject();
    const connection = this.#writable;
    if (connection !== undefined && (this.#isGreeting || !this.#waiting?.size)) {
      if (connection.queuedBytes + content.length > this.#settings.maxQueuedBytes) return rejected(new QueueOverflow());
      try {
        connection.send(content);
        return DONE;
      } catch (error) {
        return rejected(error);
      }
    }
    if (this.#waiting === undefined) return this.#reject();
    return this.#waiting.add(content) ?? rejected(new QueueOverflow());
  }

  ping(): Promise<Duration> {
    if (this.#settings.keepalive?.format.answered === undefined) {
      throw new UsageError("bad-option", "ping() needs keepalive messages that are answered");
    }
    const { keepalive } = this;
    const id = keepalive && this.state === "open" && this.#reports.guard(() => keepalive.probe(this.#now));
    if (typeof id !== "number") return this.#reject();
    const answered = defer<Duration>();
    this.#pings.push({ id, answered });
    this.#pump();
    return answered.promise;
  }

  whenOpen(): Promise<void> {
    if (this.state === "open") return DONE;
    if (this.#isEnding) return this.#reject();
    const opening = defer<void>();
    this.#opening.push(opening);
    return opening.promise;
  }

  retryNow(): void {
    this.#reconnection.retryNow(this.#now);
    this.#pump();
  }

  close(code: number, reason: string): void {
    if (this.state === "open") {
      this.keepalive?.stop();
      this.#attempt?.connection?.close(code, reason);
      this.#rejectAll(new Disconnected(undefined, CLOSED));
    }
    this.#reconnection.close(this.#now);
    this.#pump();
  }

  // ---- the loop ----

  get #now(): Instant {
    return this.#settings.clock.now();
  }

  /** Does what the machines want, tells the application, and sets the alarm. Does nothing inside itself. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      do this.#settle();
      while (this.#reports.doNext());
    } finally {
      this.#pumping = false;
    }
    this.#arm();
  }

  /** Does what both machines want. */
  #settle(): void {
    if (this.keepalive?.hasFailed) this.#lose("keepalive-timeout", ABNORMAL, "");
    const message = this.keepalive?.nextMessage();
    if (message !== undefined) this.#writable?.send(message);
    for (let action = this.#reconnection.nextAction(); action !== undefined; action = this.#reconnection.nextAction()) {
      if (action.kind === "connect") this.#connect();
      else this.#drop(action.because, ABNORMAL, "", undefined);
    }
    const { state } = this;
    if (state !== this.#reportedState) {
      this.#reportedState = state;
      this.#reports.tell(() => this.#callbacks.state?.(this.#client, state));
    }
    if (state === "stopped" && this.#end === undefined) this.#finish();
  }

  #arm(): void {
    const deadline = earlier(this.#reconnection.deadline, this.keepalive?.deadline);
    // A later deadline keeps the alarm: waking early is harmless.
    if (deadline !== undefined && this.#armedFor !== undefined && deadline >= this.#armedFor) return;
    this.#cancelAlarm?.();
    this.#armedFor = deadline;
    this.#cancelAlarm = deadline === undefined ? undefined : this.#settings.clock.alarm(deadline, () => this.#wake());
  }

  #wake(): void {
    this.#armedFor = undefined;
    this.#cancelAlarm = undefined;
    const { keepalive } = this;
    const now = this.#now;
    if (this.#attempt?.connection?.hasProgressed) keepalive?.transmitted(now);
    this.#reconnection.handleTimeout(now);
    this.#reports.guard(() => keepalive?.handleTimeout(now));
    this.#pump();
  }

  #handlePage(event: PageEvent): void {
    const now = this.#now;
    switch (event) {
      case "online":
        this.#reconnection.online(now);
        this.#probe(now); // another network may have taken the place of the one that the connection is on
        break;
      case "offline":
        this.#reconnection.offline(now);
        break;
      case "visible":
        this.#reconnection.retryNow(now);
        this.#probe(now); // timers hardly ran while nobody looked
        break;
      case "suspended":
        this.#reconnection.suspend(now);
        break;
      case "resumed":
        this.#reconnection.resume(now);
        break;
    }
    this.#pump();
  }

  #probe(now: Instant): void {
    if (this.#settings.keepalive?.pingInterval !== null) this.#reports.guard(() => this.keepalive?.probe(now));
  }

  // ---- one connection ----

  #connect(): void {
    const attempt: Attempt = { connection: undefined, isOpen: false };
    this.#attempt = attempt;
    const destination = this.#destination;
    if (typeof destination !== "function") {
      this.#open(attempt, destination);
      return;
    }
    new Promise<string | URL>((resolve) => resolve(destination())).then(
      (url) => {
        if (this.#attempt !== attempt) return;
        this.#open(attempt, url);
        this.#pump();
      },
      (error: unknown) => {
        if (this.#attempt !== attempt) return;
        this.#lose("no-url", ABNORMAL, "", error);
        this.#pump();
      },
    );
  }

  #open(attempt: Attempt, url: string | URL): void {
    const { WebSocket, protocols } = this.#settings;
    try {
      attempt.connection = new SocketConnection(WebSocket, url, protocols, {
        opened: () => this.#opened(attempt),
        received: (content) => this.#received(content),
        closed: (code, reason) => {
          this.#lose(attempt.isOpen ? "closed" : "refused", code, reason);
          this.#pump();
        },
      });
    } catch (error) {
      this.#stop({ kind: "impossible", error });
    }
  }

  #opened(attempt: Attempt): void {
    const now = this.#now;
    const { keepalive } = this.#settings;
    attempt.isOpen = true;
    this.#reconnection.opened(now);
    this.keepalive = keepalive && new MessageKeepalive(now, keepalive);
    this.outage = undefined;
    this.#isGreeting = true;
    this.#reports.tell(() => this.#callbacks.open?.(this.#client));
    this.#reports.add(() => {
      this.#isGreeting = false;
      this.#flush();
      if (this.state === "open") for (const opening of this.#opening.splice(0)) opening.resolve();
    });
    this.#pump();
  }

  #received(content: string | Uint8Array): void {
    const { keepalive } = this;
    const answeredBefore = keepalive?.answeredId;
    if (this.#reports.guard(() => keepalive?.receive(this.#now, content))) {
      if (keepalive!.answeredId !== answeredBefore) this.#answered(keepalive!);
    } else if (this.state === "open") this.#deliver(messageOf(content));
    this.#pump();
  }

  #answered({ answeredId, rtt }: MessageKeepalive): void {
    const { latest } = rtt!;
    this.#reports.tell(() => this.#callbacks.latency?.(this.#client, latest));
    for (const { answered } of this.#pings.filter(({ id }) => id <= answeredId)) answered.resolve(latest);
    this.#pings = this.#pings.filter(({ id }) => id > answeredId);
  }

  #deliver(message: Message): void {
    const { inbox } = this;
    if (inbox === undefined) {
      this.#reports.tell(() => this.#callbacks.message!(this.#client, message));
      return;
    }
    if (this.endIsAwaited && this.iterations === 0) return;
    inbox.deliver(message);
    if (inbox.bytes > this.#settings.maxUnreadBytes) this.#stop({ kind: "unread-overflow", error: undefined });
  }

  /** The connection there is, if what is sent on it may arrive. */
  get #writable(): SocketConnection | undefined {
    const connection = this.#attempt?.connection;
    return this.state === "open" && connection?.isWritable ? connection : undefined;
  }

  /** Sends what has waited. */
  #flush(): void {
    this.#waiting?.flush((content) => {
      const connection = this.#writable;
      connection?.send(content);
      return connection !== undefined;
    });
  }

  /** The connection is lost, or the attempt has failed, and the machine is to know. */
  #lose(kind: OutageKind, code: number, reason: string, error?: unknown): void {
    this.#drop(kind, code, reason, error);
    this.#reconnection.closed(this.#now, code, reason);
  }

  /** Has done with the connection, or the attempt, in whatever state it is. */
  #drop(kind: OutageKind, code: number, reason: string, error: unknown): void {
    const at = this.#now;
    const { keepalive } = this;
    const { connection, isOpen: opened } = this.#attempt!;
    const unsentBytes = connection?.queuedBytes ?? 0;
    const outage = { kind, at, code, reason, opened, unsentBytes, diagnosis: keepalive?.diagnose(at), error };
    connection?.drop(kind === "keepalive-timeout" ? TIMEOUT : NORMAL, kind);
    this.#attempt = undefined;
    this.keepalive = undefined;
    this.outage = outage;
    this.#rejectPings(new Disconnected(outage));
    this.#reports.tell(() => this.#callbacks.down?.(this.#client, outage));
  }

  // ---- the end ----

  get #isEnding(): boolean {
    return this.state === "closing" || this.state === "stopped";
  }

  /** Ends at once, for a reason that is not for the machine to know. */
  #stop(because: Pick<ClientEnd, "kind" | "error">): void {
    this.#endsBecause ??= because;
    this.#reconnection.stop();
    this.#pump();
  }

  #finish(): void {
    const kind = this.#reconnection.stopReason!;
    const end: ClientEnd = { kind, error: undefined, ...this.#endsBecause, outage: this.outage };
    const failure = new Disconnected(end.outage, end);
    this.#end = end;
    this.#detach();
    this.#rejectAll(failure);
    if (isNormalEnd(end)) this.inbox?.end(undefined);
    else this.inbox?.end(end.kind === "aborted" ? end.error : failure);
    this.#reports.tell(() => this.#callbacks.close?.(this.#client, end));
    this.closed.resolve(end);
  }

  /** What waits for a connection, or on one, waits in vain. */
  #rejectAll(error: Disconnected): void {
    this.#waiting?.reject(error);
    this.#rejectPings(error);
    for (const opening of this.#opening.splice(0)) opening.reject(error);
  }

  #rejectPings(error: Disconnected): void {
    for (const { answered } of this.#pings.splice(0)) answered.reject(error);
  }

  #reject(): Promise<never> {
    const end = this.#end ?? (this.state === "closing" ? CLOSED : undefined);
    return rejected(new Disconnected(this.outage, end));
  }
}

function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** A rejection that nobody need see. */
function rejected(error: unknown): Promise<never> {
  const result = Promise.reject(error);
  result.catch(() => {});
  return result;
}
