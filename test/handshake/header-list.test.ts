import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeaderList } from "../../packages/protocol/src/handshake/index.ts";

const list = new HeaderList([
  ["Host", "example.com"],
  ["Via", "a"],
  ["VIA", "b, c"],
  ["Set-Cookie", "a=1"],
]);

describe("a header list", () => {
  test("keeps the fields as they were written, in order", () => {
    expect([...list]).toEqual([
      ["Host", "example.com"],
      ["Via", "a"],
      ["VIA", "b, c"],
      ["Set-Cookie", "a=1"],
    ]);
    expect(list.size).toBe(4);
  });

  test("finds names without regard to case", () => {
    expect(list.has("hOST")).toBe(true);
    expect(list.has("Hos")).toBe(false);
    expect(list.getAll("via")).toEqual(["a", "b, c"]);
    expect(list.getAll("missing")).toEqual([]);
  });

  test("that arrived has names that end at the first colon, and letters from A to Z", () => {
    const arrived = HeaderList.ofLines("a:b:c\r\nZ: 1\r\nA: 2\r\n");
    expect(arrived.has("a:b")).toBe(false);
    expect(arrived.getAll("a")).toEqual(["b:c", "2"]);
    expect(arrived.get("z")).toBe("1");
  });

  test("joins several lines to one value", () => {
    expect(list.get("via")).toBe("a, b, c");
    expect(list.get("host")).toBe("example.com");
    expect(list.get("missing")).toBeUndefined();
  });

  test.each([
    [["a, b"], ["a", "b"]],
    [
      ["a", "b,c"],
      ["a", "b", "c"],
    ],
    [[" , ,a ,\t, b\t,"], ["a", "b"]],
    [[""], []],
    [['a="x, y", b'], ['a="x, y"', "b"]],
    [[String.raw`"\", a", b`], [String.raw`"\", a"`, "b"]],
    [['"a, b'], ['"a, b']],
    [['"a\\'], ['"a\\']],
  ])("splits the lines %j into %j", (lines, elements) => {
    expect(new HeaderList(lines.map((line) => ["X", line])).list("x")).toEqual(elements);
  });

  test("splits a list of tokens as joining and splitting at commas does, however it is spread over lines", () => {
    const token = fc.stringMatching(/^[a-z0-9]{1,5}$/);
    fc.assert(
      fc.property(fc.array(fc.array(token, { minLength: 1 })), (lines) => {
        const headers = new HeaderList(lines.map((line) => ["X", line.join(" ,")]));
        expect(headers.list("X")).toEqual(lines.flat());
      }),
    );
  });

  test("is made from pairs, another list, a map, platform headers or an object", () => {
    const pairs: [string, string][] = [
      ["a", "1"],
      ["b", "2"],
    ];
    const sources = [pairs, new HeaderList(pairs), new Map(pairs), new Headers(pairs), { a: "1", b: "2" }];
    for (const source of sources) expect([...new HeaderList(source)]).toEqual(pairs);
    expect(new HeaderList().size).toBe(0);
  });

  test("does not follow later changes of what it was made from", () => {
    const pairs: [string, string][] = [["a", "1"]];
    const headers = new HeaderList(pairs);
    pairs.push(["b", "2"]);
    expect(headers.size).toBe(1);
  });

  test("made of the lines that arrived says what one made of the same pairs does, whatever is asked", () => {
    const name = fc.constantFrom("A", "a", "Ab", "aB", "Host", "Set-Cookie");
    const value = fc.stringMatching(/^([!-~]([ -~]{0,6}[!-~])?)?$/);
    const asked = fc.oneof(name, fc.constantFrom("", ":", "b", "A: b", "Host:", "\u212a"), value);
    const space = fc.stringMatching(/^[ \t]{0,2}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, space, value, space)), asked, (fields, wanted) => {
        const pairs = new HeaderList(fields.map(([name, , value]) => [name, value]));
        const lines = HeaderList.ofLines(fields.map(([name, ...rest]) => `${name}:${rest.join("")}\r\n`).join(""));
        expect([...lines]).toEqual([...pairs]);
        expect(lines.size).toBe(pairs.size);
        expect(lines.has(wanted)).toBe(pairs.has(wanted));
        expect(lines.get(wanted)).toBe(pairs.get(wanted));
        expect(lines.getAll(wanted)).toEqual(pairs.getAll(wanted));
        expect(lines.list(wanted)).toEqual(pairs.list(wanted));
      }),
    );
  });

  test("knows no names of its own: sec/proto-names", () => {
    for (const name of ["constructor", "__proto__", "hasOwnProperty", "toString"]) {
      expect(list.has(name)).toBe(false);
      expect(list.get(name)).toBeUndefined();
      expect(new HeaderList([[name, "x"]]).getAll(name)).toEqual(["x"]);
    }
  });
});
