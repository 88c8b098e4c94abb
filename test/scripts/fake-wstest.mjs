// Stands in for the Autobahn|Testsuite: three cases that echo one message, and reports as the suite writes them. The
// environment says what verdict the second case gets, and whether servers are out of reach.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";

const [mode, config] = [process.argv[3], process.argv[5]];
if (mode === undefined) process.exit(0); // asked for help
console.log(`wstest ${process.argv.slice(2).join(" ")}`);
const { outdir, servers, url } = JSON.parse(readFileSync(config, "utf8"));
const verdicts = { "1.1.1": "OK", "6.4.1": process.env.FAKE_VERDICT ?? "OK", "7.1.6": "INFORMATIONAL" };
const agents = {};

function report(agent, id, content, echoed) {
  agents[agent] ??= {};
  agents[agent][id] = {
    behavior: echoed === content ? verdicts[id] : "FAILED",
    behaviorClose: "OK",
    reportfile: `${id}.json`,
  };
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, "index.json"), JSON.stringify(agents));
}

if (mode === "fuzzingclient" && process.env.FAKE_REACH === "none") {
  writeFileSync(join(outdir, "index.json"), "{}");
} else if (mode === "fuzzingclient") {
  for (const { agent, url } of servers) {
    for (const id of Object.keys(verdicts)) {
      const echoed = await new Promise((resolve, reject) => {
        const client = new WebSocket(url);
        client.on("error", reject);
        client.on("open", () => client.send(`case ${id}`));
        client.on("message", (data) => {
          client.close();
          resolve(data.toString());
        });
      });
      report(agent, id, `case ${id}`, echoed);
    }
  }
} else {
  const server = new WebSocketServer({ port: Number(new URL(url).port), host: "127.0.0.1" });
  server.on("connection", (session, request) => {
    const { pathname, searchParams } = new URL(request.url, url);
    if (pathname === "/getCaseCount") {
      session.send(String(Object.keys(verdicts).length));
      session.close();
    } else if (pathname === "/runCase") {
      const id = Object.keys(verdicts)[Number(searchParams.get("case")) - 1];
      session.send(`case ${id}`);
      session.on("message", (data) => {
        report(searchParams.get("agent"), id, `case ${id}`, data.toString());
        session.close();
      });
    } else session.close();
  });
}
