// RFC 7692 §5 and §7.1: what is offered, accepted, declined, confirmed and refused.

import { describe, expect, test } from "vitest";
import {
  type DeflateCodec,
  type ExtensionParameter,
  type PermessageDeflateOptions,
  permessageDeflate,
  portableDeflate,
  UsageError,
} from "../../packages/protocol/src/index.ts";
import { concat, hex, utf8 } from "../support/hex.ts";
import { BitString, FIXED_BLOCK } from "./deflate-bits.ts";

/** `"a; b=1"` as parameters; an empty string has none. */
function parameters(text: string): ExtensionParameter[] {
  if (text === "") return [];
  return text.split("; ").map((part) => {
    const [name = "", value] = part.split("=");
    return { name, value };
  });
}

function format(list: readonly ExtensionParameter[]): string {
  return list.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join("; ");
}

function offers(options?: PermessageDeflateOptions): string[] {
  return permessageDeflate(options).offers().map(format);
}

/** The server's response to an offer. */
function accept(offer: string, options?: PermessageDeflateOptions): string | undefined {
  const accepted = permessageDeflate(options).accept(parameters(offer));
  return accepted && format(accepted.parameters);
}

/** Whether the client takes a response. */
function confirms(response: string, options?: PermessageDeflateOptions): boolean {
  return permessageDeflate(options).confirm(parameters(response)) !== undefined;
}

const INVALID_WINDOW_BITS = [
  ...["0", "7", "16", "1000", "-1", "08", "015", "1e1", "", " 9", "9 ", "+9", "9.0", "0x9", "null", "true", "８"],
  "9".repeat(65),
  "constructor",
  "__proto__",
];

const UNKNOWN_PARAMETERS = [
  "constructor",
  "__proto__",
  "toString=valueOf",
  "hasOwnProperty",
  "Server_no_context_takeover",
  "server_max_window_bits =10",
  "x",
  "",
];

const ALL_15: PermessageDeflateOptions = { serverMaxWindowBits: 15, clientMaxWindowBits: 15 };

test("the extension has its registered name", () => {
  expect(permessageDeflate().name).toBe("permessage-deflate");
});

describe("a server", () => {
  test("accepts a plain offer, and limits its own window to 12 bits, which needs no consent (§7.1.2.1)", () => {
    expect(accept("")).toBe("server_max_window_bits=12");
  });

  test("limits the client's window only where the client can be limited (§7.1.2.2)", () => {
    expect(accept("client_max_window_bits")).toBe("server_max_window_bits=12; client_max_window_bits=12");
    expect(accept("client_max_window_bits", ALL_15)).toBe("");
  });

  test("agrees to the smaller of its own and the offered limits", () => {
    expect(accept("client_max_window_bits=10", ALL_15)).toBe("client_max_window_bits=10");
    expect(accept("client_max_window_bits=15", ALL_15)).toBe("");
    expect(accept("client_max_window_bits=14", { ...ALL_15, clientMaxWindowBits: 9 })).toBe("client_max_window_bits=9");
    expect(accept("server_max_window_bits=10", ALL_15)).toBe("server_max_window_bits=10");
    expect(accept("server_max_window_bits=14", { serverMaxWindowBits: 9 })).toBe("server_max_window_bits=9");
    expect(accept("server_max_window_bits=8", ALL_15)).toBe("server_max_window_bits=8");
  });

  test("includes server_max_window_bits in the response to an offer that has it, even when it limits nothing", () => {
    expect(accept("server_max_window_bits=15", ALL_15)).toBe("server_max_window_bits=15");
  });

  test("declines an offer whose client cannot be limited, if a limit was asked for", () => {
    expect(accept("", { clientMaxWindowBits: 12 })).toBeUndefined();
    expect(accept("client_max_window_bits", { clientMaxWindowBits: 12 })).toContain("client_max_window_bits=12");
    expect(accept("", { clientMaxWindowBits: 15 })).toBeDefined();
  });

  test("repeats the offered no_context_takeover parameters, and adds its own (§7.1.1)", () => {
    expect(accept("server_no_context_takeover", ALL_15)).toBe("server_no_context_takeover");
    expect(accept("client_no_context_takeover", ALL_15)).toBe("client_no_context_takeover");
    expect(accept("", { ...ALL_15, serverContextTakeover: false })).toBe("server_no_context_takeover");
    expect(accept("", { ...ALL_15, clientContextTakeover: false })).toBe("client_no_context_takeover");
  });

  test("accepts all four parameters in any order", () => {
    expect(
      accept(
        "client_max_window_bits=9; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover",
      ),
    ).toBe(
      "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9",
    );
  });

  test.each(INVALID_WINDOW_BITS)("declines window bits of %j", (value) => {
    expect(accept(`server_max_window_bits=${value}`)).toBeUndefined();
    expect(accept(`client_max_window_bits=${value}`)).toBeUndefined();
  });

  test("declines server_max_window_bits without a value", () => {
    expect(accept("server_max_window_bits")).toBeUndefined();
  });

  test.each(["server_no_context_takeover", "client_no_context_takeover"])("declines %s with a value", (name) => {
    expect(accept(`${name}=`)).toBeUndefined();
    expect(accept(`${name}=true`)).toBeUndefined();
  });

  test.each([
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; client_no_context_takeover",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits; client_max_window_bits",
    "client_max_window_bits=10; client_max_window_bits",
  ])("declines a parameter that comes twice: %s", (offer) => {
    expect(accept(offer)).toBeUndefined();
  });

  test.each(UNKNOWN_PARAMETERS)("declines the unknown parameter %j", (name) => {
    expect(permessageDeflate().accept([{ name, value: undefined }])).toBeUndefined();
    const known = { name: "client_max_window_bits", value: undefined };
    expect(permessageDeflate().accept([known, { name, value: undefined }])).toBeUndefined();
  });
});

describe("a client", () => {
  test("prefers a server that limits its window to 12 bits, and takes one that cannot", () => {
    expect(offers()).toEqual(["client_max_window_bits=12; server_max_window_bits=12", "client_max_window_bits=12"]);
  });

  test("makes one offer where a limit was asked for", () => {
    expect(offers({ serverMaxWindowBits: 12 })).toEqual(["client_max_window_bits=12; server_max_window_bits=12"]);
  });

  test("offers nothing but that it can be limited, without limits of its own", () => {
    expect(offers(ALL_15)).toEqual(["client_max_window_bits"]);
  });

  test("asks for no context takeover where it is switched off", () => {
    expect(offers({ ...ALL_15, serverContextTakeover: false })).toEqual([
      "server_no_context_takeover; client_max_window_bits",
    ]);
    expect(offers({ ...ALL_15, clientContextTakeover: false })).toEqual([
      "client_no_context_takeover; client_max_window_bits",
    ]);
  });

  test("takes a response without parameters, and every parameter that the server may add unasked", () => {
    expect(confirms("")).toBe(true);
    expect(confirms("server_no_context_takeover")).toBe(true);
    expect(confirms("client_no_context_takeover")).toBe(true);
    expect(confirms("server_max_window_bits=8")).toBe(true);
    expect(confirms("server_max_window_bits=15")).toBe(true);
    expect(confirms("client_max_window_bits=8")).toBe(true);
  });

  test("takes a smaller window than it asked for, and refuses a larger one or none", () => {
    const options = { serverMaxWindowBits: 10 };
    expect(confirms("server_max_window_bits=10", options)).toBe(true);
    expect(confirms("server_max_window_bits=8", options)).toBe(true);
    expect(confirms("server_max_window_bits=11", options)).toBe(false);
    expect(confirms("", options)).toBe(false);
  });

  test("refuses a window of its own that is larger than it offered", () => {
    expect(confirms("client_max_window_bits=12", { clientMaxWindowBits: 12 })).toBe(true);
    expect(confirms("client_max_window_bits=13", { clientMaxWindowBits: 12 })).toBe(false);
    expect(confirms("client_max_window_bits=15", { clientMaxWindowBits: 15 })).toBe(true);
  });

  test("refuses a response that ignores server_no_context_takeover (§7.1.1.1)", () => {
    expect(confirms("", { serverContextTakeover: false })).toBe(false);
    expect(confirms("server_no_context_takeover", { serverContextTakeover: false })).toBe(true);
  });

  test("needs no consent to go without context takeover itself (§7.1.1.2)", () => {
    expect(confirms("", { clientContextTakeover: false })).toBe(true);
  });

  test("refuses client_max_window_bits without a value (§7.1.2.2)", () => {
    expect(confirms("client_max_window_bits")).toBe(false);
  });

  test.each(INVALID_WINDOW_BITS)("refuses window bits of %j", (value) => {
    expect(confirms(`server_max_window_bits=${value}`)).toBe(false);
    expect(confirms(`client_max_window_bits=${value}`)).toBe(false);
  });

  test.each(["server_no_context_takeover", "client_no_context_takeover"])("refuses %s with a value", (name) => {
    expect(confirms(`${name}=1`)).toBe(false);
  });

  test.each([
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; client_no_context_takeover",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits=10; client_max_window_bits=10",
  ])("refuses a parameter that comes twice: %s", (response) => {
    expect(confirms(response)).toBe(false);
  });

  test.each(UNKNOWN_PARAMETERS)("refuses the unknown parameter %j", (name) => {
    expect(permessageDeflate().confirm([{ name, value: undefined }])).toBe(undefined);
  });
});

describe("what was agreed is what happens", () => {
  const client = (response: string, options?: PermessageDeflateOptions) =>
    permessageDeflate({ thresholdBytes: 0, ...options }).confirm(parameters(response))!;
  const server = (offer: string, options?: PermessageDeflateOptions) =>
    permessageDeflate({ thresholdBytes: 0, ...options }).accept(parameters(offer))!.transform;
  const sentTwice = (transform: ReturnType<typeof client>): [number, number] => {
    const message = utf8("the same sixty-four bytes, which are not like each other at all!");
    return [transform.encode(message, true).length, transform.encode(message, true).length];
  };
  const takesOver = (transform: ReturnType<typeof client>): boolean => {
    const [first, second] = sentTwice(transform);
    return second < first / 2;
  };
  /** Whether the transform takes a message with this distance, after `distance` other bytes. */
  const reaches = (transform: ReturnType<typeof client>, distance: number): boolean => {
    const literals = new BitString().bits(FIXED_BLOCK);
    for (let at = 0; at < distance; at++) literals.fixed(at & 0x7f);
    transform.push(literals.fixedMatch(distance).fixed(256).bits("0 00").toBytes(), true);
    for (;;) {
      const piece = transform.pull(65_536);
      if (piece === undefined || piece === "invalid") return piece === undefined;
    }
  };

  test("context takeover: by default in both roles, and not where either side has switched it off", () => {
    expect(takesOver(client(""))).toBe(true);
    expect(takesOver(server(""))).toBe(true);
    expect(takesOver(client("client_no_context_takeover"))).toBe(false);
    expect(takesOver(client("", { clientContextTakeover: false }))).toBe(false);
    expect(takesOver(client("server_no_context_takeover"))).toBe(true);
    expect(takesOver(server("server_no_context_takeover"))).toBe(false);
    expect(takesOver(server("", { serverContextTakeover: false }))).toBe(false);
    expect(takesOver(server("client_no_context_takeover"))).toBe(true);
  });

  test("an agreed lack of context takeover is demanded of the peer, too", () => {
    const hello = hex`f2 48 cd c9 c9 07 00`;
    const again = hex`f2 00 11 00 00`; // §7.2.3.2: refers to the message before
    const receiveBoth = (transform: ReturnType<typeof client>): unknown[] =>
      [hello, again].map((message) => {
        transform.push(message, true);
        const pieces: Uint8Array[] = [];
        for (;;) {
          const piece = transform.pull(100);
          if (piece === "invalid") return piece;
          if (piece === undefined) return new TextDecoder().decode(concat(...pieces));
          pieces.push(piece);
        }
      });
    expect(receiveBoth(client(""))).toEqual(["Hello", "Hello"]);
    expect(receiveBoth(client("server_no_context_takeover"))).toEqual(["Hello", "invalid"]);
    expect(receiveBoth(client("client_no_context_takeover"))).toEqual(["Hello", "Hello"]);
    expect(receiveBoth(server("client_no_context_takeover"))).toEqual(["Hello", "invalid"]);
    expect(receiveBoth(server("server_no_context_takeover"))).toEqual(["Hello", "Hello"]);
  });

  test("the agreed window is demanded of the peer", () => {
    expect(reaches(client("server_max_window_bits=9"), 512)).toBe(true);
    expect(reaches(client("server_max_window_bits=9"), 513)).toBe(false);
    expect(reaches(client(""), 32_768)).toBe(true);
    expect(reaches(server("client_max_window_bits=10"), 1_024)).toBe(true);
    expect(reaches(server("client_max_window_bits=10"), 1_025)).toBe(false);
    expect(reaches(server("client_max_window_bits"), 4_097)).toBe(false);
    expect(reaches(server(""), 32_768)).toBe(true);
  });

  test("messages below the threshold go out as they are", () => {
    expect(permessageDeflate().confirm([])!.wants("text", 31)).toBe(false);
    expect(permessageDeflate().confirm([])!.wants("text", 32)).toBe(true);
    const withoutTakeover = permessageDeflate({ clientContextTakeover: false }).confirm([])!;
    expect(withoutTakeover.wants("binary", 255)).toBe(false);
    expect(withoutTakeover.wants("binary", 256)).toBe(true);
    expect(permessageDeflate({ thresholdBytes: 1_000 }).confirm([])!.wants("text", 999)).toBe(false);
    expect(permessageDeflate({ thresholdBytes: 0 }).confirm([])!.wants("text", 0)).toBe(true);
  });
});

describe("an option outside its range is a usage error", () => {
  test.each<PermessageDeflateOptions>([
    { serverMaxWindowBits: 7 },
    { serverMaxWindowBits: 16 },
    { serverMaxWindowBits: 8.5 },
    { clientMaxWindowBits: 7 },
    { clientMaxWindowBits: 16 },
    { clientMaxWindowBits: Number.NaN },
    { memoryLevel: 0 },
    { memoryLevel: 10 },
    { thresholdBytes: -1 },
    { thresholdBytes: Number.POSITIVE_INFINITY },
  ])("%j", (options) => {
    expect(() => permessageDeflate(options)).toThrow(UsageError);
    expect(() => permessageDeflate(options)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

test("the codec is told how much memory it may take: what the options say, or 6", () => {
  for (const [options, memoryLevel] of [
    [{ memoryLevel: 1 }, 1],
    [{ memoryLevel: 9 }, 9],
    [{}, 6],
  ] as const) {
    const asked: number[] = [];
    const portable = portableDeflate();
    const codec: DeflateCodec = {
      createDeflater: (wanted) => {
        asked.push(wanted.memoryLevel);
        return portable.createDeflater(wanted);
      },
      createInflater: (wanted) => portable.createInflater(wanted),
    };
    const accepted = permessageDeflate({ ...options, codec }).accept([]);
    accepted?.transform.encode(utf8("Hello"), true);
    expect(asked).toEqual([memoryLevel]);
  }
});
