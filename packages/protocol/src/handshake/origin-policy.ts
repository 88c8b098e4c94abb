// Which web pages may connect (RFC 6455 §10.2). A browser sends the user's cookies along with a handshake to any server,
// for any page; the Origin header is all that tells the server whose page it is.

import { UsageError } from "../vocabulary/usage-error.ts";
import { type Authority, parseAuthority } from "./authority.ts";
import type { HeaderList } from "./header-list.ts";

/** What of a request an `OriginPolicy` looks at. */
export interface OriginRequest {
  readonly headers: HeaderList;
  /**
   * Whether the client's connection is known to be encrypted. `undefined`: unknown, as behind a proxy that may end TLS;
   * then `http:` and `https:` origins of the same host both count as the same origin, each with its default port.
   */
  readonly secure?: boolean | undefined;
}

/**
 * Origins that may connect:
 *
 * - `"same-origin"`: pages from the host, port and scheme that the request itself names;
 * - `"any"`: every page in the world. Right for public data without cookies, wrong for anything else;
 * - an origin, `"https://example.com"` or `"http://localhost:3000"`, compared exactly;
 * - all subdomains of a host, at any depth: `"https://*.example.com"`, which is not `https://example.com` itself;
 * - a `RegExp`, which must match the origin as a whole, not a part of it;
 * - a function, which is given the Origin header as it came; to throw is to refuse.
 */
export type OriginMatcher = string | RegExp | ((origin: string, request: OriginRequest) => boolean);

/** The rules for an `OriginPolicy`. */
export interface OriginRules {
  /** Default `"same-origin"`. */
  readonly allow?: OriginMatcher | readonly OriginMatcher[] | undefined;
  /**
   * What becomes of requests without an Origin header. They do not come from web pages, so that they cannot be
   * cross-site. Default `"allow"`; `"refuse"` keeps simple scripts out, and no attacker.
   */
  readonly withoutOrigin?: "allow" | "refuse" | undefined;
}

type Test = (origin: string, request: OriginRequest) => boolean;

interface Origin extends Authority {
  readonly scheme: string;
}

/**
 * `OriginRules`, checked once. One value serves any number of requests.
 *
 * ```ts
 * const policy = new OriginPolicy({ allow: ["same-origin", "https://*.example.com"] });
 * policy.allows({ headers: new HeaderList([["Origin", "https://app.example.com"]]) }); // true
 * ```
 */
export class OriginPolicy {
  readonly #tests: readonly Test[];
  readonly #withoutOrigin: boolean;

  /** Throws `UsageError` "bad-option" for a string that is no origin, such as one with a path or without a scheme. */
  constructor(rules: OriginRules = {}) {
    const { allow = "same-origin", withoutOrigin = "allow" } = rules;
    const matchers: readonly OriginMatcher[] = isList(allow) ? allow : [allow];
    this.#tests = matchers.map(compile);
    if (withoutOrigin !== "allow" && withoutOrigin !== "refuse") {
      throw new UsageError("bad-option", 'withoutOrigin must be "allow" or "refuse"');
    }
    this.#withoutOrigin = withoutOrigin === "allow";
  }

  /** Whether the request may connect. A request with two Origin headers never may. */
  allows(request: OriginRequest): boolean {
    const [origin, ...more] = request.headers.getAll("origin");
    if (origin === undefined) return this.#withoutOrigin;
    return more.length === 0 && this.#tests.some((test) => test(origin, request));
  }
}

function isList(allow: OriginMatcher | readonly OriginMatcher[]): allow is readonly OriginMatcher[] {
  return Array.isArray(allow);
}

function compile(matcher: OriginMatcher): Test {
  if (typeof matcher === "function") return (origin, request) => passes(matcher, origin, request);
  if (typeof matcher !== "string") return matchWhole(matcher);
  if (matcher === "any") return () => true;
  if (matcher === "same-origin") return isSameOrigin;
  const wildcard = matcher.includes("://*.");
  const allowed = parseOrigin(matcher.toLowerCase().replace("://*.", "://"));
  if (allowed === undefined) {
    throw new UsageError("bad-option", `${JSON.stringify(matcher)} is not an origin, such as "https://example.com"`);
  }
  return (text) => {
    const origin = parseOrigin(text);
    if (origin === undefined || origin.scheme !== allowed.scheme || portOf(origin) !== portOf(allowed)) return false;
    if (!wildcard) return origin.host === allowed.host;
    return origin.host.endsWith(`.${allowed.host}`) && !origin.host.startsWith(".");
  };
}

/** The application's code must not fail the server because of what a peer wrote. */
function passes(test: Test, origin: string, request: OriginRequest): boolean {
  try {
    return test(origin, request) === true;
  } catch {
    return false;
  }
}

/** `/example\.com/` alone would let in `https://example.com.evil`; and a `g` or `y` flag would make every other test fail. */
function matchWhole(pattern: RegExp): Test {
  const flags = [...pattern.flags].filter((flag) => !"gmy".includes(flag)).join("");
  const whole = new RegExp(`^(?:${pattern.source})$`, flags);
  return (origin) => whole.test(origin);
}

function isSameOrigin(text: string, { headers, secure }: OriginRequest): boolean {
  const origin = parseOrigin(text);
  const hosts = headers.getAll("host");
  const host = hosts.length === 1 ? parseAuthority(hosts[0]!) : undefined;
  if (origin === undefined || host === undefined) return false;
  const schemes = secure === undefined ? ["http", "https"] : [secure ? "https" : "http"];
  if (!schemes.includes(origin.scheme)) return false;
  return origin.host === host.host && portOf(origin) === (host.port ?? defaultPort(origin.scheme));
}

/**
 * An origin as browsers serialise it (RFC 6454 §6.2): `scheme "://" host [ ":" port ]`, all in lower case. Everything else is
 * none: "null", which sandboxed pages and many others share, a path, user information, other spellings.
 */
function parseOrigin(text: string): Origin | undefined {
  const colon = text.indexOf("://");
  const scheme = text.slice(0, Math.max(0, colon));
  const authority = parseAuthority(text.slice(colon + 3));
  if (!isScheme(scheme) || authority === undefined || text.endsWith(":") || text !== text.toLowerCase())
    return undefined;
  return { scheme, host: authority.host, port: authority.port };
}

/** RFC 3986 §3.1: `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`, here in lower case. */
function isScheme(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const isLetter = unit >= 0x61 && unit <= 0x7a;
    const isOther = (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2d || unit === 0x2e;
    if (!isLetter && !(isOther && index > 0)) return false;
  }
  return text.length > 0;
}

function portOf({ scheme, port }: Origin): number | undefined {
  return port ?? defaultPort(scheme);
}

function defaultPort(scheme: string): number | undefined {
  return scheme === "https" ? 443 : scheme === "http" ? 80 : undefined;
}
