// RFC 6455 §9.1: Sec-WebSocket-Extensions.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatExtensions, parseExtensions } from "../../packages/protocol/src/extensions/extension-header.ts";
import type { ExtensionElement } from "../../packages/protocol/src/index.ts";

/** `name` alone, or `name` and `[parameter, value]` pairs. */
const element = (name: string, ...parameters: readonly [string, string?][]): ExtensionElement => ({
  name,
  parameters: parameters.map(([parameter, value]) => ({ name: parameter, value })),
});

describe("H23 the extension header", () => {
  const accepted: [lines: string[], elements: ExtensionElement[]][] = [
    [["foo"], [element("foo")]],
    [["foo, bar; baz=2"], [element("foo"), element("bar", ["baz", "2"])]],
    // The examples of §9.1.
    [["deflate-stream"], [element("deflate-stream")]],
    [
      ["mux; max-channels=4; flow-control, deflate-stream", "private-extension"],
      [
        element("mux", ["max-channels", "4"], ["flow-control"]),
        element("deflate-stream"),
        element("private-extension"),
      ],
    ],
    [['a; b="10"'], [element("a", ["b", "10"])]],
    [[String.raw`a; b="\1\0"; c="x\y"`], [element("a", ["b", "10"], ["c", "xy"])]],
    [
      ["a", "b"],
      [element("a"), element("b")],
    ],
    [[" ,, a ;\tb\t=\t1 ,,\t, ", ",", ""], [element("a", ["b", "1"])]],
    [["a;b;b=1"], [element("a", ["b"], ["b", "1"])]],
    [["a, a"], [element("a"), element("a")]],
  ];
  test.each(accepted)("%j names %j", (lines, elements) => {
    expect(parseExtensions(lines)).toEqual(elements);
  });

  test.each([
    "",
    ",",
    " ",
    ";",
    ";x",
    "a;",
    "a; ;b",
    "a b",
    "a; b c",
    "a; b=",
    "a; =1",
    "=",
    "a=1",
    "a; b=1=2",
    'a; b=""',
    'a; b="1',
    'a; b="1\\',
    'a; b="1\\"',
    'a; b="1 2"',
    'a; b="1,2"',
    'a; b="1"2',
    'a; b=1"2"',
    String.raw`a; b="\ "`,
    '"a"',
    'a; "b"=1',
    "a; b\xff",
    "\xff\xfe",
    "a/b",
    "a; b=c/d",
    "a\0",
  ])("%j is malformed", (line) => {
    expect(parseExtensions([line])).toBeUndefined();
    if (line.trim() !== "" && line !== ",") expect(parseExtensions(["good", line])).toBeUndefined();
  });

  const token = fc.stringMatching(/^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,8}$/);
  const elements = fc.array(
    fc.record({
      name: token,
      parameters: fc.array(fc.record({ name: token, value: fc.option(token, { nil: undefined }) }), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 4 },
  );

  test("is read back as it was written", () => {
    fc.assert(
      fc.property(elements, (list) => {
        expect(parseExtensions([formatExtensions(list)])).toEqual(list);
      }),
    );
  });

  test("is one list, whether it comes in one line or in several", () => {
    fc.assert(
      fc.property(elements, (list) => {
        expect(parseExtensions(list.map((one) => formatExtensions([one])))).toEqual(list);
      }),
    );
  });

  test("never makes the parser throw", () => {
    const noise = fc.constantFrom("a", "b", ",", ";", "=", '"', "\\", " ", "\t", "\xff", "\0");
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), (parts) => {
        const parsed = parseExtensions([parts.join("")]);
        if (parsed !== undefined) expect(parseExtensions([formatExtensions(parsed)])).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    element("a b"),
    element(""),
    element("a", ["b\r\nX-Injected: 1"]),
    element("a", ["b", "c d"]),
    element("a", ["b", ""]),
    element("a", ["b", "\u0141"]),
  ])("sec/no-injection: %j is not written", (bad) => {
    expect(() => formatExtensions([bad])).toThrow(expect.objectContaining({ code: "bad-handshake" }));
  });

  test("sec/proto-names: the names of an object's members are names like any others", () => {
    expect(parseExtensions(["constructor, __proto__; toString=valueOf; hasOwnProperty"])).toEqual([
      element("constructor"),
      element("__proto__", ["toString", "valueOf"], ["hasOwnProperty"]),
    ]);
  });

  /** Counts the characters that are looked at, through a string that tells. */
  function examined(line: string): number {
    let count = 0;
    const charCodeAt = String.prototype.charCodeAt;
    String.prototype.charCodeAt = function (this: string, index: number): number {
      count++;
      return charCodeAt.call(this, index);
    };
    try {
      parseExtensions([line]);
    } finally {
      String.prototype.charCodeAt = charCodeAt;
    }
    return count;
  }

  test.each([
    ["escapes in an open quoted string", (size: number) => `a; b="${"\\c".repeat(size / 2)}`],
    ["spaces", (size: number) => `a${" ".repeat(size)}b`],
    ["empty elements", (size: number) => ",".repeat(size)],
    ["parameters", (size: number) => `a${"; b".repeat(size / 3)}`],
    ["quoted parameters", (size: number) => `a${'; b="c"'.repeat(size / 7)}`],
  ])("sec/ext-redos: %s to the limit of a head cost a few looks a character", (_name, line) => {
    expect(examined(line(16_000))).toBeLessThan(6 * 16_000);
  });
});
