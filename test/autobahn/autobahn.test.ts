import { describe, expect, test } from "vitest";
import { nodeDeflate } from "../../packages/node-adapter/src/node-deflate.ts";
import { type DeflateCodec, permessageDeflate, portableDeflate } from "../../packages/protocol/src/index.ts";
import type { AutobahnCase } from "./case.ts";
import { AUTOBAHN_CASES, CORE_CASES } from "./cases.ts";
import { COMPRESSION_CASES } from "./compression-cases.ts";
import { EchoEndpoint } from "./echo-endpoint.ts";
import { runCase } from "./fuzzing-peer.ts";
import { negotiate } from "./negotiation.ts";

describe("the cases of the Autobahn testsuite", () => {
  test("are 517, in these families", () => {
    const families: Record<string, number> = {};
    for (const { id } of AUTOBAHN_CASES) {
      const family = id.split(".")[0]!;
      families[family] = (families[family] ?? 0) + 1;
    }
    expect(families).toEqual({ 1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1, 12: 90, 13: 126 });
    expect(new Set(AUTOBAHN_CASES.map(({ id }) => id)).size).toBe(517);
    expect(AUTOBAHN_CASES.filter(({ informational }) => informational).map(({ id }) => id)).toEqual([
      "7.1.6",
      "7.13.1",
      "7.13.2",
    ]);
  });

  test("have these sub-families of family 6", () => {
    const counts = new Map<string, number>();
    for (const { id } of AUTOBAHN_CASES.filter((testCase) => testCase.id.startsWith("6."))) {
      const family = id.split(".").slice(0, 2).join(".");
      counts.set(family, (counts.get(family) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([3, 4, 2, 4, 5, 11, 4, 2, 4, 3, 5, 8, 5, 10, 1, 3, 5, 5, 5, 7, 8, 34, 7]);
  });
});

describe.each(["server", "client"] as const)(
  "as a %s, an echo application answers exactly as it should in case",
  (role) => {
    test.each(named(CORE_CASES))("%s", (_, testCase) => {
      expect(runCase(testCase, new EchoEndpoint(role))).toEqual([]);
    });

    describe.each([
      ["the portable codec", portableDeflate()],
      ["Node's codec", nodeDeflate()],
    ])("with %s", (_, codec) => {
      test.each(named(COMPRESSION_CASES))("%s", { timeout: 600_000 }, (_, testCase) => {
        expect(runCompressed(testCase, role, codec)).toEqual([]);
      });
    });
  },
);

function runCompressed(testCase: AutobahnCase, role: "client" | "server", codec: DeflateCodec): readonly string[] {
  const { requests } = testCase.compression!;
  const extension = permessageDeflate({
    codec,
    // What a client has to be told to get all that the suite's server may answer: it takes client_max_window_bits for a
    // yes to any size, and asks only those for client_no_context_takeover who have offered it.
    ...(role === "client" && {
      clientMaxWindowBits: 15,
      clientContextTakeover: !requests.every(({ noContextTakeover }) => noContextTakeover),
    }),
  });
  const negotiated = negotiate(role, extension, testCase.compression!);
  if (typeof negotiated === "string") return [negotiated];
  return runCase(testCase, new EchoEndpoint(role, negotiated.transform), negotiated.peer);
}

function named(cases: readonly AutobahnCase[]): [name: string, testCase: AutobahnCase][] {
  return cases.map((testCase) => [`${testCase.id}: ${testCase.title}`, testCase]);
}
