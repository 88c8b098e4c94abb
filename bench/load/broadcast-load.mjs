// One connection says something, or several things at once, the server tells all of it to all of them; then again.

import { buildFrames, repeat } from "./frames.mjs";
import { LatencyHistogram } from "./latency.mjs";
import { maximumReadBytes, openMany } from "./raw-connection.mjs";
import { measureWindow } from "./window.mjs";

/** Latency is from the requests to the last of their deliveries. */
export async function runBroadcastLoad(job) {
  const { scenario } = job;
  const { request, reply } = buildFrames(scenario);
  const expected = repeat(reply, reply.length + maximumReadBytes);
  const connections = await openMany({ port: job.port }, scenario.connections);
  const received = new Float64Array(connections.length);
  const latency = new LatencyHistogram();
  const roundBytes = reply.length * connections.length * scenario.inFlight;
  const requests = repeat(request, request.length * scenario.inFlight);
  let total = 0;
  let goal = roundBytes;
  let sentAt = 0;
  let failure;

  const send = () => {
    sentAt = performance.now();
    connections[0].write(requests);
  };
  connections.forEach((connection, at) => {
    connection.listener = {
      received(bytes, start, end) {
        const phase = received[at] % reply.length;
        const length = end - start;
        if (bytes.compare(expected, phase, phase + length, start, end) !== 0) failure ??= "a delivery is wrong";
        received[at] += length;
        total += length;
        if (total < goal) return;
        latency.record(performance.now() - sentAt);
        goal += roundBytes;
        if (failure === undefined) send();
      },
      closed: (error) => {
        failure ??= `the server dropped a connection: ${error?.message ?? "end of stream"}`;
      },
    };
  });

  send();
  const result = await measureWindow(job, {
    done: () => total / reply.length,
    beginMeasuring: () => latency.clear(),
  });
  if (failure !== undefined) throw new Error(failure);
  if (Math.max(...received) - Math.min(...received) > reply.length * scenario.inFlight)
    throw new Error("not all were told the same");
  for (const connection of connections) connection.destroy();
  return { ...result, latency: latency.summary() };
}
