// Ours on Node, with callbacks, at its defaults: keepalive is on.

import { permessageDeflate, serve } from "@sansock/node-adapter";
import { job, listening } from "./server-process.mjs";

const contentOf = (message) => (message.kind === "text" ? message.text : message.bytes);

const options = {
  port: 0,
  host: "127.0.0.1",
  ...(job.compression && { extensions: [permessageDeflate()] }),
  ...(job.pingInterval !== undefined && { pingInterval: job.pingInterval }),
};
const server = await serve(options, {
  message:
    job.behaviour === "echo"
      ? (session, message) => void session.send(contentOf(message))
      : (_session, message) => server.broadcast(contentOf(message)),
});
listening(server.port);
