// Converses with an echo server as Deno's own WebSocket does, or waits for a server that closes.

import { conversation, isSame } from "../conversation.ts";

const say = (report: object): void => console.log(JSON.stringify(report));

const socket = new WebSocket(Deno.args[0]!, ["other", "echo"]);
socket.binaryType = "arraybuffer";

function next<T extends Event>(type: string): Promise<T> {
  return new Promise((resolve) => socket.addEventListener(type, (event) => resolve(event as T), { once: true }));
}

await next("open");
const closed = next<CloseEvent>("close");
const wrong: number[] = [];
const contents = new URL(socket.url).pathname === "/close" ? [] : conversation;
for (const [index, content] of contents.entries()) {
  socket.send(content as string | Uint8Array<ArrayBuffer>);
  const { data } = await next<MessageEvent>("message");
  if (!isSame(typeof data === "string" ? data : new Uint8Array(data), content)) wrong.push(index);
}
if (contents.length > 0) socket.close(3000, "enough");
const { code, reason, wasClean } = await closed;
say({ conversed: { protocol: socket.protocol, wrong, code, reason, wasClean } });
