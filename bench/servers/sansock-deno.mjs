// Ours on Deno, with callbacks, at its defaults. Run by Deno.

import { serve } from "../../packages/deno-adapter/dist/mod.js";
import { job, listening } from "./server-process.mjs";

const contentOf = (message) => (message.kind === "text" ? message.text : message.bytes);

const server = await serve(
  { port: 0, hostname: "127.0.0.1" },
  {
    message:
      job.behaviour === "echo"
        ? (session, message) => void session.send(contentOf(message))
        : (_session, message) => server.broadcast(contentOf(message)),
  },
);
listening(server.port);
