// No WebSocket server: the least that a program on Deno can do over Deno.Conn to look like one to the load generator. It
// upgrades, counts bytes, and answers each chunk with as many pre-built bytes as whole requests it completed. All chunks are
// read into the same memory. What any JavaScript server costs beyond this is its own doing.

import { createHash } from "node:crypto";
import { buildFrames, repeat } from "../load/frames.mjs";
import { job, listening } from "./server-process.mjs";

const { scenario } = job;
const { request, reply } = buildFrames(scenario);
const replies = Array.from({ length: scenario.inFlight + 1 }, (_, count) => repeat(reply, count * reply.length));

const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
listening(listener.addr.port);
for await (const conn of listener) void serve(conn);

async function serve(conn) {
  const buffer = new Uint8Array(66 * 1024); // as ours
  try {
    // The generator sends its head in one go and waits for the answer.
    const head = await conn.read(buffer);
    await conn.write(upgrade(new TextDecoder().decode(buffer.subarray(0, head))));
    let bytes = 0;
    for (let count; (count = await conn.read(buffer)) !== null; ) {
      bytes += count;
      const done = Math.floor(bytes / request.length);
      bytes -= done * request.length;
      if (done > 0) writeAll(conn, replies[done]).catch(ignore);
    }
  } catch {
    // The generator goes without a word.
  }
  conn.close();
}

function ignore() {}

async function writeAll(conn, bytes) {
  for (let at = 0; at < bytes.length; ) at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
}

function upgrade(head) {
  const key = /sec-websocket-key: *(\S+)/i.exec(head)[1];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return new TextEncoder().encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}
