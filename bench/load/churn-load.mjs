// Connections that are opened, closed with a closing handshake, and opened again.

import { closeReply, closeRequest } from "./frames.mjs";
import { LatencyHistogram } from "./latency.mjs";
import { RawConnection } from "./raw-connection.mjs";
import { measureWindow } from "./window.mjs";

/** Latency is from connecting to the server's end of stream. */
export async function runChurnLoad(job) {
  const latency = new LatencyHistogram();
  let done = 0;
  let running = true;
  let failure;

  const worker = async () => {
    while (running && failure === undefined) {
      const startedAt = performance.now();
      const connection = await RawConnection.open({ port: job.port });
      await closed(connection);
      latency.record(performance.now() - startedAt);
      done++;
    }
  };
  const workers = Array.from({ length: job.scenario.connections }, () =>
    worker().catch((error) => {
      failure ??= error.message;
    }),
  );
  const result = await measureWindow(job, { done: () => done, beginMeasuring: () => latency.clear() });
  running = false;
  await Promise.all(workers);
  if (failure !== undefined) throw new Error(failure);
  return { ...result, latency: latency.summary() };
}

/** Sends Close, wants the same Close back (section 5.5.1) and then the end of the stream (section 7.1.1). */
function closed(connection) {
  return new Promise((resolve, reject) => {
    const reply = [];
    connection.listener = {
      received: (bytes, start, end) => reply.push(Buffer.from(bytes.subarray(start, end))),
      closed: () => {
        // Some servers leave the status code away; an empty Close is a legal answer too.
        const answer = Buffer.concat(reply);
        if (answer.equals(closeReply) || answer[0] === 0x88) resolve();
        else
          reject(new Error(`no Close came back, but ${answer.length} bytes: ${answer.toString("hex").slice(0, 40)}`));
      },
    };
    connection.write(closeRequest);
  });
}
