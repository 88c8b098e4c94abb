import { STATUS_CODES } from "node:http";
import { expect, test } from "vitest";
import { reasonPhrase } from "../../packages/protocol/src/handshake/reason-phrase.ts";

test("a status is called what RFC 9110 §15 calls it", () => {
  const others = [200, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 414, 426, 429, 431];
  for (const status of [101, ...others, 500, 501, 502, 503, 504, 505]) {
    expect(reasonPhrase(status)).toBe(STATUS_CODES[status]);
  }
  expect(reasonPhrase(413)).toBe("Content Too Large"); // RFC 7231 had another name for it
  expect(reasonPhrase(299)).toBe("");
});
