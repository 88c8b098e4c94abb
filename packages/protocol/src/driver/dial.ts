// The client's side of everything that is not a socket, on every runtime: from a URL over the transport and the opening
// handshake to a session.

import { ClientHandshake, type ClientHandshakeEvent } from "../handshake/client-handshake.ts";
import { ClientHandshakeSettings } from "../handshake/client-handshake-options.ts";
import { parseWebSocketUrl, type WebSocketUrl } from "../handshake/url.ts";
import type { ClientOpening, ClientOptions, ClientSession } from "./client-options.ts";
import { type Deferred, defer } from "./deferred.ts";
import { Driver, type EventConsumer } from "./driver.ts";
import { HandshakeFailed, HandshakeRefused } from "./handshake-errors.ts";
import type { Transport } from "./ports.ts";
import { type Runtime, supportOf } from "./runtime.ts";
import { Session } from "./session.ts";
import type { SessionCallbacks } from "./session-callbacks.ts";
import { SessionSettings } from "./session-options.ts";

/** A transport that is being connected: name look-up, TCP, TLS. */
export interface Dialing {
  readonly transport: Promise<Transport>;
  /** Nobody wants it any more. It must end up closed, also if it comes to be. */
  abandon(): void;
}

/**
 * Opens a session: checks everything first, has the adapter connect a transport, and runs the handshake on it.
 * `openTimeout` covers all of it.
 *
 * Rejects with `UsageError` ("bad-option", "bad-handshake"), `HandshakeRefused`, `HandshakeFailed`, the reason of the
 * `signal`, or the runtime's own error from connecting.
 */
export async function dial(
  url: string,
  options: ClientOptions,
  callbacks: SessionCallbacks<ClientOpening> | undefined,
  runtime: Runtime,
  connect: (url: WebSocketUrl, settings: SessionSettings) => Dialing,
): Promise<ClientSession> {
  const { clock, observer } = runtime;
  const target = parseWebSocketUrl(url);
  const settings = new ClientHandshakeSettings({ ...options, ...supportOf(runtime), url: target });
  const sessionSettings = new SessionSettings(options, callbacks as SessionCallbacks | undefined, {
    ...observer,
    failed(session, error) {
      try {
        if (options.onError === undefined) runtime.reportError(error);
        else options.onError(error, session as ClientSession);
      } catch (another) {
        runtime.reportError(another);
      }
    },
  });
  const handshake = new ClientHandshake(clock.now(), settings);
  const { signal } = options;
  if (signal?.aborted) throw signal.reason;

  const dialing = connect(target, sessionSettings);
  const opening = new ClientSideOpening(target, sessionSettings, () => dialing.abandon());
  const onAbort = (): void => opening.cancel(signal!.reason); // nobody else calls it
  signal?.addEventListener("abort", onAbort);
  const cancelAlarm =
    handshake.deadline === undefined
      ? undefined
      : clock.alarm(handshake.deadline, () => opening.cancel(new HandshakeFailed({ kind: "timeout" })));
  dialing.transport.then(
    (transport) => {
      cancelAlarm?.(); // from here on the handshake keeps the same deadline itself
      opening.run(handshake, new Driver(transport, clock));
    },
    (error: unknown) => opening.cancel(error),
  );
  try {
    const session = await opening.session;
    void session.whenClosed().then(() => signal?.removeEventListener("abort", onAbort));
    return session;
  } catch (error) {
    signal?.removeEventListener("abort", onAbort);
    throw error;
  } finally {
    cancelAlarm?.();
  }
}

/** One opening handshake of a client. */
class ClientSideOpening implements EventConsumer<ClientHandshakeEvent> {
  readonly wantsEvents = true;
  readonly #url: WebSocketUrl;
  readonly #settings: SessionSettings;
  readonly #abandon: () => void;
  readonly #result: Deferred<ClientSession> = defer();
  #driver: Driver | undefined = undefined;
  #session: ClientSession | undefined = undefined;
  #cancelled = false;

  constructor(url: WebSocketUrl, settings: SessionSettings, abandon: () => void) {
    this.#url = url;
    this.#settings = settings;
    this.#abandon = abandon;
  }

  get session(): Promise<ClientSession> {
    return this.#result.promise;
  }

  run(handshake: ClientHandshake, driver: Driver): void {
    if (this.#cancelled) return;
    this.#driver = driver;
    driver.run(handshake, this);
  }

  /** Gives up, or drops what is open. */
  cancel(reason: unknown): void {
    if (this.#session !== undefined) {
      this.#session.abort();
      return;
    }
    this.#cancelled = true;
    this.#result.reject(reason);
    if (this.#driver === undefined) this.#abandon();
    else this.#driver.transport.destroy();
  }

  handleEvent(event: ClientHandshakeEvent): void {
    const driver = this.#driver!;
    switch (event.kind) {
      case "open": {
        const { connection, head: response, subprotocol } = event;
        this.#session = new Session(connection, driver, this.#settings, { url: this.#url, response, subprotocol });
        this.#session.start();
        this.#result.resolve(this.#session);
        break;
      }
      case "refused":
        this.#result.reject(new HandshakeRefused(event.head, event.body, event.bodyTruncated));
        break;
      case "failed":
        this.#result.reject(new HandshakeFailed(event.cause, driver.transportError));
        break;
    }
  }

  turnEnded(): void {}

  effectsPerformed(): void {}

  transportClosed(): void {}
}
