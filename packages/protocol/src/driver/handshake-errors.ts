// Why `connect` did not lead to a session. Errors of the network are not wrapped: they are the runtime's own.

import { decodeUtf8 } from "../bytes/utf8.ts";
import type { HandshakeFailure } from "../handshake/handshake-machine.ts";
import { handshakeViolations } from "../handshake/handshake-violation.ts";
import type { HeaderList } from "../handshake/header-list.ts";
import type { ResponseHead } from "../handshake/http-head.ts";

/** The server answered, in HTTP, with another status than 101. Redirections (3xx) are not followed: see `headers`. */
export class HandshakeRefused extends Error {
  override readonly name = "HandshakeRefused";
  readonly status: number;
  readonly headers: HeaderList;
  /** What came of the body, at most `maxRefusalBytes`. */
  readonly body: Uint8Array;
  /** Whether some of it is missing. */
  readonly bodyTruncated: boolean;

  constructor(head: ResponseHead, body: Uint8Array, bodyTruncated: boolean) {
    super(`the server answered ${head.status} instead of opening a WebSocket`);
    this.status = head.status;
    this.headers = head.headers;
    this.body = body;
    this.bodyTruncated = bodyTruncated;
  }

  /** The body as text, if it is UTF-8. */
  get text(): string | undefined {
    return decodeUtf8(this.body);
  }
}

/** There was no answer in time, none at all, or none that is one. */
export class HandshakeFailed extends Error {
  override readonly name = "HandshakeFailed";
  /** What went wrong. */
  readonly failure: HandshakeFailure;

  /** `cause` is what the runtime said of the transport, such as ECONNRESET. */
  constructor(failure: HandshakeFailure, cause?: unknown) {
    super(describe(failure), cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

function describe(failure: HandshakeFailure): string {
  switch (failure.kind) {
    case "violation": {
      const { message, section } = handshakeViolations[failure.violation];
      return `the server broke the opening handshake: ${message} (${section})`;
    }
    case "timeout":
      return "the connection did not open in time";
    case "transport-lost":
      return "the transport ended before the opening handshake was complete";
    case "rejected":
      return "the opening handshake was rejected";
  }
}
