// Our client on Node, with `for await`.

import { connect } from "@sansock/node-adapter";
import { payload, runClient, url } from "./client-process.mjs";

await runClient(async (received, failed) => {
  const session = await connect(url);
  const listen = async () => {
    for await (const { bytes } of session) received(bytes.length, bytes[0]);
  };
  listen().catch(failed);
  return () => void session.send(payload);
});
