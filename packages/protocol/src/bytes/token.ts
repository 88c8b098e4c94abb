// The smallest words of HTTP's grammar (RFC 9110 §5.6), on strings whose characters are bytes.

const TAB = 0x09;
const SPACE = 0x20;

/** One entry a byte: whether it is a `tchar` (RFC 9110 §5.6.2). */
const tokenUnits: Uint8Array = buildTokenUnits();

function buildTokenUnits(): Uint8Array {
  const table = new Uint8Array(128);
  const legal = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (let index = 0; index < legal.length; index++) table[legal.charCodeAt(index)] = 1;
  return table;
}

/** Whether the UTF-16 unit is a `tchar`. NaN, as `charCodeAt` gives behind the end, is none. */
export function isTokenUnit(unit: number): boolean {
  return tokenUnits[unit] === 1;
}

/** Whether `text` is a `token`: one or more `tchar`. */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (!isTokenUnit(text.charCodeAt(index))) return false;
  return text.length > 0;
}

/** Whether the UTF-16 unit may stand in optional whitespace (OWS, RFC 9110 §5.6.3). */
export function isWhitespace(unit: number): boolean {
  return unit === SPACE || unit === TAB;
}

/** `text`, from `start` to `end`, without optional whitespace around it. One pass from each end. */
export function trimWhitespace(text: string, start = 0, end: number = text.length): string {
  let first = start;
  let behind = end;
  while (first < behind && isWhitespace(text.charCodeAt(first))) first++;
  while (behind > first && isWhitespace(text.charCodeAt(behind - 1))) behind--;
  return text.slice(first, behind);
}
