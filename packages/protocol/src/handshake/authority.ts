// A host with an optional port (RFC 3986 §3.2), as in URLs, Host headers and origins.

import { isDigits } from "./head-grammar.ts";

/** RFC 1035 §2.3.4, as text without the root's dot. */
const LONGEST_NAME = 253;

/** A host and, if one was written, a port. */
export interface Authority {
  /** In lower case; an IPv6 address in its brackets. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number | undefined;
}

/**
 * Parses `host [ ":" port ]`; `undefined` if it is not one. Stricter than RFC 3986 in one point, for the sake of those
 * who compare hosts: a name consists of letters, digits, "-", ".", "_" and "~", without percent-encoding. An empty port
 * is no port.
 */
export function parseAuthority(text: string): Authority | undefined {
  const end = text.startsWith("[") ? text.indexOf("]") + 1 : text.indexOf(":");
  const host = (end < 0 ? text : text.slice(0, end)).toLowerCase();
  const rest = end < 0 ? "" : text.slice(end);
  if (!(host.startsWith("[") ? isIpv6(host.slice(1, -1)) : isRegisteredName(host))) return undefined;
  if (rest === "" || rest === ":") return { host, port: undefined };
  const digits = rest.slice(1);
  const port = isDigits(digits) && digits.length <= 5 ? Number(digits) : Number.NaN;
  return rest.startsWith(":") && port <= 65535 ? { host, port } : undefined;
}

function isRegisteredName(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    const legal =
      (unit >= 0x61 && unit <= 0x7a) || // a-z
      (unit >= 0x30 && unit <= 0x39) || // 0-9
      unit === 0x2d || // -
      unit === 0x2e || // .
      unit === 0x5f || // _
      unit === 0x7e; // ~
    if (!legal) return false;
  }
  return name.length > 0 && name.length <= LONGEST_NAME;
}

/** RFC 3986 §3.2.2, `IPv6address`: eight groups, or fewer around one "::", the last two perhaps as an IPv4 address. */
function isIpv6(text: string): boolean {
  const halves = text.split("::");
  const [head, tail] = halves;
  if (head === undefined || halves.length > 2) return false;
  if (tail === undefined) return countGroups(head, true) === 8;
  const before = head === "" ? 0 : countGroups(head, false);
  const after = tail === "" ? 0 : countGroups(tail, true);
  return before + after <= 7;
}

/** How many 16-bit groups the colon-separated `text` stands for; NaN if it is malformed. */
function countGroups(text: string, mayEndInIpv4: boolean): number {
  const parts = text.split(":");
  const last = parts[parts.length - 1]!;
  const endsInIpv4 = mayEndInIpv4 && isIpv4(last);
  const groups = endsInIpv4 ? parts.slice(0, -1) : parts;
  return groups.every(isGroup) ? groups.length + (endsInIpv4 ? 2 : 0) : Number.NaN;
}

function isGroup(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const isHexDigit = (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66);
    if (!isHexDigit) return false;
  }
  return text.length >= 1 && text.length <= 4;
}

function isIpv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((octet) => octet.length <= 3 && isDigits(octet) && Number(octet) <= 255);
}
