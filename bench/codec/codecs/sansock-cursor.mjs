// The bare cursor decoder of @sansock/protocol: frames, no messages. It has no encoder of its own.

import { FrameDecoder } from "@sansock/protocol";

/** @type {import("../codec-process.mjs").Codec} */
export const codec = {
  decoder(payload) {
    const decoder = new FrameDecoder({ masked: true, wordBits: 64 });
    return (chunk) => {
      decoder.feed(chunk);
      for (let step = decoder.advance(); step !== "needs-bytes"; step = decoder.advance()) {
        if (step === "payload") payload(decoder.chunk, decoder.start, decoder.end);
        else if (step === "violation") throw new Error(decoder.violation);
      }
    };
  },
};
