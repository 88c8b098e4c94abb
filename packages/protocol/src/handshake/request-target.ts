import { type Authority, parseAuthority } from "./authority.ts";
import { isTarget } from "./head-grammar.ts";

/** A request target (RFC 9112 §3.2), taken apart. */
export interface RequestTarget {
  /** The path, as it was sent: not decoded, not normalised. Empty in authority-form, "*" in asterisk-form. */
  readonly path: string;
  /** What follows the first "?"; empty without one. */
  readonly query: string;
  /** The host that an absolute-form (or authority-form) names. */
  readonly authority: Authority | undefined;
}

const schemes: readonly string[] = ["http://", "https://", "ws://", "wss://"];

/**
 * Takes the target of a request apart; `undefined` if it is not one that goes with the method. RFC 6455 §3: "Fragment
 * identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
 */
export function parseTarget(method: string, target: string): RequestTarget | undefined {
  if (!isTarget(target) || target.includes("#")) return undefined;
  if (method === "CONNECT") {
    const authority = parseAuthority(target);
    return authority?.port === undefined ? undefined : { path: "", query: "", authority };
  }
  if (target.startsWith("/")) return targetOf(target, undefined);
  if (target === "*") return method === "OPTIONS" ? { path: "*", query: "", authority: undefined } : undefined;
  return parseAbsoluteForm(target);
}

/** Cuts a path at its first "?". (Spreading a pair of path and query here took V8 a hidden class for each request.) */
function targetOf(pathAndQuery: string, authority: Authority | undefined): RequestTarget {
  const mark = pathAndQuery.indexOf("?");
  if (mark < 0) return { path: pathAndQuery, query: "", authority };
  return { path: pathAndQuery.slice(0, mark), query: pathAndQuery.slice(mark + 1), authority };
}

function parseAbsoluteForm(target: string): RequestTarget | undefined {
  const scheme = schemes.find((candidate) => target.slice(0, candidate.length).toLowerCase() === candidate);
  if (scheme === undefined) return undefined;
  const { authorityText, pathAndQuery } = splitAuthority(target.slice(scheme.length));
  const authority = parseAuthority(authorityText);
  return authority === undefined ? undefined : targetOf(pathAndQuery, authority);
}

/** Cuts what follows "scheme://" behind the authority. The rest always begins with "/": a path is never empty. */
export function splitAuthority(text: string): { readonly authorityText: string; readonly pathAndQuery: string } {
  let end = 0;
  while (end < text.length && text.charAt(end) !== "/" && text.charAt(end) !== "?") end++;
  const rest = text.slice(end);
  return { authorityText: text.slice(0, end), pathAndQuery: rest.startsWith("/") ? rest : `/${rest}` };
}
