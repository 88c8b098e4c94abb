/** What is sent to and fro with every peer: borders of the length forms, text beyond the BMP, nothing at all. */
export const conversation: readonly (string | Uint8Array)[] = [
  "",
  "hello",
  "\ufeffwith a byte order mark, and \u{10ffff}\u{1f600}\u00e9\u0000",
  "x".repeat(125),
  "x".repeat(126),
  "\u00e9".repeat(32_767),
  "x".repeat(65_535),
  "x".repeat(65_536),
  new Uint8Array(0),
  new Uint8Array(1000).map((_, index) => index),
  new Uint8Array(1_000_000).map((_, index) => index * 7),
];

/** The largest message that is sent, and some more. */
export const MAX_MESSAGE_BYTES: number = 2 ** 22;

/** Whether `answer`, text or the bytes of a binary message, is what was sent. */
export function isSame(answer: unknown, sent: string | Uint8Array): boolean {
  if (typeof sent === "string") return answer === sent;
  return (
    answer instanceof Uint8Array && answer.length === sent.length && answer.every((byte, index) => byte === sent[index])
  );
}
