// No WebSocket server: the least that a program on Node can do to look like one to the load generator. It upgrades, counts
// bytes, and answers each chunk with as many pre-built bytes as whole requests it completed. No frame is parsed, nothing
// unmasked, no message made. What any JavaScript server costs beyond this is its own doing.
//
// With OWN_MESSAGES it makes messages, of memory of their own as whoever gets them must have it, where others do not fit
// into one chunk: it knows their size beforehand, copies as many bytes as arrive (those that are to be sent back, so that they are
// right), and sends that memory.

import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { buildFrames, closeReply, MessageCycle, repeat } from "../load/frames.mjs";
import { job, listening } from "./server-process.mjs";

const { scenario } = job;
const { request, reply } = buildFrames(scenario);
const cycle = job.compression ? new MessageCycle(scenario) : undefined;
const replies = Array.from({ length: scenario.inFlight + 1 }, (_, count) => repeat(reply, count * reply.length));
const sockets = new Set();
const ownMessages = process.env.OWN_MESSAGES !== undefined;

const server = createServer({ noDelay: true }, (socket) => {
  let open = false;
  let bytes = 0;
  let done = 0;
  let own;
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
  socket.on("data", (chunk) => {
    if (!open) {
      // The generator sends its head in one go and waits for the answer.
      open = true;
      sockets.add(socket);
      socket.write(upgrade(chunk.latin1Slice()));
      return;
    }
    if (scenario.kind === "churn") {
      socket.end(closeReply);
      return;
    }
    if (ownMessages) {
      own ??= Buffer.allocUnsafeSlow(reply.length);
      own.set(reply.subarray(bytes, bytes + chunk.length), bytes); // a reply is 4 bytes shorter: it has no mask
    }
    bytes += chunk.length;
    if (cycle !== undefined) {
      const first = done;
      for (; bytes >= cycle.requests.sizeOf(done); done++) bytes -= cycle.requests.sizeOf(done);
      if (done > first) socket.write(cycle.replies.slice(first, done - first));
      return;
    }
    const count = Math.floor(bytes / request.length);
    if (count === 0) return;
    bytes -= count * request.length;
    if (ownMessages) {
      socket.write(own);
      own = undefined;
    } else if (job.behaviour === "echo") socket.write(replies[count]);
    else for (const each of sockets) each.write(replies[count]);
  });
});

function upgrade(head) {
  const key = /sec-websocket-key: *(\S+)/i.exec(head)[1];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const extension = scenario.compression === "off" ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n${extension}\r\n`
  );
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => listening(server.address().port));
