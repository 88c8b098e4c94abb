// Our client on Node, with callbacks.

import { connect } from "@sansock/node-adapter";
import { payload, runClient, url } from "./client-process.mjs";

await runClient(async (received, failed) => {
  const session = await connect(
    url,
    {},
    {
      message: (_session, { bytes }) => received(bytes.length, bytes[0]),
      close: (_session, { cause }) => failed(new Error(cause.kind)),
    },
  );
  return () => void session.send(payload);
});
