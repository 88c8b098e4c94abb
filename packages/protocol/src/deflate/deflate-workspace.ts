import { BitWriter } from "./bit-writer.ts";
import { Block } from "./block.ts";
import type { DeflaterOptions } from "./deflate-codec.ts";
import { MatchFinder } from "./match-finder.ts";

/**
 * What the deflaters of one codec share, so that a connection holds nothing but its history and the index into it.
 */
export class DeflateWorkspace {
  readonly writer: BitWriter = new BitWriter();
  readonly block: Block = new Block();
  #matches: MatchFinder | undefined;

  takeMatches({ windowBits, memoryLevel }: DeflaterOptions): MatchFinder {
    const matches = this.#matches;
    if (matches === undefined || matches.windowBits !== windowBits || matches.memoryLevel !== memoryLevel) {
      return new MatchFinder(windowBits, memoryLevel);
    }
    this.#matches = undefined;
    return matches;
  }

  /** One spare serves all connections without context takeover, since nearly every message is one call. */
  giveMatches(matches: MatchFinder): void {
    matches.history.clear();
    this.#matches = matches;
  }
}
