// `websocket-driver`'s client on a bare socket.

import { connect } from "node:net";
import { loadPeer } from "../peers/resolve.mjs";
import { job, payload, runClient, url } from "./client-process.mjs";

const websocket = loadPeer("websocket-driver");

await runClient(
  (received, failed) =>
    new Promise((resolve) => {
      const driver = websocket.client(url);
      const socket = connect({ port: job.port, host: "127.0.0.1", noDelay: true });
      socket.on("error", failed);
      socket.pipe(driver.io).pipe(socket);
      driver.on("error", failed);
      driver.on("message", ({ data }) => received(data.length, data[0]));
      driver.on("open", () => resolve(() => driver.binary(payload)));
      driver.start();
    }),
);
