/** One rule of the opening handshake: what a server answers to a client that breaks it, where it is written, and a sentence. */
export interface HandshakeRule {
  /** The HTTP status that a server answers; `undefined` where only a server can break the rule, whom nobody answers. */
  readonly status: number | undefined;
  /** Where the rule is written. */
  readonly section: string;
  /** The text of logs, errors and of the server's answer. ASCII. */
  readonly message: string;
}

/** Every way in which a peer can fail the opening handshake, by name. */
export type HandshakeViolation =
  // The grammar and the size of a head, in both directions.
  | "bare-cr"
  | "bare-lf"
  | "control-character"
  | "request-line-malformed"
  | "request-line-too-long"
  | "status-line-malformed"
  | "status-line-too-long"
  | "http-version-unsupported"
  | "whitespace-before-fields"
  | "line-folding"
  | "field-line-malformed"
  | "field-name-invalid"
  | "field-line-too-long"
  | "too-many-fields"
  | "head-too-long"
  // Any HTTP request.
  | "target-invalid"
  | "host-missing"
  | "host-repeated"
  | "host-invalid"
  | "host-mismatch"
  | "content-length-invalid"
  | "transfer-encoding-with-content-length"
  | "transfer-encoding-in-http-1.0"
  | "transfer-encoding-invalid"
  // A request for an upgrade to WebSocket.
  | "method-not-get"
  | "http-1.0"
  | "body-present"
  | "upgrade-missing"
  | "connection-missing"
  | "version-unsupported"
  | "key-missing"
  | "key-repeated"
  | "key-invalid"
  | "subprotocols-invalid"
  | "extensions-invalid"
  | "origin-repeated"
  | "origin-refused"
  | "early-data"
  // The response to such a request.
  | "too-many-interim-responses"
  | "switch-in-http-1.0"
  | "switch-with-body"
  | "switch-not-to-websocket"
  | "switch-without-connection"
  | "accept-missing"
  | "accept-repeated"
  | "accept-mismatch"
  | "subprotocol-repeated"
  | "subprotocol-not-offered"
  | "extension-repeated"
  | "extension-not-offered"
  | "extension-response-invalid";

/** The table that answers requests, explains failures in logs, and lists what the tests must cover. */
export const handshakeViolations: Readonly<Record<HandshakeViolation, HandshakeRule>> = {
  "bare-cr": { status: 400, section: "RFC 9112 §2.2", message: "a CR is not followed by LF" },
  "bare-lf": { status: 400, section: "RFC 9112 §2.2", message: "a line ends in LF without CR" },
  "control-character": { status: 400, section: "RFC 9110 §5.5", message: "the head has a control character" },
  "request-line-malformed": { status: 400, section: "RFC 9112 §3", message: "the request line is malformed" },
  "request-line-too-long": { status: 414, section: "RFC 9110 §15.5.15", message: "the request line is too long" },
  "status-line-malformed": { status: undefined, section: "RFC 9112 §4", message: "the status line is malformed" },
  "status-line-too-long": { status: undefined, section: "RFC 9112 §4", message: "the status line is too long" },
  "http-version-unsupported": {
    status: 505,
    section: "RFC 9110 §15.6.6",
    message: "the HTTP version is neither 1.0 nor 1.1",
  },
  "whitespace-before-fields": {
    status: 400,
    section: "RFC 9112 §2.2",
    message: "the first header line begins with whitespace",
  },
  "line-folding": { status: 400, section: "RFC 9112 §5.2", message: "a header line is folded" },
  "field-line-malformed": { status: 400, section: "RFC 9112 §5", message: "a header line has no colon" },
  "field-name-invalid": { status: 400, section: "RFC 9112 §5.1", message: "a header name is not a token" },
  "field-line-too-long": { status: 431, section: "RFC 6585 §5", message: "a header line is too long" },
  "too-many-fields": { status: 431, section: "RFC 6585 §5", message: "there are too many header lines" },
  "head-too-long": { status: 431, section: "RFC 6585 §5", message: "the head is too long" },

  "target-invalid": { status: 400, section: "RFC 9112 §3.2", message: "the request target is invalid" },
  "host-missing": { status: 400, section: "RFC 9112 §3.2", message: "the Host header is missing" },
  "host-repeated": { status: 400, section: "RFC 9112 §3.2", message: "there is more than one Host header" },
  "host-invalid": { status: 400, section: "RFC 9112 §3.2", message: "the Host header is invalid" },
  "host-mismatch": {
    status: 400,
    section: "RFC 9112 §3.2.2",
    message: "the Host header differs from the request target's",
  },
  "content-length-invalid": { status: 400, section: "RFC 9112 §6.3", message: "the Content-Length header is invalid" },
  "transfer-encoding-with-content-length": {
    status: 400,
    section: "RFC 9112 §6.1",
    message: "there are both Transfer-Encoding and Content-Length headers",
  },
  "transfer-encoding-in-http-1.0": {
    status: 400,
    section: "RFC 9112 §6.1",
    message: "there is a Transfer-Encoding header in HTTP/1.0",
  },
  "transfer-encoding-invalid": {
    status: 400,
    section: "RFC 9112 §6.3",
    message: "the Transfer-Encoding header is not chunked",
  },

  "method-not-get": {
    status: 405,
    section: "RFC 6455 §4.2.1",
    message: "the method of a WebSocket request must be GET",
  },
  "http-1.0": { status: 400, section: "RFC 6455 §4.2.1", message: "a WebSocket request needs HTTP/1.1" },
  "body-present": { status: 400, section: "RFC 6455 §4.2.1", message: "a WebSocket request must not have a body" },
  "upgrade-missing": {
    status: 426,
    section: "RFC 6455 §4.2.1",
    message: "the Upgrade header does not name websocket (a proxy may have dropped it)",
  },
  "connection-missing": {
    status: 426,
    section: "RFC 6455 §4.2.1",
    message: "the Connection header does not name Upgrade (a proxy may have dropped it)",
  },
  "version-unsupported": {
    status: 426,
    section: "RFC 6455 §4.2.1",
    message: "the Sec-WebSocket-Version header must be 13",
  },
  "key-missing": { status: 400, section: "RFC 6455 §4.2.1", message: "the Sec-WebSocket-Key header is missing" },
  "key-repeated": {
    status: 400,
    section: "RFC 6455 §11.3.1",
    message: "there is more than one Sec-WebSocket-Key header",
  },
  "key-invalid": {
    status: 400,
    section: "RFC 6455 §4.2.1",
    message: "the Sec-WebSocket-Key header is not 16 bytes in base64",
  },
  "subprotocols-invalid": {
    status: 400,
    section: "RFC 6455 §4.1",
    message: "the Sec-WebSocket-Protocol header is not a list of distinct tokens",
  },
  "extensions-invalid": {
    status: 400,
    section: "RFC 6455 §9.1",
    message: "the Sec-WebSocket-Extensions header is malformed",
  },
  "origin-repeated": { status: 403, section: "RFC 6454 §7.3", message: "there is more than one Origin header" },
  "origin-refused": { status: 403, section: "RFC 6455 §10.2", message: "connections from this origin are refused" },
  "early-data": {
    status: 400,
    section: "RFC 6455 §4.1",
    message: "too much was sent before the request was answered",
  },

  "too-many-interim-responses": {
    status: undefined,
    section: "RFC 9110 §15.2",
    message: "there are too many interim responses",
  },
  "switch-in-http-1.0": {
    status: undefined,
    section: "RFC 9110 §15.2",
    message: "the server switches protocols in HTTP/1.0",
  },
  "switch-with-body": {
    status: undefined,
    section: "RFC 9112 §6.1",
    message: "a response with status 101 announces a body",
  },
  "switch-not-to-websocket": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the Upgrade header of the response is not websocket",
  },
  "switch-without-connection": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the Connection header of the response does not name Upgrade",
  },
  "accept-missing": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the Sec-WebSocket-Accept header is missing",
  },
  "accept-repeated": {
    status: undefined,
    section: "RFC 6455 §11.3.3",
    message: "there is more than one Sec-WebSocket-Accept header",
  },
  "accept-mismatch": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the Sec-WebSocket-Accept header does not answer our key",
  },
  "subprotocol-repeated": {
    status: undefined,
    section: "RFC 6455 §11.3.4",
    message: "the server chose more than one subprotocol",
  },
  "subprotocol-not-offered": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the server chose a subprotocol that was not offered",
  },
  "extension-repeated": {
    status: undefined,
    section: "RFC 7692 §5",
    message: "the server accepted more than one extension",
  },
  "extension-not-offered": {
    status: undefined,
    section: "RFC 6455 §4.1",
    message: "the server accepted an extension that was not offered",
  },
  "extension-response-invalid": {
    status: undefined,
    section: "RFC 6455 §9.1",
    message: "the server answered the offer of an extension with invalid parameters",
  },
};
