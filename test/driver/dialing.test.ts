// The client's side of openings, from the URL to the session.

import { UsageError } from "@sansock/protocol";
import {
  type ClientOptions,
  type ClientSession,
  type Dialing,
  dial,
  HandshakeFailed,
  HandshakeRefused,
  type Transport,
} from "@sansock/protocol/driver";
import { ConnectionReset, Link, recordCalls, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test } from "vitest";
import { RawPeer, type Reports, runtimeOn, TestServer, TestSignal } from "./opening-support.ts";
import { collect } from "./support.ts";

const URL = "ws://example.com/chat?x=1";

/** A client that dials somebody who is played by the test. */
function start(options: ClientOptions = {}): {
  clock: VirtualClock;
  link: Link;
  peer: RawPeer;
  session: Promise<ClientSession>;
  reports: Reports;
  abandoned: () => number;
  connect: (transport?: Transport) => void;
  failToConnect: (error: unknown) => void;
} {
  const clock = new VirtualClock();
  const link = new Link(clock);
  const reports: Reports = { errors: [], observed: [] };
  let abandoned = 0;
  let connect!: (transport: Transport) => void;
  let failToConnect!: (error: unknown) => void;
  const dialing: Dialing = {
    transport: new Promise((resolve, reject) => {
      connect = resolve;
      failToConnect = reject;
    }),
    abandon: () => void abandoned++,
  };
  const session = dial(URL, options, undefined, runtimeOn(clock, reports), () => dialing);
  session.catch(() => {});
  return {
    clock,
    link,
    peer: new RawPeer(link.server),
    session,
    reports,
    abandoned: () => abandoned,
    connect: (transport = link.client) => connect(transport),
    failToConnect,
  };
}

test("a session knows how it was opened, and talks", async () => {
  const server = new TestServer({ message: (session, message) => session.send(message) });
  const client = await server.connect();
  expect(client.opening).toMatchObject({
    url: { host: "example.com", secure: false },
    response: { status: 101 },
    subprotocol: undefined,
  });
  const received = collect(client);
  void client.send("hello");
  await server.run(0);
  expect(received).toEqual(["hello"]);
});

test("callbacks are called from the beginning, what comes with the response included", async () => {
  const record = recordCalls();
  const server = new TestServer((session) => session.send("welcome"));
  const client = await server.until(server.dial({}, undefined, record.callbacks));
  await server.until(client.whenClosed());
  expect(record.names).toEqual(["open", "message", "close"]);
});

describe("an opening that is refused", () => {
  const refused = async (response: string, options?: ClientOptions): Promise<HandshakeRefused> => {
    const { clock, peer, session, connect } = start(options);
    connect();
    await clock.run(0);
    peer.send(response);
    const error = await clock.until(session).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HandshakeRefused);
    await clock.run(60_000);
    expect(peer.isClosed).toBe(true);
    return error as HandshakeRefused;
  };

  test("tells status, headers and body", async () => {
    const error = await refused("HTTP/1.1 403 Forbidden\r\nX-Why: mood\r\nContent-Length: 4\r\n\r\nno, ");
    expect(error).toMatchObject({ name: "HandshakeRefused", status: 403, text: "no, ", bodyTruncated: false });
    expect(error.headers.get("x-why")).toBe("mood");
    expect(error.message).toBe("the server answered 403 instead of opening a WebSocket");
  });

  test("tells no more of the body than was asked for, and no text that is none", async () => {
    const long = await refused("HTTP/1.1 500 \r\nContent-Length: 10\r\n\r\n0123456789", { maxRefusalBytes: 4 });
    expect([long.text, long.bodyTruncated]).toEqual(["0123", true]);
    const rubbish = await refused("HTTP/1.1 500 \r\nContent-Length: 1\r\n\r\n\xff");
    expect([rubbish.body, rubbish.text]).toEqual([new Uint8Array([255]), undefined]);
  });
});

describe("an opening that fails", () => {
  test("because the server breaks the rules tells which, and where they are written", async () => {
    const { clock, peer, session, connect } = start();
    connect();
    await clock.run(0);
    peer.send("HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n");
    await expect(clock.until(session)).rejects.toMatchObject({
      name: "HandshakeFailed",
      failure: { kind: "violation", violation: "accept-mismatch" },
      message: expect.stringMatching(/^the server broke the opening handshake: .+ \(RFC 6455 §/),
    });
  });

  test("because the transport is lost tells what the runtime said", async () => {
    const { clock, link, session, connect } = start();
    connect();
    await clock.run(0);
    link.reset();
    await expect(clock.until(session)).rejects.toMatchObject({
      failure: { kind: "transport-lost" },
      cause: expect.any(ConnectionReset),
      message: "the transport ended before the opening handshake was complete",
    });
  });

  test("because the server ends the transport has no further cause", async () => {
    const { clock, link, session, connect } = start();
    connect();
    await clock.run(0);
    link.server.end();
    const error = await clock.until(session).catch((reason: unknown) => reason as HandshakeFailed);
    expect(error).toMatchObject({ failure: { kind: "transport-lost" } });
    expect("cause" in error).toBe(false);
  });

  test("because nobody answers in time ends after openTimeout", async () => {
    const { clock, peer, session, connect, abandoned } = start({ openTimeout: 3000 });
    await clock.run(1000);
    connect();
    await expect(clock.until(session)).rejects.toMatchObject({
      failure: { kind: "timeout" },
      message: "the connection did not open in time",
    });
    expect(clock.now()).toBe(3000);
    await clock.run(10);
    expect([peer.isClosed, abandoned()]).toEqual([true, 0]);
  });

  test("because there is no transport in time ends then too, and the transport is abandoned", async () => {
    const { clock, peer, link, session, connect, abandoned } = start({ openTimeout: 3000 });
    await expect(clock.until(session)).rejects.toMatchObject({ failure: { kind: "timeout" } });
    expect([clock.now(), abandoned()]).toEqual([3000, 1]);
    connect(); // too late: nobody touches it
    await clock.run(10);
    expect([peer.text, link.client.isClosed]).toEqual(["", false]);
  });

  test("because it cannot connect tells the runtime's own error", async () => {
    const { clock, session, failToConnect } = start();
    failToConnect(new Error("ECONNREFUSED"));
    await expect(clock.until(session)).rejects.toThrow("ECONNREFUSED");
    await clock.run(0);
    expect(clock.pending).toBe(0);
  });

  test("has no deadline without openTimeout", async () => {
    const { clock, session, connect } = start({ openTimeout: null });
    connect();
    await clock.run(3_600_000);
    await expect(clock.until(session, 1000)).rejects.toThrow();
    expect(clock.pending).toBe(0);
  });

  test("for our own reason has a sentence for it too", () => {
    expect(new HandshakeFailed({ kind: "rejected" }).message).toBe("the opening handshake was rejected");
  });
});

describe("mistakes of the caller", () => {
  test("are told before anything is connected", async () => {
    const clock = new VirtualClock();
    const runtime = runtimeOn(clock, { errors: [], observed: [] });
    const never = (): never => expect.unreachable();
    const attempts: [string, ClientOptions][] = [
      ["http://example.com", {}],
      ["ws://example.com/#fragment", {}],
      [URL, { pingInterval: -1 }],
      [URL, { highWaterBytes: -1 }],
      [URL, { headers: [["X-Injected", "a\r\nb: c"]] }],
      [URL, { subprotocols: ["not a token"] }],
    ];
    for (const [url, options] of attempts) {
      await expect(dial(url, options, undefined, runtime, never), url).rejects.toBeInstanceOf(UsageError);
    }
  });
});

describe("a signal", () => {
  test("that was given before leads nowhere", async () => {
    const signal = new TestSignal();
    signal.abort("changed my mind");
    const { session, abandoned, clock } = start({ signal });
    await expect(session).rejects.toBe("changed my mind");
    await clock.run(0);
    expect([abandoned(), clock.pending]).toEqual([0, 0]);
  });

  test("ends the opening while it connects", async () => {
    const signal = new TestSignal();
    const { session, abandoned, clock } = start({ signal });
    signal.abort("changed my mind");
    await expect(session).rejects.toBe("changed my mind");
    await clock.run(0);
    expect([abandoned(), clock.pending, signal.listeners.size]).toEqual([1, 0, 0]);
  });

  test("ends the opening while the handshake goes on", async () => {
    const signal = new TestSignal();
    const { session, peer, clock, connect, abandoned } = start({ signal });
    connect();
    await clock.run(10);
    signal.abort("changed my mind");
    await expect(session).rejects.toBe("changed my mind");
    await clock.run(10);
    expect([peer.isClosed, abandoned(), signal.listeners.size]).toEqual([true, 0, 0]);
  });

  test("drops a session that is open, and is forgotten when it has ended", async () => {
    const signal = new TestSignal();
    const server = new TestServer((session) => session.whenClosed());
    const client = await server.connect({ signal });
    signal.abort("enough");
    expect(await server.until(client.whenClosed())).toMatchObject({ cause: { kind: "aborted" } });
    const another = new TestSignal();
    const second = await server.connect({ signal: another });
    expect(another.listeners.size).toBe(1);
    await server.until(second.close());
    expect([signal.listeners.size, another.listeners.size]).toEqual([0, 0]);
  });
});

describe("what callbacks of a client throw", () => {
  const broken = {
    open: (): never => {
      throw new Error("broken");
    },
  };

  test("goes to onError, with the session", async () => {
    const failures: unknown[][] = [];
    const server = new TestServer((session) => session.whenClosed());
    const onError = (...what: unknown[]): void => void failures.push(what);
    const client = await server.until(server.dial({ onError }, undefined, broken));
    expect(failures).toEqual([[new Error("broken"), client]]);
    expect(await server.until(client.whenClosed())).toMatchObject({ sent: { code: 1011 } });
  });

  test("goes to the runtime where nobody else takes it, or the one who takes it is broken", async () => {
    const server = new TestServer((session) => session.whenClosed());
    await server.until(server.dial({}, undefined, broken));
    const onError = (): never => {
      throw new Error("even this is broken");
    };
    await server.until(server.dial({ onError }, undefined, broken));
    expect(server.reports.errors).toEqual([new Error("broken"), new Error("even this is broken")]);
  });
});

test("a session that ends with its opening is told like any other", async () => {
  const server = new TestServer({ open: (session) => session.abort() });
  const client = await server.connect();
  expect(await server.until(client.closed)).toMatchObject({ cause: { kind: "transport-lost" } });
});
