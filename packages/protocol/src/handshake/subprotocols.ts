import { isToken } from "../bytes/token.ts";
import { UsageError } from "../vocabulary/usage-error.ts";

/** RFC 6455 §4.1-10: subprotocols are tokens and "MUST all be unique strings". */
export function areSubprotocols(names: readonly string[]): boolean {
  return names.every(isToken) && new Set(names).size === names.length;
}

/** Our own list, if it is one. Throws `UsageError` "bad-option" otherwise. */
export function checkSubprotocols(names: readonly string[] = []): readonly string[] {
  if (areSubprotocols(names)) return names;
  throw new UsageError("bad-option", "subprotocols must be distinct tokens");
}
