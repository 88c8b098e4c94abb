// What keepalive messages look like, where messages of the application have to do what Pings do elsewhere: what asks,
// what answers, and how either is told from the messages of the application.

/** The content of a message: text, or bytes. */
export type Content = string | Uint8Array;

/** The format of keepalive messages: a matter between a client and its server. */
export interface KeepaliveFormat {
  /** The message that asks for an answer. `id` is 1 for the first of a connection, and counts. */
  ask(id: number): Content;
  /**
   * What a message that arrived answers: the id of what was asked, `"any"` where answers do not say, or `undefined` if it
   * is none and belongs to the application. Without this function no answer is expected: messages go out at intervals,
   * nothing is measured, and no connection is given up.
   */
  answered?(content: Content): number | "any" | undefined;
}

/** Messages that are longer, in bytes or UTF-16 code units, are never taken for keepalive's, and cost one comparison. */
export const MAX_KEEPALIVE_LENGTH = 256;

const PING = "sansock:ping ";
const PONG = "sansock:pong ";

/**
 * The default format: text. `sansock:ping 17` is answered by `sansock:pong 17`; whatever stands behind the space comes back
 * as it is.
 */
export const textKeepalive: KeepaliveFormat = {
  ask: (id) => PING + id,
  answered: (content) =>
    typeof content === "string" && content.startsWith(PONG) ? Number(content.slice(PONG.length)) : undefined,
};

/** What answers a message that asks in the default format; `undefined` for other messages. For servers. */
export function answerKeepalive(content: Content): string | undefined {
  if (typeof content !== "string" || content.length > MAX_KEEPALIVE_LENGTH || !content.startsWith(PING))
    return undefined;
  return PONG + content.slice(PING.length);
}
