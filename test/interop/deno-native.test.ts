// Against Deno's own WebSocket, in both roles. It has no compression.

import { describe, expect, test } from "vitest";
import { runDeno, subjects } from "./subjects.ts";

describe.each(subjects)("Deno's own WebSocket and our adapter on %s", (_runtime, subject) => {
  test("Deno's own client converses with our server", async () => {
    const { url, reports } = await subject.serve({ subprotocols: ["echo"] });
    const { reports: client } = runDeno("native-client.ts", url);
    expect(await client.next("conversed")).toMatchObject({ protocol: "echo", wrong: [], wasClean: true });
    expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    expect(await reports.next("ended")).toMatchObject({ code: 3000, reason: "enough", clean: true });
  });

  test("Deno's own client hears why our server closes", async () => {
    const { url, reports } = await subject.serve({ subprotocols: ["echo"] });
    const { reports: client } = runDeno("native-client.ts", `${url}close`);
    expect(await client.next("conversed")).toMatchObject({ code: 4242, reason: "that was all", wasClean: true });
    for (let count = 0; count < 3; count++) expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
    expect(await reports.next("ended")).toMatchObject({ code: 4242, clean: true });
  });

  test("our client converses with Deno's own server", async () => {
    const { reports: server } = runDeno("native-server.ts");
    const url = `ws://127.0.0.1:${await server.next("port")}/`;
    const { subprotocol, extensions, wrong, latency, ended } = await subject.converse(url, {
      subprotocols: ["echo"],
      deflate: {},
    });
    expect(wrong).toEqual([]);
    expect([subprotocol, extensions]).toEqual(["echo", undefined]);
    expect(latency).toBeGreaterThanOrEqual(0);
    expect(ended).toMatchObject({ code: 4321, clean: true });
    expect(await server.next("closed")).toMatchObject({ code: 4321, reason: "done" });
  });

  test("our client answers when Deno's own server closes", async () => {
    const { reports: server } = runDeno("native-server.ts");
    const url = `ws://127.0.0.1:${await server.next("port")}/close`;
    expect(await subject.visit(url, { subprotocols: ["echo"] })).toMatchObject({ code: 4013, reason: "busy" });
    expect(await server.next("closed")).toMatchObject({ code: 4013 });
  });
});
