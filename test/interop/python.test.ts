// Against Python's `websockets`, in both roles.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, serve } from "@sansock/node-adapter";
import { afterEach, describe, expect, test } from "vitest";
import { contentOf, echo, nextOf } from "../adapters/node/support.ts";
import { python } from "../support/tools.ts";
import { conversation } from "./conversation.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.runIf(python !== undefined)("Python's websockets", () => {
  test("a Python client converses with our server", async () => {
    const server = await serve({ port: 0, subprotocols: ["echo"], pingInterval: 20, maxMessageBytes: 2 ** 22 }, echo);
    cleanups.push(() => server.close());
    const { lines, child } = run("python-client.py", `ws://127.0.0.1:${server.port}/`);
    expect(await next(lines)).toEqual({ subprotocol: "echo", extensions: [] });
    const [session] = server.sessions;
    expect(await session!.ping()).toBeGreaterThanOrEqual(0);
    expect(await next(lines)).toEqual({ echoed: 7, pinged: true });
    // Since version 10 it reports the code that it received, which is the echo of its own.
    expect(await next(lines)).toMatchObject({ code: 3210 });
    expect(await session!.closed).toMatchObject({ code: 3210, reason: "done", clean: true });
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
  });

  test("our client converses with a Python server", async () => {
    const { lines } = run("python-server.py");
    const { port } = (await next(lines)) as { port: number };
    const client = await connect(`ws://127.0.0.1:${port}/`, { subprotocols: ["echo"], maxMessageBytes: 2 ** 22 });
    expect(client.opening.subprotocol).toBe("echo");
    for (const content of conversation) {
      void client.send(content);
      const answer = contentOf((await nextOf(client))!);
      if (typeof content === "string") expect(answer).toBe(content);
      else expect(Buffer.compare(answer as Uint8Array, content)).toBe(0);
    }
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await client.close(4000, "enough")).toMatchObject({ code: 4000, clean: true });
    expect(await next(lines)).toMatchObject({ code: 4000, reason: "enough" });
  });

  test("a Python server that closes is answered", async () => {
    const { lines } = run("python-server.py");
    const { port } = (await next(lines)) as { port: number };
    const client = await connect(`ws://127.0.0.1:${port}/close`, { subprotocols: ["echo"] });
    expect(await client.closed).toMatchObject({ code: 1013, reason: "busy", clean: true });
    expect(await next(lines)).toMatchObject({ code: 1013 });
  });
});

function run(script: string, ...args: string[]): { lines: AsyncIterator<string>; child: ChildProcess } {
  const child = spawn(python!, [join(import.meta.dirname, script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  cleanups.push(() => void child.kill());
  return { lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator](), child };
}

async function next(lines: AsyncIterator<string>): Promise<unknown> {
  const { value } = await lines.next();
  return JSON.parse(value as string);
}
