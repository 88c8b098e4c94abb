// The header lines of a head as they arrived, in one string: each is legal (head-grammar.ts) and ends in CRLF. A connection
// keeps its request for as long as it lives, and names and values as strings of their own would take three times the
// memory, and as much again of garbage to make. What is asked for is cut out.

import { trimWhitespace } from "../bytes/token.ts";

const COLON = 0x3a;
const NONE: readonly string[] = Object.freeze([]);

/** How many lines there are. */
export function countLines(lines: string): number {
  let count = 0;
  for (let start = 0; start < lines.length; start = nextLine(lines, start)) count++;
  return count;
}

/**
 * Where the first line of this name begins, in or behind the line that begins at `from`; -1 without one. `name` is in lower
 * case, and need not be legal.
 */
export function findLine(lines: string, name: string, from: number): number {
  for (let start = from; start < lines.length; start = nextLine(lines, start)) {
    if (isNamed(lines, start, name)) return start;
  }
  return -1;
}

/** Where the line behind the one that begins at `start` begins. */
export function nextLine(lines: string, start: number): number {
  return lines.indexOf("\n", start) + 1;
}

/** The name in the line that begins at `start`. */
export function nameIn(lines: string, start: number): string {
  return lines.slice(start, lines.indexOf(":", start));
}

/** The value in the line that begins at `start`. */
export function valueIn(lines: string, start: number): string {
  return trimWhitespace(lines, lines.indexOf(":", start) + 1, lines.indexOf("\r", start));
}

/** The values of all lines of this name, which is in lower case. */
export function valuesIn(lines: string, name: string): readonly string[] {
  const first = findLine(lines, name, 0);
  if (first < 0) return NONE;
  const values = [valueIn(lines, first)]; // nearly always the only one: an array that is pushed to has room for 17
  for (
    let at = findLine(lines, name, nextLine(lines, first));
    at >= 0;
    at = findLine(lines, name, nextLine(lines, at))
  ) {
    values.push(valueIn(lines, at));
  }
  return values;
}

function isNamed(lines: string, start: number, name: string): boolean {
  if (lines.charCodeAt(start + name.length) !== COLON) return false;
  for (let index = 0; index < name.length; index++) {
    const unit = lines.charCodeAt(start + index);
    // A name in a line ends at the first colon, whatever is looked for.
    if (unit === COLON || lowerCase(unit) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function lowerCase(unit: number): number {
  return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
}
