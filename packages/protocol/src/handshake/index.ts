// The public names of the opening handshake.

export { acceptKey } from "./accept-key.ts";
export { ClientHandshake, type ClientHandshakeEvent, type OpenEvent } from "./client-handshake.ts";
export { type ClientHandshakeOptions, ClientHandshakeSettings } from "./client-handshake-options.ts";
export { DEFAULT_OPEN_TIMEOUT, type HandshakeFailure, type HandshakeMachine } from "./handshake-machine.ts";
export { type HandshakeRule, type HandshakeViolation, handshakeViolations } from "./handshake-violation.ts";
export { HeaderList, type HeaderSource } from "./header-list.ts";
export type { HeadLimits, HttpVersion, RequestHead, ResponseHead } from "./http-head.ts";
export { type OriginMatcher, OriginPolicy, type OriginRequest, type OriginRules } from "./origin-policy.ts";
export {
  type AcceptReply,
  type RejectReply,
  ServerHandshake,
  type ServerHandshakeEvent,
} from "./server-handshake.ts";
export { type ServerHandshakeOptions, ServerHandshakeSettings } from "./server-handshake-options.ts";
export type { UpgradeRequest } from "./upgrade-rules.ts";
export { parseWebSocketUrl, type WebSocketUrl } from "./url.ts";
