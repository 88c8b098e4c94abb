// RFC 6455 §10.2: whose pages may connect.

import { describe, expect, test } from "vitest";
import { HeaderList, type OriginMatcher, OriginPolicy } from "../../packages/protocol/src/handshake/index.ts";

interface Asked {
  readonly origin?: string | readonly string[];
  readonly host?: string | readonly string[];
  readonly secure?: boolean;
}

function asked({ origin = [], host = "good.example", secure }: Asked) {
  const lines = (name: string, values: string | readonly string[]) =>
    [values].flat().map((value): [string, string] => [name, value]);
  return { headers: new HeaderList([...lines("Host", host), ...lines("Origin", origin)]), secure };
}

const sameOrigin = new OriginPolicy();

describe("sec/origin-default: by default", () => {
  test.each<Asked>([
    { origin: "https://good.example", secure: true },
    { origin: "http://good.example", secure: false },
    { origin: "https://good.example" },
    { origin: "http://good.example" },
    { origin: "https://good.example:8443", host: "good.example:8443", secure: true },
    { origin: "https://good.example", host: "good.example:443", secure: true },
    { origin: "http://good.example:80", host: "Good.Example", secure: false },
    { origin: "http://[::1]:3000", host: "[::1]:3000" },
    { origin: "http://127.0.0.1:9001", host: "127.0.0.1:9001" },
    { origin: "https://xn--mller-kva.example", host: "xn--mller-kva.example" },
    {},
    { secure: true },
  ])("%j may connect", (request) => {
    expect(sameOrigin.allows(asked(request))).toBe(true);
  });

  test.each<Asked>([
    { origin: "null" },
    { origin: "" },
    { origin: "*" },
    { origin: "https://evil.example" },
    { origin: "http://good.example", secure: true },
    { origin: "https://good.example", secure: false },
    { origin: "https://good.example:444", secure: true },
    { origin: "https://good.example", host: "good.example:8443", secure: true },
    { origin: "http://good.example:443", secure: true },
    { origin: "https://good.example.evil" },
    { origin: "https://good.example.evil.example" },
    { origin: "https://evilgood.example" },
    { origin: "https://evil-good.example" },
    { origin: "https://sub.good.example" },
    { origin: "https://example" },
    { origin: "https://Good.example" },
    { origin: "HTTPS://good.example" },
    { origin: "https://good.example." },
    { origin: "https://good.example@evil.example" },
    { origin: "https://evil.example@good.example" },
    { origin: "https://user:pass@good.example" },
    { origin: "https://good.example/" },
    { origin: "https://good.example/path" },
    { origin: "https://good.example?x" },
    { origin: "https://good.example#x" },
    { origin: "https://good.example:" },
    { origin: "https://good.example:x" },
    { origin: "https://good.example:443:443" },
    { origin: "https://good.example https://good.example" },
    { origin: "https://good.example, https://evil.example" },
    { origin: "https:good.example" },
    { origin: "https:///good.example" },
    { origin: "://good.example" },
    { origin: "good.example" },
    { origin: "//good.example" },
    { origin: "1https://good.example" },
    { origin: "ht tps://good.example" },
    { origin: "ws://good.example" },
    { origin: "wss://good.example" },
    { origin: "ftp://good.example" },
    { origin: "file://" },
    { origin: "chrome-extension://good.example" },
    { origin: "https://g\xf6\xf6d.example", host: "good.example" },
    { origin: "https://g\xf6\xf6d.example", host: "g\xf6\xf6d.example" },
    { origin: "https://good%2eexample" },
    { origin: ["https://good.example", "https://good.example"] },
    { origin: ["https://good.example", "https://evil.example"] },
    { origin: "https://good.example", host: ["good.example", "good.example"] },
    { origin: "https://good.example", host: [] },
    { origin: "https://good.example", host: "" },
    { origin: "https://good.example", host: "good.example/" },
    { origin: "http://a:b" },
  ])("%j may not connect", (request) => {
    expect(sameOrigin.allows(asked(request))).toBe(false);
  });
});

describe("a policy", () => {
  const allows = (allow: OriginMatcher | readonly OriginMatcher[], origin: string | readonly string[]): boolean =>
    new OriginPolicy({ allow }).allows(asked({ origin }));

  test.each([
    ["any", "https://evil.example", true],
    ["any", "null", true],
    ["https://a.example", "https://a.example", true],
    ["https://a.example", "https://a.example:443", true],
    ["https://a.example:443", "https://a.example", true],
    ["https://A.Example", "https://a.example", true],
    ["https://a.example", "http://a.example", false],
    ["https://a.example", "https://b.a.example", false],
    ["https://a.example", "https://a.example:8443", false],
    ["https://a.example", "https://good.example", false],
    ["http://localhost:3000", "http://localhost:3000", true],
    ["http://localhost:3000", "http://localhost", false],
    ["chrome-extension://abcdef", "chrome-extension://abcdef", true],
    ["chrome-extension://abcdef", "chrome-extension://abcdeg", false],
    ["https://*.a.example", "https://b.a.example", true],
    ["https://*.a.example", "https://c.b.a.example", true],
    ["https://*.a.example:8443", "https://b.a.example:8443", true],
    ["https://*.a.example", "https://a.example", false],
    ["https://*.a.example", "https://.a.example", false],
    ["https://*.a.example", "https://ba.example", false],
    ["https://*.a.example", "https://xa.example", false],
    ["https://*.a.example", "http://b.a.example", false],
    ["https://*.a.example", "https://b.a.example:8443", false],
    ["https://*.a.example", "https://b.a.example.evil", false],
    ["https://*.a.example", "https://b.a.example.", false],
    ["https://*.a.example", "https://evil.example/.a.example", false],
    ["https://*.a.example", "https://evil.example?.a.example", false],
    ["https://*.a.example", "https://evil.example\\.a.example", false],
    ["https://*.a.example", "https://u@b.a.example", false],
    ["https://*.a.example", "null", false],
    [/https:\/\/[ab]\.example/, "https://a.example", true],
    [/https:\/\/[ab]\.example/, "https://a.example.evil", false],
    [/https:\/\/[ab]\.example/, "https://evil/https://a.example", false],
    [/a|https:\/\/b\.example/, "https://b.example", true],
    [/a|https:\/\/b\.example/, "https://b.example.evil", false],
    [/https:\/\/A\.example/i, "https://a.example", true],
    [(origin: string) => origin === "null", "null", true],
    [(origin: string) => origin === "null", "https://a.example", false],
    [["same-origin", "https://a.example"], "https://good.example", true],
    [["same-origin", "https://a.example"], "https://a.example", true],
    [["same-origin", "https://a.example"], "https://b.example", false],
    [[], "https://good.example", false],
  ] as [OriginMatcher | OriginMatcher[], string, boolean][])("of %s: %s may connect: %s", (allow, origin, expected) => {
    expect(allows(allow, origin)).toBe(expected);
  });

  test("never allows two Origin headers", () => {
    expect(allows("any", ["https://a.example", "https://a.example"])).toBe(false);
    expect(allows(() => true, ["https://a.example", "https://a.example"])).toBe(false);
  });

  test("with a sticky or global expression says the same every time", () => {
    for (const flags of ["g", "y", "gm"]) {
      const policy = new OriginPolicy({ allow: new RegExp("https://a.example", flags) });
      for (let time = 0; time < 3; time++) expect(policy.allows(asked({ origin: "https://a.example" }))).toBe(true);
    }
  });

  test("with a function that throws, or says something else than true, refuses", () => {
    expect(allows((origin) => new URL(origin).port === "b", "http://a:b")).toBe(false);
    expect(allows((() => "yes") as unknown as OriginMatcher, "https://a.example")).toBe(false);
  });

  test("gives a function the whole request", () => {
    const policy = new OriginPolicy({
      allow: (origin, { headers, secure }) => secure === true && headers.get("host") === origin,
    });
    expect(policy.allows(asked({ origin: "good.example", secure: true }))).toBe(true);
    expect(policy.allows(asked({ origin: "good.example" }))).toBe(false);
  });

  test("may refuse requests without an Origin header", () => {
    expect(new OriginPolicy({ withoutOrigin: "refuse" }).allows(asked({}))).toBe(false);
    expect(new OriginPolicy({ allow: "any", withoutOrigin: "refuse" }).allows(asked({ origin: "null" }))).toBe(true);
    expect(new OriginPolicy({ allow: [] }).allows(asked({}))).toBe(true);
  });

  test.each([
    "",
    "*",
    "null",
    "a.example",
    "https://a.example/",
    "https://a.example/path",
    "https://*",
    "https://*.",
    "https://a.*.example",
    "https://*.*.example",
    "*.a.example",
    "https://u@a.example",
    "https://m\u00fcller.example",
    "https://a.example:99999",
  ])("cannot be made of %j", (matcher) => {
    expect(() => new OriginPolicy({ allow: matcher })).toThrow(expect.objectContaining({ code: "bad-option" }));
  });

  test("cannot have another word about requests without an Origin", () => {
    const rules = { withoutOrigin: "deny" as "refuse" };
    expect(() => new OriginPolicy(rules)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

describe("an origin of another scheme", () => {
  test.each(["app://h", "az09+-.://h", "a0://h", "z9://h", "chrome-extension://abcdef"])("%s is one", (origin) => {
    const policy = new OriginPolicy({ allow: origin });
    expect(policy.allows({ headers: new HeaderList([["Origin", origin]]) })).toBe(true);
    expect(policy.allows({ headers: new HeaderList([["Origin", `x${origin}`]]) })).toBe(false);
  });

  test.each(["1a", "+a", "-a", ".a", "", "a*", "a,", "a/", "a:", "a_", "`a", "{a", "a`", "a{", "a@"])(
    "%j begins none",
    (scheme) => {
      expect(() => new OriginPolicy({ allow: `${scheme}://h` })).toThrow(
        expect.objectContaining({ code: "bad-option" }),
      );
    },
  );

  test("is another origin, also with the same port; only http and https have one by default", () => {
    const refused: readonly (readonly [allow: string, origin: string])[] = [
      ["https://h:8443", "http://h:8443"],
      ["app://h:80", "app://h"],
      ["app://h", "app://h:80"],
      ["app://h:443", "app://h"],
    ];
    for (const [allow, origin] of refused) {
      expect(new OriginPolicy({ allow }).allows({ headers: new HeaderList([["Origin", origin]]) })).toBe(false);
    }
  });
});
