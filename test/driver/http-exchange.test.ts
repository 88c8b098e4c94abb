import { HeaderList } from "@sansock/protocol";
import {
  Acceptor,
  HttpExchange,
  type HttpResponse,
  type PlainRequest,
  type Responder,
  type ServerOptions,
  type TransportListener,
} from "@sansock/protocol/driver";
import { countingRandom, Link, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test, vi } from "vitest";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A server that answers HTTP, and a client that has connected to it. */
function start(respond: Responder, options: Partial<ServerOptions> & { maxBodyBytes?: number } = {}) {
  const clock = new VirtualClock();
  const onError = vi.fn();
  const { maxBodyBytes = 1000, ...serverOptions } = options;
  const acceptor: Acceptor = new Acceptor({ onError, ...serverOptions }, () => {}, {
    runtime: { clock, random: countingRandom, observer: {}, reportError: onError },
    secure: undefined,
    handleHttp: (request, transport) =>
      new HttpExchange(acceptor, transport, request, { respond, maxBodyBytes }).begin(),
  });
  const connect = () => {
    const link = new Link(clock);
    acceptor.accept(link.server, { address: "192.0.2.1", port: 4711, secure: false });
    return { link, client: new RawClient(link) };
  };
  return { clock, acceptor, onError, connect, ...connect() };
}

class RawClient implements TransportListener {
  readonly link: Link;
  text = "";
  ended = false;
  isClosed = false;

  constructor(link: Link) {
    this.link = link;
    link.client.start(this);
  }
  send(text: string): void {
    this.link.client.write(encoder.encode(text));
  }
  received(bytes: Uint8Array): void {
    this.text += decoder.decode(bytes);
  }
  receivedEnd(): void {
    this.ended = true;
  }
  drained(): void {}
  closed(): void {
    this.isClosed = true;
  }
}

const request = (method: string, fields: readonly string[] = [], body = "", version = "1.1"): string =>
  [`${method} /page?x=1 HTTP/${version}`, "Host: example.com", ...fields, "", body].join("\r\n");

const hello: HttpResponse = { status: 200, headers: { "Content-Type": "text/plain" }, body: encoder.encode("hello") };

/** Pieces that come one by one, when the test says so. */
class Source {
  readonly read = (): Promise<Uint8Array | undefined> => new Promise((resolve) => this.#reads.push(resolve));
  readonly cancel = vi.fn(() => this.end());
  readonly #reads: ((piece: Uint8Array | undefined) => void)[] = [];

  get isWaiting(): boolean {
    return this.#reads.length > 0;
  }
  give(piece: string | Uint8Array): void {
    this.#reads.shift()!(typeof piece === "string" ? encoder.encode(piece) : piece);
  }
  end(): void {
    for (const resolve of this.#reads.splice(0)) resolve(undefined);
  }
}

/** A source that has all its pieces. */
function sourceOf(pieces: readonly string[]) {
  const left = pieces.map((piece) => encoder.encode(piece));
  return { read: async () => left.shift(), cancel: vi.fn() };
}

describe("the request", () => {
  async function ask(text: string, options: { maxBodyBytes?: number } = {}) {
    const requests: PlainRequest[] = [];
    const server = start((plain) => {
      requests.push(plain);
      return hello;
    }, options);
    server.client.send(text);
    await server.clock.run(0);
    return { ...server, requests };
  }

  test("reaches the application with its head, its body and its peer", async () => {
    const { requests } = await ask(request("POST", ["Content-Length: 4"], "ping"));
    expect(requests).toMatchObject([
      {
        head: { method: "POST", target: "/page?x=1", version: "1.1" },
        peer: { address: "192.0.2.1", port: 4711 },
        body: encoder.encode("ping"),
      },
    ]);
  });

  test("may have an empty line before it, and no body", async () => {
    const { requests } = await ask(`\r\n${request("GET")}`);
    expect(requests).toMatchObject([{ body: new Uint8Array(0) }]);
  });

  test("may have its body in chunks", async () => {
    const { requests } = await ask(request("POST", ["Transfer-Encoding: chunked"], "2\r\npi\r\n2\r\nng\r\n0\r\n\r\n"));
    expect(requests).toMatchObject([{ body: encoder.encode("ping") }]);
  });

  test("waits for the rest of its body", async () => {
    const { requests, client, clock } = await ask(request("POST", ["Content-Length: 4"], "pi"));
    expect(requests).toEqual([]);
    client.send("ng and what follows it");
    await clock.run(0);
    expect(requests).toMatchObject([{ body: encoder.encode("ping") }]);
  });

  test("is told to go on when it expects that, unless its body is there already", async () => {
    const fields = ["Content-Length: 4", "Expect: 100-Continue"];
    const { client, clock } = await ask(request("PUT", fields));
    expect(client.text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ping");
    await clock.run(0);
    expect(client.text).toContain("Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    expect((await ask(request("PUT", fields, "ping"))).client.text).toMatch(/^HTTP\/1.1 200/);
    expect((await ask(request("PUT", fields, "", "1.0"))).client.text).toBe("");
    expect((await ask(request("PUT", ["Content-Length: 4", "Expect: more"]))).client.text).toBe("");
  });

  test.each([
    ["announced", request("POST", ["Content-Length: 9"])],
    ["in chunks", request("POST", ["Transfer-Encoding: chunked"], "9\r\n123456789\r\n0\r\n\r\n")],
  ])("is answered with 413 when its body, %s, is too long", async (_how, text) => {
    const { requests, client } = await ask(text, { maxBodyBytes: 8 });
    expect(client.text).toMatch(/^HTTP\/1.1 413 .*\r\nConnection: close\r\n/);
    expect(requests).toEqual([]);
  });

  test("is answered with 400 when its body is malformed, or ends too early", async () => {
    const chunked = ["Transfer-Encoding: chunked"];
    expect((await ask(request("POST", chunked, "x\r\n"))).client.text).toMatch(/^HTTP\/1.1 400 /);
    const { client, clock, requests } = await ask(request("POST", ["Content-Length: 4"], "pi"));
    client.link.client.end();
    await clock.run(0);
    expect(client.text).toMatch(/^HTTP\/1.1 400 /);
    expect(requests).toEqual([]);
  });

  test("may be the client's last word", async () => {
    const { client, clock } = await ask(request("GET"));
    expect(client.text).toContain("hello");
    client.link.client.end();
    await clock.run(0);
    expect(client).toMatchObject({ ended: true, isClosed: true });
  });

  test("may be followed by anything, which is dropped", async () => {
    const { client, clock, requests } = await ask(request("GET") + request("GET"));
    client.send(request("GET"));
    await clock.run(0);
    expect(requests).toHaveLength(1);
  });

  test("is answered with 408 when its body does not come in time", async () => {
    const { client, clock } = await ask(request("POST", ["Content-Length: 4"], "pi"));
    await clock.run(9_999);
    expect(client.text).toBe("");
    await clock.run(1);
    expect(client.text).toMatch(/^HTTP\/1.1 408 /);
  });

  test("is answered with 501 when it is CONNECT", async () => {
    const { client, requests } = await ask("CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n");
    expect(client.text).toMatch(/^HTTP\/1.1 501 /);
    expect(requests).toEqual([]);
  });
});

describe("the response", () => {
  async function answer(response: HttpResponse, text = request("GET"), options: Partial<ServerOptions> = {}) {
    const server = start(() => response, options);
    server.client.send(text);
    await server.clock.run(0);
    return server;
  }

  test("has a body from memory with its length, and ends the stream", async () => {
    const { client, onError } = await answer(hello);
    expect(client.text).toBe(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
    );
    expect(client.ended).toBe(true);
    expect(onError).not.toHaveBeenCalled();
  });

  test("may have no body", async () => {
    const { client } = await answer({ status: 404 });
    expect(client.text).toBe("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });

  test("has a body from a source in chunks", async () => {
    const { client } = await answer({ status: 200, body: sourceOf(["hello", "", "world and more"]) });
    expect(client.text).toBe(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "5\r\nhello\r\ne\r\nworld and more\r\n0\r\n\r\n",
    );
    expect(client.ended).toBe(true);
  });

  test("has a body from a source until the end for HTTP/1.0", async () => {
    const { client } = await answer({ status: 200, body: sourceOf(["a", "b"]) }, request("GET", [], "", "1.0"));
    expect(client.text).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab");
    expect(client.ended).toBe(true);
  });

  test("has a body from a source as it is where its length is announced", async () => {
    const headers = new HeaderList([["content-length", "2"]]);
    const { client } = await answer({ status: 200, headers, body: sourceOf(["a", "b"]) });
    expect(client.text).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab");
  });

  test.each([
    ["shorter", ["a"]],
    ["longer", ["a", "bc", "d"]],
  ])("is cut off, and reported, where the body is %s than announced", async (_how, pieces) => {
    const body = sourceOf(pieces);
    const { client, onError } = await answer({ status: 200, headers: { "Content-Length": "2" }, body });
    expect(client.isClosed).toBe(true);
    expect(body.cancel).toHaveBeenCalled();
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "bad-argument" }), undefined);
  });

  test("is cut off, and reported, where its source fails", async () => {
    const failure = new Error("on purpose");
    const body = { read: () => Promise.reject(failure), cancel: () => {} };
    const { client, onError } = await answer({ status: 200, body });
    expect(client.isClosed).toBe(true);
    expect(client.text).not.toContain("500");
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, undefined);
  });

  test("has no body, and no framing, with status 204 and 304", async () => {
    for (const status of [204, 304]) {
      const body = sourceOf(["a"]);
      const { client } = await answer({ status, body });
      expect(client.text).toMatch(/^HTTP\/1.1 \d+ [A-Za-z ]+\r\nConnection: close\r\n\r\n$/);
      expect(body.cancel).toHaveBeenCalled();
    }
  });

  test("to HEAD is that to GET without its body", async () => {
    const { client } = await answer(hello, request("HEAD"));
    expect(client.text).toMatch(/\r\nContent-Length: 5\r\n.*\r\n\r\n$/);
    const body = sourceOf(["a"]);
    const { client: other } = await answer({ status: 200, body }, request("HEAD"));
    expect(other.text).toMatch(/\r\nTransfer-Encoding: chunked\r\n\r\n$/);
    expect(body.cancel).toHaveBeenCalled();
  });

  test("has its own say about the connection", async () => {
    const headers = [
      ["Connection", "keep-alive"],
      ["Keep-Alive", "timeout=5"],
      ["Transfer-Encoding", "gzip"],
      ["Upgrade", "h2c"],
      ["Content-Length", "99"],
      ["X-Mine", "1"],
    ] as const;
    const { client } = await answer({ ...hello, headers });
    expect(client.text).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nX-Mine: 1\r\n\r\nhello");
  });

  test.each([
    ["a status that ends nothing", { status: 101 }, "bad-argument"],
    ["a status that is none", { status: 2.5 }, "bad-argument"],
    ["a status above all", { status: 600 }, "bad-argument"],
    ["a header that HTTP cannot carry", { status: 200, headers: { "X-Mine": "a\r\nb" } }, "bad-handshake"],
  ])("is 500, and reported, instead of %s", async (_what, response: HttpResponse, code) => {
    const { client, onError } = await answer(response);
    expect(client.text).toMatch(/^HTTP\/1.1 500 /);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code }), undefined);
  });

  test("may have any status from 200 to 599", async () => {
    for (const status of [200, 599]) {
      const { client } = await answer({ status });
      expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  test("is 500, and the error is reported, when the application throws", async () => {
    const failure = new Error("on purpose");
    const { client, clock, onError } = start(() => {
      throw failure;
    });
    client.send(request("HEAD"));
    await clock.run(0);
    expect(client.text).toMatch(/^HTTP\/1.1 500 /);
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, undefined);
  });

  test("is taken from its source no faster than the client reads", async () => {
    const source = new Source();
    const { client, clock } = await answer({ status: 200, body: source });
    client.link.client.setReading(false);
    let given = 0;
    while (source.isWaiting && given < 100) {
      source.give(new Uint8Array(50_000));
      given++;
      await clock.run(0);
    }
    expect(given).toBeLessThan(5);
    client.link.client.setReading(true);
    await clock.run(0);
    expect(source.isWaiting).toBe(true);
    source.end();
    await clock.run(0);
    expect(client.ended).toBe(true);
    expect(client.text.length).toBeGreaterThan(given * 50_000);
  });
});

describe("the end of the connection", () => {
  test("is waited for, at most closeTimeout", async () => {
    const { client, clock, acceptor } = start(() => hello);
    client.send(request("GET"));
    await clock.run(19_999);
    expect(client).toMatchObject({ ended: true, isClosed: false });
    await clock.run(1);
    expect(client.isClosed).toBe(true);
    expect(clock.pending).toBe(0);
    await acceptor.close();
  });

  test("is waited for without a limit when closeTimeout is null", async () => {
    const { client, clock } = start(() => hello, { closeTimeout: null });
    client.send(request("GET"));
    await clock.run(1_000_000);
    expect(client.isClosed).toBe(false);
  });

  test("comes for a client that takes nothing for closeTimeout, and its source is told", async () => {
    const source = new Source();
    const { client, clock } = start(() => ({ status: 200, body: source }));
    client.link.client.setReading(false);
    client.send(request("GET"));
    await clock.run(0);
    source.give(new Uint8Array(200_000));
    await clock.run(25_000);
    expect(source.cancel).toHaveBeenCalled();
    expect(client.link.server.isClosed).toBe(true);
  });

  test("does not come while a source takes its time, or a client is slow but reads", async () => {
    const source = new Source();
    const { client, clock } = start(() => ({ status: 200, body: source }));
    client.send(request("GET"));
    await clock.run(100_000);
    expect(client.isClosed).toBe(false);
    client.link.change({ bytesPerMs: 5, maxChunkBytes: 1000, windowBytes: 1000 }, "toClient");
    source.give(new Uint8Array(300_000));
    await clock.run(60_000);
    expect(client.isClosed).toBe(false);
    source.end();
    await clock.run(1_000);
    expect(client.ended).toBe(true);
  });

  test("is told to the application, whose answer is then dropped", async () => {
    let seen: PlainRequest | undefined;
    let answer: (response: HttpResponse) => void = () => {};
    const { client, clock, onError, acceptor } = start((plain) => {
      seen = plain;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    client.send(request("GET"));
    await clock.run(0);
    const gone = vi.fn();
    void seen!.gone.then(gone);
    await clock.run(0);
    expect(gone).not.toHaveBeenCalled();
    client.link.reset();
    await clock.run(0);
    expect(gone).toHaveBeenCalledOnce();
    const body = sourceOf(["late"]);
    answer({ status: 200, body });
    await clock.run(0);
    expect(body.cancel).toHaveBeenCalledOnce();
    expect(onError).not.toHaveBeenCalled();
    await acceptor.close();
  });

  test("makes what the application throws uninteresting", async () => {
    let fail: (error: Error) => void = () => {};
    const { client, clock, onError } = start(
      () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    );
    client.send(request("GET"));
    await clock.run(0);
    client.link.reset();
    await clock.run(0);
    fail(new Error("aborted"));
    await clock.run(0);
    expect(onError).not.toHaveBeenCalled();
  });

  test("ends the source while it waits, and while it writes", async () => {
    for (const writes of [false, true]) {
      const source = new Source();
      const { client, clock, onError } = start(() => ({ status: 200, body: source }));
      client.link.client.setReading(false);
      client.send(request("GET"));
      await clock.run(0);
      if (writes) source.give(new Uint8Array(300_000));
      await clock.run(0);
      client.link.reset();
      await clock.run(0);
      expect(source.cancel).toHaveBeenCalled();
      if (source.isWaiting) source.end();
      await clock.run(0);
      expect(onError).not.toHaveBeenCalled();
      expect(clock.pending).toBe(0);
    }
  });
});

describe("a server with HTTP exchanges", () => {
  const never = (): Promise<HttpResponse> => new Promise(() => {});

  test("counts them as connections", async () => {
    const { client, clock, connect } = start(never, { maxConnections: 1 });
    client.send(request("GET"));
    await clock.run(0);
    const { client: second } = connect();
    second.send(request("GET"));
    await clock.run(0);
    expect(client.text).toBe("");
    expect(second.text).toMatch(/^HTTP\/1.1 503 /);
  });

  test("answers those that are undecided with 503 when it closes, and waits for the others", async () => {
    const source = new Source();
    const responses: (HttpResponse | Promise<HttpResponse>)[] = [never(), { status: 200, body: source }];
    const { client, clock, connect, acceptor } = start(() => responses.shift()!);
    client.send(request("GET"));
    await clock.run(0);
    const { client: second } = connect();
    second.send(request("GET"));
    await clock.run(0);
    const closed = vi.fn();
    void acceptor.close().then(closed);
    await clock.run(1_000);
    expect(client.text).toMatch(/^HTTP\/1.1 503 /);
    client.link.client.end();
    await clock.run(0);
    expect(closed).not.toHaveBeenCalled();
    source.give("done");
    await clock.run(0);
    source.end();
    await clock.run(0);
    second.link.client.end();
    await clock.run(0);
    expect(second.text).toMatch(/4\r\ndone\r\n0\r\n\r\n$/);
    expect(closed).toHaveBeenCalled();
  });

  test("drops what has not ended when its time to close is up", async () => {
    const source = new Source();
    const { client, clock, acceptor } = start(() => ({ status: 200, body: source }));
    client.send(request("GET"));
    await clock.run(0);
    await clock.until(acceptor.close({ timeout: 500 }));
    expect(clock.now()).toBe(500);
    await clock.run(0);
    expect(client.isClosed).toBe(true);
    expect(source.cancel).toHaveBeenCalled();
  });
});
