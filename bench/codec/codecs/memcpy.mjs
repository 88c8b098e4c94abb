// No codec: copying each chunk, and each payload into a chunk, which is the least that moving bytes can cost.

const chunkBytes = 64 * 1024;
const target = new Uint8Array(chunkBytes);

/** @type {import("../codec-process.mjs").Codec} */
export const codec = {
  /** Frames are not found; the whole chunk counts as payload. */
  decoder(payload) {
    return (chunk) => {
      target.set(chunk);
      payload(target, 0, chunk.length);
    };
  },
  encoder(_masked, written) {
    let used = 0;
    const flush = () => {
      if (used > 0) written(used === chunkBytes ? target : target.subarray(0, used));
      used = 0;
    };
    return {
      send(payload) {
        if (used + payload.length > chunkBytes) flush();
        target.set(payload, used);
        used += payload.length;
      },
      flush,
    };
  },
  unframed: true,
};
