// Against undici, whose WebSocket is the one that Node 22 and later bring.

import { WebSocket } from "undici";
import { describe, expect, test } from "vitest";
import { conversation, isSame } from "./conversation.ts";
import { subjects } from "./subjects.ts";

describe.each(subjects)("undici and our adapter on %s", (_runtime, subject) => {
  test("Node's own client converses with our server", async () => {
    const { url, reports } = await subject.serve({ subprotocols: ["echo"] });
    const client = new WebSocket(url, ["echo"]);
    client.binaryType = "arraybuffer";
    await event(client, "open");
    expect(client.protocol).toBe("echo");
    for (const content of conversation) {
      client.send(content as string);
      const { data } = (await event(client, "message")) as unknown as { data: string | ArrayBuffer };
      // It loses a leading U+FEFF, which RFC 6455 and the browsers keep.
      if (typeof content === "string") expect(data).toBe(content.replace(/^\ufeff/, ""));
      else expect(isSame(new Uint8Array(data as ArrayBuffer), content)).toBe(true);
    }
    expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    client.close(3456, "bye");
    const closed = (await event(client, "close")) as unknown as { code: number; wasClean: boolean };
    expect([closed.code, closed.wasClean]).toEqual([3456, true]);
    expect(await reports.next("ended")).toMatchObject({ code: 3456, reason: "bye", clean: true });
  });
});

function event(target: WebSocket, name: "open" | "message" | "close"): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  return new Promise<unknown>((resolve, reject) => {
    target.addEventListener(name, resolve, { signal });
    target.addEventListener("error", reject, { signal });
  }).finally(() => settled.abort());
}
