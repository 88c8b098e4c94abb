// Against Python's `websockets`, in both roles.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { python } from "../support/tools.ts";
import { type Program, run } from "./reports.ts";
import { subjects } from "./subjects.ts";

function runPython(script: string, ...args: string[]): Program {
  return run(python!, [join(import.meta.dirname, script), ...args]);
}

const variants = {
  "without compression": { deflate: undefined, args: [] },
  compressed: { deflate: {}, args: ["deflate"] },
};

describe.runIf(python !== undefined).each(subjects)(
  "Python's websockets and our adapter on %s",
  (_runtime, subject) => {
    test.each(Object.entries(variants))(
      "a Python client converses with our server, %s",
      async (_name, { deflate, args }) => {
        const { url, reports } = await subject.serve({ subprotocols: ["echo"], deflate });
        const { reports: client, ended } = runPython("python-client.py", url, ...args);
        expect(await client.next("subprotocol")).toBe("echo");
        expect(await client.next("extensions")).toEqual(deflate === undefined ? [] : ["permessage-deflate"]);
        expect(await reports.next("latency")).toBeGreaterThanOrEqual(0);
        expect(await client.next("echoed")).toBe(7);
        // Since version 10 it reports the code that it received, which is the echo of its own.
        expect(await client.next("code")).toBe(3210);
        expect(await reports.next("ended")).toMatchObject({ code: 3210, reason: "done", clean: true });
        expect(await ended).toBe(0);
      },
    );

    test.each(Object.entries(variants))(
      "our client converses with a Python server, %s",
      async (_name, { deflate, args }) => {
        const { reports: server } = runPython("python-server.py", ...args);
        const url = `ws://127.0.0.1:${await server.next("port")}/`;
        const { subprotocol, extensions, wrong, latency, ended } = await subject.converse(url, {
          subprotocols: ["echo"],
          deflate,
        });
        expect(wrong).toEqual([]);
        expect(subprotocol).toBe("echo");
        expect(extensions ?? "").toMatch(deflate === undefined ? /^$/ : /^permessage-deflate/);
        expect(latency).toBeGreaterThanOrEqual(0);
        expect(ended).toMatchObject({ code: 4321, clean: true });
        expect(await server.next("ended")).toMatchObject({ code: 4321, reason: "done" });
      },
    );

    test("a Python server that closes is answered", async () => {
      const { reports: server } = runPython("python-server.py");
      const url = `ws://127.0.0.1:${await server.next("port")}/close`;
      const ended = await subject.visit(url, { subprotocols: ["echo"] });
      expect(ended).toMatchObject({ code: 1013, reason: "busy", clean: true });
      expect(await server.next("ended")).toMatchObject({ code: 1013 });
    });
  },
);
