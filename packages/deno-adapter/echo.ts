// `npm run echo -- --runtime deno`, or `deno run --allow-net packages/deno-adapter/echo.ts [options]`: sends every message
// back to where it came from, for conformance suites and load generators. The options are those of the echo server on Node.

import { parseArgs } from "node:util";
import { permessageDeflate, serve } from "@sansock/deno-adapter";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    port: { type: "string", default: "9001" },
    host: { type: "string", default: "127.0.0.1" },
    "max-message-bytes": { type: "string", default: "1048576" },
    deflate: { type: "boolean", default: false },
  },
});

const server = await serve(
  {
    port: Number(values.port),
    hostname: values.host,
    maxMessageBytes: Number(values["max-message-bytes"]),
    maxQueuedBytes: null, // nothing is read while an echo waits, so that one message is the most that can wait
    origin: { allow: "any" }, // an echo tells no page what it did not know
    extensions: values.deflate ? [permessageDeflate()] : [],
  },
  {
    message(session, message) {
      void session.send(message.kind === "text" ? message.text : message.bytes);
    },
  },
);
console.log(`Echoing on ws://${values.host.includes(":") ? `[${values.host}]` : values.host}:${server.port}/`);

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    if (stopping) return; // one Ctrl-C may come several times: from the terminal, and from each launcher
    stopping = true;
    await server.close({ timeout: 2_000 });
    Deno.exit();
  });
}
