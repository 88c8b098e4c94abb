// Against `ws`, in both roles.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { atEnd } from "../support/cleanups.ts";
import { conversation, isSame, MAX_MESSAGE_BYTES } from "./conversation.ts";
import { subjects } from "./subjects.ts";

/** Parameters of permessage-deflate that both ends can agree on, from the least memory to the most. */
const variants = {
  "without compression": { deflate: undefined },
  compressed: { deflate: {} },
  "compressed without context takeover": { deflate: { serverContextTakeover: false, clientContextTakeover: false } },
  "compressed with windows of 9 bits": { deflate: { serverMaxWindowBits: 9, clientMaxWindowBits: 9 } },
  "compressed with windows of 15 bits": { deflate: { serverMaxWindowBits: 15, clientMaxWindowBits: 15 } },
} as const;

const compressed = { threshold: 0 };

async function startWs(options = {}): Promise<{ readonly wss: WebSocketServer; readonly url: string }> {
  const wss = new WebSocketServer({ port: 0, maxPayload: MAX_MESSAGE_BYTES, ...options });
  atEnd(() => void wss.close());
  await once(wss, "listening");
  return { wss, url: `ws://127.0.0.1:${(wss.address() as { port: number }).port}/` };
}

describe.each(subjects)("ws and our adapter on %s", (_runtime, subject) => {
  test.each(Object.entries(variants))("a ws client converses with our server, %s", async (_name, { deflate }) => {
    const { url, reports } = await subject.serve({ subprotocols: ["echo"], deflate });
    const client = new WebSocket(url, ["other", "echo"], { perMessageDeflate: deflate !== undefined && compressed });
    const pinged = once(client, "ping"); // keepalive
    await once(client, "open");
    expect(client.protocol).toBe("echo");
    expect(client.extensions).toMatch(deflate === undefined ? /^$/ : /^permessage-deflate/);
    for (const content of [...conversation, ...conversation]) {
      client.send(content);
      const [data, isBinary] = (await once(client, "message")) as [Buffer, boolean];
      expect(isBinary).toBe(typeof content !== "string");
      expect(isSame(isBinary ? data : data.toString(), content)).toBe(true);
    }
    client.send("frag", { fin: false });
    client.send("", { fin: false });
    client.send("mented", { fin: true });
    const [joined] = (await once(client, "message")) as [Buffer];
    expect(joined.toString()).toBe("fragmented");
    client.ping("are you there?");
    const [pong] = (await once(client, "pong")) as [Buffer];
    expect(pong.toString()).toBe("are you there?");
    await pinged;
    expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    client.close(3000, "enough");
    const [code, reason] = (await once(client, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([3000, ""]);
    expect(await reports.next("ended")).toMatchObject({ code: 3000, reason: "enough", clean: true });
  });

  test.each(Object.entries(variants))("our client converses with a ws server, %s", async (_name, { deflate }) => {
    const { wss, url } = await startWs({ perMessageDeflate: deflate !== undefined && compressed });
    wss.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const { wrong, extensions, latency, ended } = await subject.converse(url, { deflate });
    expect(wrong).toEqual([]);
    expect(extensions ?? "").toMatch(deflate === undefined ? /^$/ : /^permessage-deflate/);
    expect(latency).toBeGreaterThanOrEqual(0);
    expect(ended).toMatchObject({ code: 4321, clean: true });
  });

  test("a ws server that closes is answered, and one that terminates is told from it", async () => {
    const { wss, url } = await startWs();
    wss.on("connection", (socket, request) =>
      request.url === "/kill" ? socket.terminate() : socket.close(1013, "busy"),
    );
    expect(await subject.visit(url)).toMatchObject({ code: 1013, reason: "busy", clean: true });
    expect(await subject.visit(`${url}kill`)).toMatchObject({ code: 1006, cause: "transport-lost" });
  });
});
