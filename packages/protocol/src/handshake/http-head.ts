import { UsageError } from "../vocabulary/usage-error.ts";
import type { HeaderList } from "./header-list.ts";

/** The versions of HTTP in which a WebSocket handshake, or its refusal, is spoken here. */
export type HttpVersion = "1.0" | "1.1";

/** What a request says before its body (RFC 9112 §3). Characters above U+007F stand for single bytes. */
export interface RequestHead {
  readonly method: string;
  /** The request target, exactly as it was sent. */
  readonly target: string;
  readonly version: HttpVersion;
  readonly headers: HeaderList;
}

/** What a response says before its body (RFC 9112 §4). */
export interface ResponseHead {
  readonly version: HttpVersion;
  /** 100 to 599. */
  readonly status: number;
  /** The reason phrase, often empty. */
  readonly reason: string;
  readonly headers: HeaderList;
}

/** How large a head may be, in bytes, line ends not counted in lines. They hold for heads that arrive and that we send. */
export interface HeadLimits {
  /** The request line or the status line. Default 8192: RFC 9112 §3 asks for at least 8000. */
  readonly startLineBytes: number;
  /** One header line. Default 8192: cookies come that large. */
  readonly fieldLineBytes: number;
  /** Everything up to and with the empty line. Default 16 384, as Node has it. */
  readonly headBytes: number;
  /** The number of header lines, repeated names included. Default 128; browsers send about 20. */
  readonly fieldLines: number;
}

const defaults: HeadLimits = { startLineBytes: 8192, fieldLineBytes: 8192, headBytes: 16_384, fieldLines: 128 };
/** What our own refusals need, so that none of them can ever be too large. */
const least: HeadLimits = { startLineBytes: 64, fieldLineBytes: 64, headBytes: 512, fieldLines: 16 };

/** `limits` completed with the defaults. Throws `UsageError` "bad-option" unless they are integers, and not tiny. */
export function headLimits(limits: Partial<HeadLimits> = {}): HeadLimits {
  return {
    startLineBytes: limitOf("startLineBytes", limits),
    fieldLineBytes: limitOf("fieldLineBytes", limits),
    headBytes: limitOf("headBytes", limits),
    fieldLines: limitOf("fieldLines", limits),
  };
}

function limitOf(name: keyof HeadLimits, limits: Partial<HeadLimits>): number {
  const limit = limits[name] ?? defaults[name];
  if (Number.isSafeInteger(limit) && limit >= least[name]) return limit;
  throw new UsageError("bad-option", `limits.${name} must be an integer of at least ${least[name]}`);
}
