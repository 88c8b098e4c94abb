// The least that a client on Node can do: count bytes, write pre-built frames. Nothing is masked or parsed.

import { buildFrames, repeat } from "../load/frames.mjs";
import { RawConnection } from "../load/raw-connection.mjs";
import { job, payload, runClient } from "./client-process.mjs";

const { request, reply } = buildFrames(job.scenario);
const requests = Array.from({ length: job.scenario.inFlight + 1 }, (_, count) =>
  repeat(request, count * request.length),
);

await runClient(async (received) => {
  const connection = await RawConnection.open({ port: job.port });
  let bytes = 0;
  let due = 0;
  let inCallback = false;
  connection.listener = {
    received(_chunk, start, end) {
      bytes += end - start;
      const count = Math.floor(bytes / reply.length);
      if (count === 0) return;
      bytes -= count * reply.length;
      inCallback = true;
      for (let at = 0; at < count; at++) received(payload.length, payload[0]);
      inCallback = false;
      connection.write(requests[due]);
      due = 0;
    },
    closed() {},
  };
  return () => {
    if (inCallback) due++;
    else connection.write(request);
  };
});
