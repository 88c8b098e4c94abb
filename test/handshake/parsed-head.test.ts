// Heads that somebody else has parsed have the limits of those that we parse, to the byte.

import { describe, expect, test } from "vitest";
import { headLimits } from "../../packages/protocol/src/handshake/http-head.ts";
import { HeaderList, type RequestHead, type ResponseHead } from "../../packages/protocol/src/handshake/index.ts";
import { checkParsedRequest, checkParsedResponse } from "../../packages/protocol/src/handshake/parsed-head.ts";

const headers = new HeaderList([
  ["Host", "h"],
  ["X", "yz"],
]);
const request: RequestHead = { method: "GET", target: "/", version: "1.1", headers };
const response: ResponseHead = { version: "1.1", status: 404, reason: "No", headers };
/** Of the request line, and of the status line: "GET / HTTP/1.1", "HTTP/1.1 404 No". */
const LINE_BYTES = [14, 15] as const;
/** "Host: h" and "X: yz", with their line ends, and the empty line. */
const FIELD_BYTES = 9 + 7 + 2;

describe("a head that somebody else has parsed", () => {
  const limits = headLimits();

  test("has a first line as long as allowed, and no longer", () => {
    const [requestBytes, responseBytes] = LINE_BYTES;
    expect(checkParsedRequest(request, { ...limits, startLineBytes: requestBytes })).toBeUndefined();
    expect(checkParsedRequest(request, { ...limits, startLineBytes: requestBytes - 1 })).toBe("request-line-too-long");
    expect(checkParsedResponse(response, { ...limits, startLineBytes: responseBytes })).toBeUndefined();
    expect(checkParsedResponse(response, { ...limits, startLineBytes: responseBytes - 1 })).toBe(
      "status-line-too-long",
    );
  });

  test("has as many fields as allowed, each as long as allowed, and no more", () => {
    expect(checkParsedRequest(request, { ...limits, fieldLines: 2 })).toBeUndefined();
    expect(checkParsedRequest(request, { ...limits, fieldLines: 1 })).toBe("too-many-fields");
    expect(checkParsedRequest(request, { ...limits, fieldLineBytes: 7 })).toBeUndefined();
    expect(checkParsedRequest(request, { ...limits, fieldLineBytes: 6 })).toBe("field-line-too-long");
  });

  test("has as many bytes in all as allowed, line ends and the empty line included, and no more", () => {
    const headBytes = LINE_BYTES[0] + 2 + FIELD_BYTES;
    expect(checkParsedRequest(request, { ...limits, headBytes })).toBeUndefined();
    expect(checkParsedRequest(request, { ...limits, headBytes: headBytes - 1 })).toBe("head-too-long");
  });

  test("has a status from 100 to 599", () => {
    for (const status of [100, 599]) expect(checkParsedResponse({ ...response, status }, limits)).toBeUndefined();
    for (const status of [99, 600, 200.5, Number.NaN]) {
      expect(checkParsedResponse({ ...response, status }, limits)).toBe("status-line-malformed");
    }
  });
});
