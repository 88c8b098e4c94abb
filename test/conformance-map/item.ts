/** How binding a rule is: the RFC's MUST, its SHOULD (or a registry's), or stricter than any text. */
export type Level = "MUST" | "SHOULD" | "ours";

/**
 * A test, as `file: title`: the file under test/ without its ending, and the title as it stands in the source, with the
 * placeholders of titles that stand for many tests.
 */
export type Proof = `${string}: ${string}`;

/** One rule that is enforced, and the tests that show it in both directions. */
export interface Item {
  /** A letter for the area and a number. It never changes, so that tests can begin with it. */
  readonly id: string;
  readonly level: Level;
  /** Where the rule is written. */
  readonly section: string;
  /** The rule in one line. */
  readonly rule: string;
  /** Tests in which what keeps the rule works. */
  readonly accepts: readonly Proof[];
  /** Tests in which what breaks the rule is refused, or cannot happen. */
  readonly rejects: readonly Proof[];
}

export interface Chapter {
  readonly title: string;
  readonly items: readonly Item[];
}
