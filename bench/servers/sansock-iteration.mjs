// Ours on Node, with `for await`, as the first example of the documentation shows it.

import { serve } from "@sansock/node-adapter";
import { job, listening } from "./server-process.mjs";

const contentOf = (message) => (message.kind === "text" ? message.text : message.bytes);

const server = await serve({ port: 0, host: "127.0.0.1" }, async (session) => {
  for await (const message of session) {
    if (job.behaviour === "echo") await session.send(contentOf(message));
    else server.broadcast(contentOf(message));
  }
});
listening(server.port);
