import { HeaderList } from "@sansock/protocol";
import {
  Acceptor,
  type HttpBodySource,
  HttpExchange,
  type HttpResponse,
  type Responder,
  type ServerOptions,
  type Transport,
  type TransportListener,
} from "@sansock/protocol/driver";
import { countingRandom, VirtualClock } from "@sansock/protocol/testing";
import { describe, expect, test, vi } from "vitest";
import { PEER } from "./opening-support.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A transport that notes what is asked of it, and takes no byte unless the test says so. */
class NotingTransport implements Transport {
  /** Each write with whether it promises more; "end" and "destroy". */
  readonly calls: unknown[] = [];
  queuedBytes = 0;
  listener!: TransportListener;

  start(listener: TransportListener): void {
    this.listener = listener;
  }
  write(bytes: Uint8Array, more: boolean): void {
    this.calls.push([decode(bytes), more]);
    this.queuedBytes += bytes.length;
  }
  end(): void {
    this.calls.push("end");
  }
  destroy(): void {
    this.calls.push("destroy");
  }
  setReading(): void {}

  take(count: number): void {
    this.queuedBytes -= count;
    this.listener.drained();
  }
}

/** A body that comes piece by piece, when the test says so; its end is asked for like a piece. */
class Source implements HttpBodySource {
  readonly cancel = vi.fn();
  asked = 0;
  #give: (piece: Uint8Array | undefined) => void = () => {};

  read(): Promise<Uint8Array | undefined> {
    this.asked++;
    return new Promise((resolve) => {
      this.#give = resolve;
    });
  }
  give(piece: string | undefined): void {
    this.#give(piece === undefined ? undefined : encode(piece));
  }
}

interface Asked {
  readonly method?: string;
  readonly version?: "1.0" | "1.1";
  readonly fields?: readonly (readonly [string, string])[];
  /** What arrives with the head. */
  readonly body?: string;
  readonly maxBodyBytes?: number;
}

/** A request whose head has arrived at a server. */
function ask(respond: Responder | HttpResponse, asked: Asked = {}, options: Partial<ServerOptions> = {}) {
  const { method = "GET", version = "1.1", fields = [], body = "", maxBodyBytes = 1000 } = asked;
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const acceptor = new Acceptor(options, () => {}, {
    runtime: { clock, random: countingRandom, observer: {}, reportError: (error) => void errors.push(error) },
    secure: undefined,
    handleHttp: () => {},
  });
  const lines = [`${method} / HTTP/${version}`, ...fields.map(([name, value]) => `${name}: ${value}`), "", body];
  const head = { method, target: "/", version, headers: new HeaderList(fields) };
  const transport = new NotingTransport();
  const request = { head, peer: PEER, release: () => encode(lines.join("\r\n")), reject: () => {} };
  const service = { respond: typeof respond === "function" ? respond : () => respond, maxBodyBytes };
  const exchange = new HttpExchange(acceptor, transport, request, service);
  exchange.begin();
  return { clock, errors, acceptor, transport, exchange, calls: transport.calls };
}

const HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
const never = (): Promise<HttpResponse> => new Promise(() => {});

describe("an HTTP response", () => {
  test("from memory promises at its head that more follows, which an end is not", async () => {
    const { calls, clock, errors } = ask({ status: 200, body: encode("hello") });
    await clock.run(0);
    expect(calls).toEqual([[`${HEAD}Content-Length: 5\r\n\r\n`, true], ["hello", false], "end"]);
    expect(errors).toEqual([]);
  });

  test.each([
    ["without a body", {}, { status: 200 }, "Content-Length: 0\r\n"],
    ["to HEAD", { method: "HEAD" }, { status: 200, body: encode("hello") }, "Content-Length: 5\r\n"],
  ])("%s is a head and the end", async (_what, asked, response, field) => {
    const { calls, clock, errors } = ask(response, asked);
    await clock.run(0);
    expect(calls).toEqual([[`${HEAD}${field}\r\n`, false], "end"]);
    expect(errors).toEqual([]);
  });

  test("of an error is a head and the end", async () => {
    const { calls, clock } = ask(() => Promise.reject(new Error("on purpose")));
    await clock.run(0);
    const head = "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    expect(calls).toEqual([[head, false], "end"]);
  });

  test("in chunks promises no more where the source is asked first", async () => {
    const source = new Source();
    const { calls, clock } = ask({ status: 200, body: source });
    await clock.run(0);
    source.give("hello");
    await clock.run(0);
    source.give(undefined);
    await clock.run(0);
    expect(calls).toEqual([
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, false],
      ["5\r\n", true],
      ["hello", true],
      ["\r\n", false],
      ["0\r\n\r\n", false],
      "end",
    ]);
  });

  test.each([
    ["until the end", { version: "1.0" }, {}, ""],
    ["of an announced length", {}, { "Content-Length": "2" }, "Content-Length: 2\r\n"],
  ] as const)("%s promises nothing behind a piece", async (_what, asked, headers, field) => {
    const source = new Source();
    const { calls, clock, errors } = ask({ status: 200, headers, body: source }, asked);
    await clock.run(0);
    for (const piece of ["a", "b", undefined]) {
      source.give(piece);
      await clock.run(0);
    }
    expect(calls).toEqual([[`${HEAD}${field}\r\n`, false], ["a", false], ["b", false], "end"]);
    expect(errors).toEqual([]);
  });

  test("never goes beyond the length that it has announced", async () => {
    const source = new Source();
    const { calls, clock } = ask({ status: 200, headers: { "Content-Length": "2" }, body: source });
    await clock.run(0);
    for (const piece of ["a", "bc"]) {
      source.give(piece);
      await clock.run(0);
    }
    expect(calls).toEqual([[`${HEAD}Content-Length: 2\r\n\r\n`, false], ["a", false], "destroy"]);
    expect(source.asked).toBe(2);
  });

  test("is nothing more once the connection has gone", async () => {
    const source = new Source();
    const { calls, clock, transport, errors } = ask({ status: 200, body: source });
    await clock.run(0);
    transport.listener.closed(undefined);
    const before = calls.length;
    source.give(undefined);
    await clock.run(0);
    expect(calls).toHaveLength(before);
    expect(errors).toEqual([]);
  });

  test.each([
    ["in memory", { status: 200, body: encode("late") }],
    ["empty", { status: 200 }],
  ])("that comes too late, %s, is dropped without an error", async (_what, response: HttpResponse) => {
    let answer: (response: HttpResponse) => void = () => {};
    const { calls, clock, exchange, errors } = ask(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    exchange.refuse(503);
    answer(response);
    await clock.run(0);
    expect(calls).toEqual([[expect.stringMatching(/^HTTP\/1.1 503 /), false], "end"]);
    expect(errors).toEqual([]);
  });
});

describe("the interim response 100", () => {
  test("goes out at once", () => {
    const fields = [
      ["Content-Length", "4"],
      ["Expect", "100-continue"],
    ] as const;
    expect(ask(never, { method: "PUT", fields }).calls).toEqual([["HTTP/1.1 100 Continue\r\n\r\n", false]]);
  });
});

describe("a request body", () => {
  test("may be as long as the limit, announced or not", async () => {
    for (const [field, body] of [
      [["Content-Length", "4"], "ping"],
      [["Transfer-Encoding", "chunked"], "4\r\nping\r\n0\r\n\r\n"],
    ] as const) {
      const respond = vi.fn(never);
      ask(respond, { method: "PUT", fields: [field], body, maxBodyBytes: 4 });
      expect(respond).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ body: encode("ping") }));
    }
  });

  test("may take any time, and the answer too, when there is no openTimeout", async () => {
    const fields = [["Content-Length", "4"]] as const;
    const { calls, clock, transport } = ask(
      { status: 200 },
      { method: "PUT", fields },
      { openTimeout: null, closeTimeout: null },
    );
    await clock.run(1_000_000);
    transport.listener.received(encode("ping"));
    await clock.run(1_000_000);
    expect(calls).toEqual([[`${HEAD}Content-Length: 0\r\n\r\n`, false], "end"]);
  });

  test("that breaks off without an openTimeout to stop has gone all the same", async () => {
    const { acceptor, clock, transport } = ask(
      never,
      { method: "PUT", fields: [["Content-Length", "4"]] },
      { openTimeout: null },
    );
    transport.listener.closed(undefined);
    await clock.until(acceptor.close());
    expect(clock.now()).toBe(0);
  });
});

describe("the source of a response", () => {
  /** A response of which a chunk of 100 bytes, six more around it, is queued. */
  async function respondFrom(options: Partial<ServerOptions>) {
    const source = new Source();
    const exchange = ask({ status: 200, body: source }, {}, options);
    await exchange.clock.run(0);
    exchange.transport.take(exchange.transport.queuedBytes);
    source.give("x".repeat(100));
    await exchange.clock.run(0);
    expect(exchange.transport.queuedBytes).toBe(106);
    return { source, ...exchange };
  }

  test("is asked again at once while no more than highWaterBytes is queued", async () => {
    const { source } = await respondFrom({ highWaterBytes: 106 });
    expect(source.asked).toBe(2);
  });

  test("is not asked while more than lowWaterBytes is queued, once more than highWaterBytes was", async () => {
    const { source, transport, clock } = await respondFrom({ highWaterBytes: 105, lowWaterBytes: 50 });
    transport.take(55);
    await clock.run(0);
    expect(source.asked).toBe(1);
    transport.take(1);
    await clock.run(0);
    expect(source.asked).toBe(2);
  });
});

describe("a client that takes an answer", () => {
  test("not at all is dropped after closeTimeout, whatever was written meanwhile", async () => {
    const source = new Source();
    const { calls, clock } = ask({ status: 200, body: source });
    await clock.run(6_000);
    source.give("more");
    await clock.run(3_999);
    expect(calls).not.toContain("destroy");
    await clock.run(1);
    expect(calls.at(-1)).toBe("destroy");
  });

  test("in one piece, and does not close, is dropped after a closeTimeout in which nothing moved", async () => {
    const { calls, clock, transport } = ask({ status: 404 });
    await clock.run(5_000);
    transport.take(transport.queuedBytes);
    await clock.run(14_999);
    expect(calls.at(-1)).toBe("end");
    await clock.run(1);
    expect(calls.at(-1)).toBe("destroy");
  });

  test("by one byte in each closeTimeout is not dropped", async () => {
    const { calls, clock, transport } = ask({ status: 200, body: encode("hello") });
    for (let seconds = 0; seconds < 90; seconds += 9) {
      await clock.run(9_000);
      transport.take(1);
    }
    expect(calls.at(-1)).toBe("end");
  });
});
