import type { Session } from "@sansock/protocol/driver";
import type { LinkEnd } from "@sansock/protocol/testing";

/** Iterates over a session, and returns the contents of what arrives, as it grows. The end, or a failure, is no matter. */
export function collect(session: Session): (string | Uint8Array)[] {
  const contents: (string | Uint8Array)[] = [];
  const iterate = async (): Promise<void> => {
    for await (const message of session) contents.push(message.kind === "text" ? message.text : message.bytes);
  };
  iterate().catch(() => {});
  return contents;
}

/** Every piece that is written at one end from now on. */
export function writesOf(end: LinkEnd): Uint8Array[] {
  const writes: Uint8Array[] = [];
  end.onWrite = (bytes) => void writes.push(bytes.slice());
  return writes;
}
