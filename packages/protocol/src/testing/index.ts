// The public names of the testing kit, nothing else. Arbitraries for fast-check are in a subpath of their own.

export { type Conditions, DEFAULT_CONDITIONS } from "./conditions.ts";
export { type Drained, drain } from "./drain.ts";
export { type Direction, Link, type LinkOptions } from "./link.ts";
export { ConnectionReset, LinkEnd } from "./link-end.ts";
export { LocalClock } from "./local-clock.ts";
export { countingRandom, SeededRandom, scriptedRandom } from "./randomness.ts";
export { type CallRecord, type RecordedCall, recordCalls } from "./record-calls.ts";
export {
  type EndOptions,
  type OpenSessionOptions,
  openSession,
  type SessionPair,
  type SessionPairOptions,
  sessionPair,
} from "./session-pair.ts";
export {
  VirtualBrowser,
  type VirtualBrowserOptions,
  type VirtualEnvironment,
  type VirtualPageEvent,
  VirtualWebSocket,
} from "./virtual-browser.ts";
export { VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
export { type VirtualClientOptions, type VirtualDialing, VirtualServer } from "./virtual-server.ts";
export { Wire, WireEnd, type WireOptions } from "./wire.ts";
