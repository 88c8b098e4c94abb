// A client with the WebSocket of the runtime that runs this program, which says as JSON how it went.

import { connect } from "@sansock/browser";

const [url = ""] = process.argv.slice(2);
let lose: (kind: string) => void = () => {};

await using client = connect(url, { reconnect: { minDelay: 10 } }, { down: (_client, { kind }) => lose(kind) });
const received: unknown[] = [];
const outages: string[] = [];
for (const content of ["hello", Uint8Array.of(1, 2)]) {
  await client.whenOpen();
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  await client.send(content);
  await client.ping();
  for await (const message of client) {
    received.push(message.kind === "text" ? message.text : [...message.bytes]);
    break;
  }
  await client.send("drop me");
  outages.push(await lost);
}
await client.whenOpen();
const latency = await client.ping();
const { kind, outage } = await client.close(4000, "done");
console.log(JSON.stringify({ received, outages, latency, end: kind, code: outage?.code }));
