// What a user meets on the command line.

import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { connect } from "@sansock/node-adapter";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { deno, denoEnvironment, root } from "../support/deno.ts";
import { buildPrograms, Program } from "./program.ts";

let programs: Awaited<ReturnType<typeof buildPrograms>>;
beforeAll(async () => {
  programs = await buildPrograms();
});
afterAll(() => programs.remove());

const running: Program[] = [];
afterEach(() => {
  for (const { process } of running.splice(0)) process.kill("SIGKILL");
});

function run(name: "demo" | "echo", ...args: string[]): Program {
  const program = new Program(process.execPath, [join(programs.folder, `${name}.mjs`), ...args]);
  running.push(program);
  return program;
}

const upgrade =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/** A WebSocket that is open, and whose other end neither sends nor closes anything. */
async function connectMute(url: string): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connectTcp({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on("error", () => {});
  socket.write(`${upgrade}\r\n`);
  await once(socket, "data");
  return socket;
}

describe("npm start", () => {
  test("says where to look, and serves the page there", async () => {
    const demo = run("demo", "--port", "0");
    const url = await demo.says(/^Open (http:\/\/127\.0\.0\.1:\d+\/) in a browser\.$/m);
    expect(await (await fetch(url)).text()).toContain("<title>sansock: live connections</title>");
  });

  test("stops cleanly on Ctrl-C, which closes every connection with 1001", async () => {
    const demo = run("demo", "--port", "0");
    const url = await demo.says(/Open (http:\S+)/);
    await fetch(url);
    const session = await connect(url.replace("http", "ws"));
    demo.interrupt();
    expect(await session.closed).toMatchObject({ code: 1001, clean: true });
    expect(await demo.ended).toBe(0);
    expect(demo.errors).toBe("");
  });

  test("takes a Ctrl-C that arrives several times at once for one", async () => {
    const demo = run("demo", "--port", "0");
    const url = await demo.says(/Open (http:\S+)/);
    const session = await connect(url.replace("http", "ws"));
    demo.interrupt();
    demo.interrupt();
    expect(await session.closed).toMatchObject({ code: 1001, clean: true });
    expect(await demo.ended).toBe(0);
  });

  test("waits for those who do not answer its Close, but not for long", async () => {
    const demo = run("demo", "--port", "0", "--close-timeout", "60000");
    const mute = await connectMute(await demo.says(/Open (http:\S+)/));
    demo.interrupt();
    expect(await demo.ended).toBe(0);
    mute.destroy();
  });

  test("ends at once on a second Ctrl-C, whoever has not answered", async () => {
    const demo = run("demo", "--port", "0", "--close-timeout", "60000");
    const mute = await connectMute(await demo.says(/Open (http:\S+)/));
    demo.interrupt();
    await demo.says(/Ctrl-C again ends at once/);
    const pressing = setInterval(() => demo.interrupt(), 20);
    expect(await demo.ended).toBe(130);
    clearInterval(pressing);
    mute.destroy();
  });

  test("says in one line that the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const demo = run("demo", "--port", String(port));
    expect(await demo.ended).toBe(1);
    expect(demo.errors).toBe(`Port ${port} of 127.0.0.1 is taken; choose another one with --port.\n`);
    expect(demo.output).toBe("");
    other.close();
  });

  test.each([
    [["--prot", "1"], "Unknown option '--prot'"],
    [["--port", "65536"], '--port must be a whole number from 0 to 65535, not "65536".'],
    [["--ping-timeout", "soon"], '--ping-timeout must be a whole number from 1 to 2147483647, not "soon".'],
    [["--host", "192.0.2.1"], "--host must be an address of this machine."],
  ])("says in one line what is wrong with %j", async (args, complaint) => {
    const demo = run("demo", "--port", "0", ...args);
    expect(await demo.ended).toBeGreaterThan(0);
    expect(demo.errors).toMatch(/^[^\n]+\n$/);
    expect(demo.errors).toContain(complaint);
  });

  test("lists its options", async () => {
    const demo = run("demo", "--help");
    expect(await demo.ended).toBe(0);
    expect(demo.output).toMatch(/^Usage: npm start/);
  });
});

/** Starts the echo server as `npm run echo` does. */
const echoOn: Readonly<Record<string, (...args: string[]) => Program>> = {
  node: (...args) => run("echo", ...args),
  deno: (...args) => {
    const command = ["run", "--quiet", "--no-remote", "--allow-net", join(root, "packages/demo/src/echo-deno.ts")];
    const program = new Program(deno, [...command, "--runtime", "deno", ...args], denoEnvironment);
    running.push(program);
    return program;
  },
};

describe.each(Object.entries(echoOn))("npm run echo, on %s,", (_runtime, start) => {
  const listening = /^Echoing on (ws:\/\/127\.0\.0\.1:\d+\/)\n$/;

  test("prints one line when it listens, echoes, and stops cleanly", async () => {
    const echo = start("--port", "0");
    const session = await connect(await echo.says(listening));
    const messages = session[Symbol.asyncIterator]();
    await session.send("héllo");
    expect((await messages.next()).value).toEqual({ kind: "text", text: "héllo" });
    await session.send(new Uint8Array([0, 255]));
    expect((await messages.next()).value).toEqual({ kind: "binary", bytes: new Uint8Array([0, 255]) });
    echo.interrupt();
    expect(await session.closed).toMatchObject({ code: 1001 });
    expect(await echo.ended).toBe(0);
    expect(echo.errors).toBe("");
  });

  test("echoes messages as long as --max-message-bytes, and no longer", async () => {
    const most = 20 * 1024 * 1024;
    const echo = start("--port", "0", "--max-message-bytes", String(most));
    const session = await connect(await echo.says(listening), { maxMessageBytes: null, maxQueuedBytes: null });
    const messages = session[Symbol.asyncIterator]();
    void session.send(new Uint8Array(most));
    const { value } = await messages.next();
    expect(value?.kind === "binary" && value.bytes.length).toBe(most);
    void session.send(new Uint8Array(most + 1));
    await expect(messages.next()).rejects.toMatchObject({ code: 1009 });
  });

  test("accepts compression only with --deflate", async () => {
    for (const [args, expected] of [
      [[], null],
      [["--deflate"], "permessage-deflate"],
    ] as const) {
      const url = new URL(await start("--port", "0", ...args).says(listening));
      const socket = connectTcp(Number(url.port), url.hostname);
      socket.write(`${upgrade}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`);
      const [head] = (await once(socket, "data")) as [Uint8Array];
      const extension = /Sec-WebSocket-Extensions: ([\w-]+)/.exec(Buffer.from(head).toString())?.[1] ?? null;
      expect(extension).toBe(expected);
      socket.destroy();
    }
  });

  test("says in one line that the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const echo = start("--port", String((other.address() as { port: number }).port));
    expect(await echo.ended).toBe(1);
    expect(echo.errors).toMatch(/^[^\n]* is taken; choose another one with --port\.\n$/);
    expect(echo.output).toBe("");
    other.close();
  });

  test("lists its options", async () => {
    const echo = start("--help");
    expect(await echo.ended).toBe(0);
    expect(echo.output).toMatch(/^Usage: npm run echo/);
    expect(echo.output).toContain("node or deno");
  });
});

describe("npm run echo", () => {
  test("hands over to Deno with --runtime deno, and passes Ctrl-C on", async () => {
    const echo = new Program(process.execPath, [join(root, "scripts/run.mjs"), "echo", "--runtime=deno", "--port=0"]);
    running.push(echo);
    const session = await connect(await echo.says(/^Echoing on (\S+)$/m));
    echo.interrupt();
    expect(await session.closed).toMatchObject({ code: 1001 });
    expect(await echo.ended).toBe(0);
  });

  test("refuses what it cannot do", async () => {
    const echo = run("echo", "--port", "0", "--runtime", "bun");
    expect(await echo.ended).toBe(2);
    expect(echo.errors).toBe('--runtime can only be node or deno, not "bun". (--help lists the options)\n');
  });
});
