import { isDigits } from "./head-grammar.ts";
import type { HeaderList } from "./header-list.ts";

/** Enough for 9 GB; the digits of a number are bounded before they are looked at. */
const MOST_DIGITS = 10;

/** The value of the one Content-Length header; `undefined` if there is none, or several, or it is no plain number. */
export function contentLength(headers: HeaderList): number | undefined {
  const [text, ...more] = headers.getAll("content-length");
  const valid = text !== undefined && more.length === 0 && isDigits(text) && text.length <= MOST_DIGITS;
  return valid ? Number(text) : undefined;
}
