// A whole connection of @sansock/protocol: what it does with frames between the transport and the application, closing and
// keepalive included.

import { randomFillSync } from "node:crypto";
import { Connection } from "@sansock/protocol";

const random = (target) => void randomFillSync(target);

/** @type {import("../codec-process.mjs").Codec} */
export const codec = {
  decoder(payload) {
    const connection = new Connection(0, { role: "server", random, maxMessageBytes: 2 ** 30, wordBits: 64 });
    return (chunk) => {
      connection.receive(0, chunk);
      for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
        if (event.kind !== "binary") throw new Error(`unexpected event: ${event.kind}`);
        payload(event.bytes, 0, event.bytes.length);
      }
    };
  },
  encoder(masked, written) {
    const connection = new Connection(0, { role: masked ? "client" : "server", random, wordBits: 64 });
    return {
      send: (payload) => connection.sendBinary(payload),
      flush() {
        for (let effect = connection.nextEffect(); effect !== undefined; effect = connection.nextEffect()) {
          written(effect.bytes);
        }
      },
    };
  },
};
