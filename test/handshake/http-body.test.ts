// RFC 9112 §6.3: how long the body of a request is. Bodies of responses are tested with the client's handshake.

import { expect, test } from "vitest";
import { requestFraming } from "../../packages/protocol/src/handshake/http-body.ts";
import { HeaderList, type RequestHead } from "../../packages/protocol/src/handshake/index.ts";

const post = (headers: Readonly<Record<string, string>>): RequestHead => ({
  method: "POST",
  target: "/",
  version: "1.1",
  headers: new HeaderList(headers),
});

test("the body of a request is as long as it says, or comes in chunks, or is not there", () => {
  expect(requestFraming(post({ "Content-Length": "5" }))).toBe(5);
  expect(requestFraming(post({ "Transfer-Encoding": "chunked" }))).toBe("chunked");
  expect(requestFraming(post({}))).toBe(0);
});
