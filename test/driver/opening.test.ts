// From a transport to a session, on both sides, in virtual time: what servers and clients do on every runtime.

import { UsageError } from "@sansock/protocol";
import {
  Acceptor,
  type AcceptorHost,
  type ClientOptions,
  type ClientSession,
  type Dialing,
  dial,
  HandshakeFailed,
  HandshakeRefused,
  type HttpRequest,
  type Runtime,
  type ServerOptions,
  type ServerSession,
  type SessionCallbacks,
  type SessionHandler,
  type Transport,
} from "@sansock/protocol/driver";
import { Link, type LinkOptions, SeededRandom, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, type Mock, test, vi } from "vitest";
import { TestSignal } from "./opening-support.ts";

const peer = { address: "192.0.2.1", port: 50_000, secure: false };

interface Given {
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  readonly callbacks?: SessionCallbacks<ClientSession["opening"]>;
  readonly handler?: SessionHandler | SessionCallbacks<ServerSession["opening"]>;
  readonly handleHttp?: AcceptorHost["handleHttp"];
  readonly link?: LinkOptions;
  /** What connecting the client's transport does; at once, by default. */
  readonly connect?: (link: Link) => Dialing;
}

/** A server and a client that is on its way to it. */
function world(given: Given = {}) {
  const clock = new VirtualClock();
  const link = new Link(clock, given.link ?? { latency: 10 });
  const reported: unknown[] = [];
  const random = new SeededRandom(1).fill;
  const runtime: Runtime = { clock, random, observer: {}, reportError: (error) => void reported.push(error) };
  const acceptor = new Acceptor(given.server ?? {}, given.handler ?? (() => new Promise(() => {})), {
    runtime,
    secure: undefined,
    handleHttp: given.handleHttp ?? ((request) => request.reject(426)),
  });
  const connect = given.connect ?? (({ client }) => ({ transport: Promise.resolve(client), abandon() {} }));
  const accept = (): void => acceptor.accept(link.server, peer);
  const open = (): Promise<ClientSession> =>
    dial("ws://example.com/chat", given.client ?? {}, given.callbacks, runtime, () => connect(link));
  return { clock, link, acceptor, reported, runtime, accept, open };
}

/** How a promise ends, whichever way. */
function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

/** The same, with time going by until it does. */
function outcome(clock: VirtualClock, promise: Promise<unknown>): Promise<unknown> {
  return clock.until(settled(promise));
}

describe("a server's opening", () => {
  test("ends in a session on both sides, with what was agreed", async () => {
    const { clock, acceptor, accept, open } = world({
      server: { subprotocols: ["v2"], authorize: () => ({ data: "known", headers: [["X-Seen", "yes"]] }) },
      client: { subprotocols: ["v1", "v2"] },
    });
    accept();
    const session = await clock.until(open());
    expect(session.opening).toMatchObject({ subprotocol: "v2", url: { host: "example.com" } });
    expect(session.opening.response.headers.get("x-seen")).toBe("yes");
    const [served] = acceptor.sessions;
    expect(served?.data).toBe("known");
    expect(served?.opening).toMatchObject({ subprotocol: "v2", peer, request: { path: "/chat" } });
  });

  test("waits for a decision that takes its time, and carries it out", async () => {
    for (const [decision, expected] of [
      [undefined, { state: "open" }],
      [
        { status: 403, body: "no" },
        { name: "HandshakeRefused", status: 403, text: "no" },
      ],
    ] as const) {
      const { clock, accept, open } = world({
        server: { authorize: () => new Promise((resolve) => clock.alarm(clock.now() + 500, () => resolve(decision))) },
      });
      accept();
      expect(await outcome(clock, open())).toMatchObject(expected);
    }
  });

  test("forgets a decision that comes when the client has gone, or the time is up", async () => {
    let decide: (decision: undefined) => void = () => {};
    const { clock, link, acceptor, accept, open } = world({
      server: { openTimeout: 1000, authorize: () => new Promise((resolve) => (decide = resolve)) },
    });
    accept();
    const opening = settled(open());
    await clock.run(5000);
    expect(await opening).toMatchObject({ status: 503 });
    decide(undefined);
    await clock.run(0);
    expect(acceptor.sessions.size).toBe(0);
    expect(link.server.isClosed).toBe(true);
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      "throws",
      () => {
        throw new Error("on purpose");
      },
    ],
    ["rejects", () => Promise.reject(new Error("on purpose"))],
  ])("answers 500 where authorize %s, and reports it", async (_how, authorize) => {
    const { clock, reported, accept, open } = world({ server: { authorize } });
    accept();
    expect(await outcome(clock, open())).toMatchObject({ status: 500 });
    expect(reported).toMatchObject([{ message: "on purpose" }]);
  });

  test("answers 500 where the consent is to what was not offered", async () => {
    const { clock, reported, accept, open } = world({ server: { authorize: async () => ({ subprotocol: "other" }) } });
    accept();
    expect(await outcome(clock, open())).toMatchObject({ status: 500 });
    expect(reported[0]).toBeInstanceOf(UsageError);
  });

  test("reports to onError, and what that throws to the runtime", async () => {
    const onError = vi.fn(() => {
      throw new Error("twice");
    });
    const handler = (): never => {
      throw new Error("once");
    };
    const { clock, reported, accept, open } = world({ server: { onError }, handler });
    accept();
    const session = await clock.until(open());
    expect(await clock.until(session.whenClosed())).toMatchObject({ code: 1011 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: "once" }), expect.anything());
    expect(reported).toMatchObject([{ message: "twice" }]);
  });
});

describe("a request that is not for a WebSocket", () => {
  const bytes = new TextEncoder().encode("GET /page HTTP/1.1\r\nHost: a\r\n\r\nmore");

  function ask(handleHttp: (request: HttpRequest) => void) {
    const made = world({ handleHttp });
    made.accept();
    const received: string[] = [];
    made.link.client.start({
      received: (chunk) => void received.push(new TextDecoder().decode(chunk)),
      receivedEnd: () => received.push("end"),
      drained() {},
      closed() {},
    });
    const transport: Transport = made.link.client;
    transport.write(bytes.slice(), false);
    made.clock.advance(1000);
    return { ...made, received: () => received.join("") };
  }

  test("is answered", () => {
    const { received } = ask((request) => request.reject(418, { body: "short and stout" }));
    expect(received()).toMatch(/^HTTP\/1\.1 418 .*short and stoutend$/s);
  });

  test("is given away with every byte, and then is nobody's business", async () => {
    let released: Uint8Array | undefined;
    const { acceptor, received, clock } = ask((request) => {
      expect(request).toMatchObject({ head: { target: "/page" }, peer });
      released = request.release();
    });
    expect(released).toEqual(bytes);
    expect(received()).toBe("");
    await clock.until(acceptor.close());
  });
});

describe("closing a server", () => {
  test("drops openings and sessions that do not end in time", async () => {
    const { clock, link, acceptor, accept, open } = world();
    accept();
    await clock.until(open());
    const second = new Link(clock, { latency: 10 });
    acceptor.accept(second.server, peer);
    link.client.setReading(false);
    const before = clock.now();
    await clock.until(acceptor.close({ timeout: 3000 }));
    expect(clock.now() - before).toBe(3000);
    await clock.run(0);
    expect(link.server.isClosed && second.server.isClosed).toBe(true);
  });
});

describe("a client's opening", () => {
  test("gives up a transport that does not come to be, within openTimeout", async () => {
    const abandon = vi.fn();
    const connect = (): Dialing => ({ transport: new Promise(() => {}), abandon });
    const { clock, open } = world({ client: { openTimeout: 2000 }, connect });
    expect(await outcome(clock, open())).toMatchObject({ name: "HandshakeFailed", failure: { kind: "timeout" } });
    expect(clock.now()).toBe(2000);
    expect(abandon).toHaveBeenCalledOnce();
  });

  test("waits for ever without openTimeout, and wants no transport that comes after it was cancelled", async () => {
    const [signal, reason] = [new TestSignal(), new Error("cancelled")];
    let arrive: () => void = () => {};
    const connect = ({ client }: Link): Dialing => ({
      transport: new Promise((resolve) => (arrive = () => resolve(client))),
      abandon() {},
    });
    const { clock, link, open } = world({ client: { openTimeout: null, signal }, connect });
    const opening = settled(open());
    await clock.run(100_000);
    signal.abort(reason);
    expect(await opening).toBe(reason);
    arrive();
    await clock.run(1000);
    expect(link.client.queuedBytes).toBe(0);
  });

  test("drops the transport when it is cancelled during the handshake", async () => {
    const [signal, reason] = [new TestSignal(), new Error("cancelled")];
    const { clock, link, open } = world({ client: { signal } }); // nobody accepts
    const opening = settled(open());
    await clock.run(50);
    signal.abort(reason);
    expect(await opening).toBe(reason);
    await clock.run(50);
    expect(link.client.isClosed).toBe(true);
  });

  test("fails with what the runtime said when the transport is lost", async () => {
    const { clock, link, open } = world();
    const opening = settled(open());
    await clock.run(50);
    link.reset();
    await clock.run(50);
    const error = (await opening) as HandshakeFailed;
    expect(error).toMatchObject({ name: "HandshakeFailed", failure: { kind: "transport-lost" } });
    expect(error.cause).toBeDefined();
  });

  test("reports what callbacks throw to onError, or to the runtime; and what onError throws to the runtime", async () => {
    const callbacks = {
      open(): never {
        throw new Error("in a callback");
      },
    };
    for (const client of [
      {},
      { onError: vi.fn() },
      {
        onError: vi.fn(() => {
          throw new Error("in onError");
        }),
      },
    ] as { onError?: Mock<() => void> }[]) {
      const { clock, reported, accept, open } = world({ client, callbacks });
      accept();
      const session = await clock.until(open());
      expect(await clock.until(session.whenClosed())).toMatchObject({ sent: { code: 1011 } });
      if (client.onError === undefined) expect(reported).toMatchObject([{ message: "in a callback" }]);
      else expect(client.onError).toHaveBeenCalledOnce();
    }
  });

  test("errors say what they are about", () => {
    expect(new HandshakeFailed({ kind: "rejected" }).message).toBe("the opening handshake was rejected");
    expect(new HandshakeFailed({ kind: "transport-lost" }).cause).toBeUndefined();
    const refused = new HandshakeRefused(
      { version: "1.1", status: 500, reason: "", headers: undefined as never },
      new Uint8Array([0xff]),
      false,
    );
    expect(refused.message).toContain("500");
    expect(refused.text).toBeUndefined();
  });
});
