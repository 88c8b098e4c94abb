import { describe, expect, test } from "vitest";
import { decodeFrames } from "../reference/frames.ts";
import { concat } from "../support/hex.ts";
import { type AutobahnCase, autobahnCase, echo, frame, payload, pong, send, sendFragmented } from "./case.ts";
import { CORE_CASES } from "./cases.ts";
import { EchoEndpoint } from "./echo-endpoint.ts";
import { runCase } from "./fuzzing-peer.ts";

/** What the fuzzing peer says about the echo server if a case is changed. */
function complaints(id: string, change: Partial<AutobahnCase>): readonly string[] {
  const testCase = CORE_CASES.find((candidate) => candidate.id === id)!;
  return runCase({ ...testCase, ...change }, new EchoEndpoint("server"));
}

describe("the fuzzing peer complains", () => {
  test("about a reply that is not the expected one", () => {
    expect(complaints("1.1.2", { replies: [echo("text", "*".repeat(124))] })).toEqual([
      "reply 0 is a text message of 125 bytes, not the expected message",
    ]);
    expect(complaints("1.1.2", { replies: [echo("binary", "*".repeat(125))] })).toHaveLength(1);
    expect(complaints("1.1.2", { replies: [pong("*".repeat(125))] })).toHaveLength(1);
  });

  test("about replies that are missing, too many or in another order", () => {
    expect(complaints("1.1.2", { replies: [] })).toEqual(["1 replies came, 0 were expected"]);
    expect(complaints("2.7", { replies: [pong("")] })).toEqual(["0 replies came, 1 were expected"]);
    const backwards = [...CORE_CASES.find(({ id }) => id === "5.6")!.replies].reverse();
    expect(complaints("5.6", { replies: backwards })).toHaveLength(2);
  });

  test("about another close code, another first Close and another cause", () => {
    expect(complaints("7.7.2", { close: { first: "fuzzer", code: 1000, clean: true } })).toEqual([
      "the endpoint's Close says 1001, not 1000",
    ]);
    expect(complaints("3.1", { close: { first: "fuzzer", code: 1002, clean: false } })).toEqual([
      "the endpoint has closed the connection by itself",
    ]);
    expect(complaints("1.1.1", { close: { first: "endpoint", code: 1000, clean: true } })).toEqual([
      "the endpoint has not failed the connection",
    ]);
    expect(complaints("7.9.1", { close: { first: "fuzzer", code: 1002, clean: true } })).toEqual([
      "the connection ended by violation, not by handshake",
      "the end was not clean",
    ]);
  });

  test("about a failure that comes early or late", () => {
    const wait = { kind: "wait", replies: 0, failed: false } as const;
    expect(complaints("3.1", { script: [send([frame(1, "", { rsv: 1 })]), wait] })).toEqual(["failed too early"]);
    expect(
      complaints("6.4.1", { script: [send([frame(1, "a", { fin: false })]), { ...wait, failed: true }] }),
    ).toContain("not failed at the first possible moment");
  });

  test("about a round trip that brings something else back", () => {
    const bytes = Uint8Array.of(0xc3, 0xa9);
    const messages = (): { binary: boolean; bytes: Uint8Array }[] => [{ binary: true, bytes }];
    const fragmentBytes = Number.POSITIVE_INFINITY;
    const testCase = autobahnCase("0", "", [{ kind: "round-trips", messages, fragmentBytes }]);
    expect(runCase(testCase, new EchoEndpoint("client"))).toEqual([]);
    const deaf = new EchoEndpoint("client");
    deaf.receive(Uint8Array.of(0x88, 0x00));
    expect(runCase(testCase, deaf)).toContain("round trip 1 did not bring back what was sent");
  });
});

describe("the fuzzing peer cuts a message as the suite does:", () => {
  function fragmentsOf(text: string, fragmentBytes: number): readonly string[] {
    const endpoint = new EchoEndpoint("client");
    const chunks: Uint8Array[] = [];
    const receive = endpoint.receive.bind(endpoint);
    endpoint.receive = (chunk) => {
      chunks.push(chunk);
      receive(chunk);
    };
    const script = [sendFragmented("text", payload(text), fragmentBytes)];
    expect(runCase(autobahnCase("0", "", script, [echo("text", text)]), endpoint)).toEqual([]);
    return decodeFrames(concat(...chunks))
      .frames.filter(({ opcode }) => opcode < 8)
      .map(({ payload, fin }) => Buffer.from(payload).toString() + (fin ? "." : ""));
  }

  test("what is left over is the last fragment", () => {
    expect(fragmentsOf("abcde", 2)).toEqual(["ab", "cd", "e."]);
  });

  test("an empty fragment ends what leaves nothing over", () => {
    expect(fragmentsOf("abcd", 2)).toEqual(["ab", "cd", "."]);
  });

  test("what fits in one fragment is one frame", () => {
    expect(fragmentsOf("ab", 2)).toEqual(["ab."]);
    expect(fragmentsOf("", 2)).toEqual(["."]);
  });
});
