// Ours on Node, with callbacks, where text is delivered and sent as its UTF-8 bytes, checked but never made a string: what
// `ws` hands out by default.

import { serve } from "@sansock/node-adapter";
import { job, listening } from "./server-process.mjs";

const server = await serve(
  { port: 0, host: "127.0.0.1", text: "utf8" },
  { message: (session, message) => void session.send(message) },
);
if (job.behaviour !== "echo") throw new Error("this server only echoes");
listening(server.port);
