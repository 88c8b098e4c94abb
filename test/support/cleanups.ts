import { afterEach } from "vitest";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Does it when the test has ended, whatever its outcome; what was asked for last comes first. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}
