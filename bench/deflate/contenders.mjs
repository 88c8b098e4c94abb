// Who is measured. A connection deflates and inflates, both with the window carried over from message to message; some
// answer at once, some later.

import { createRequire } from "node:module";
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from "node:zlib";

const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const PULL_BYTES = 32 * 1024;

/**
 * @typedef {object} Connection
 * @property {(bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>} deflate one message to a payload
 * @property {(payload: Uint8Array) => number | Promise<number>} inflate one payload; how many bytes that made
 *
 * @typedef {{ windowBits: number, memoryLevel: number, zlibMemLevel: number }} Options our memory level, and zlib's
 */

/** @type {Record<string, (options: Options) => Promise<() => Connection>>} */
export const contenders = {
  portable: async (options) => {
    const { portableDeflate } = await import(process.env.SANSOCK_DEFLATE);
    return ours(portableDeflate(), options);
  },
  node: async (options) => {
    const { nodeDeflate } = await import(process.env.SANSOCK_DEFLATE);
    return ours(nodeDeflate(), options);
  },

  /** The class that does it in `ws`: live streams, whose work is done by the thread pool. */
  ws: async ({ windowBits, zlibMemLevel: memLevel }) => {
    const require = createRequire(import.meta.url);
    const PerMessageDeflate = require(require.resolve("ws").replace(/[^/\\]*$/, "lib/permessage-deflate.js"));
    const bits = String(windowBits);
    return () => {
      const options = {
        isServer: true,
        threshold: 0,
        zlibDeflateOptions: { memLevel },
        maxPayload: 1 << 30,
      };
      const extension = new PerMessageDeflate(options);
      extension.accept([{ server_max_window_bits: [bits], client_max_window_bits: [bits] }]);
      const call = (method, bytes) =>
        new Promise((resolve, reject) => {
          extension[method](bytes, true, (error, result) => (error ? reject(error) : resolve(result)));
        });
      return {
        deflate: (bytes) => call("compress", bytes),
        inflate: async (payload) => (await call("decompress", payload)).length,
      };
    };
  },

  /** zlib's synchronous functions, given the history as a dictionary. */
  "zlib-sync": async ({ windowBits, zlibMemLevel: memLevel }) => {
    const window = 1 << windowBits;
    const remember = (history, bytes) =>
      bytes.length >= window ? bytes.subarray(-window) : Buffer.concat([history, bytes]).subarray(-window);
    const finishFlush = constants.Z_SYNC_FLUSH;
    return () => {
      let sent = Buffer.alloc(0);
      let received = Buffer.alloc(0);
      return {
        deflate(bytes) {
          const dictionary = sent.length > 0 ? sent : undefined;
          const stream = deflateRawSync(bytes, { windowBits, memLevel, finishFlush, dictionary });
          sent = remember(sent, bytes);
          return stream.subarray(0, -4);
        },
        inflate(payload) {
          const dictionary = received.length > 0 ? received : undefined;
          const bytes = inflateRawSync(Buffer.concat([payload, TAIL]), { windowBits, finishFlush, dictionary });
          received = remember(received, bytes);
          return bytes.length;
        },
      };
    };
  },

  /** zlib alone, called by ways that Node does not document: what any use of it could reach at best. */
  "zlib-handle": async ({ windowBits, zlibMemLevel: memLevel }) => {
    const output = Buffer.allocUnsafe(4 << 20);
    const write = (stream, bytes) => {
      stream._handle.writeSync(constants.Z_SYNC_FLUSH, bytes, 0, bytes.length, output, 0, output.length);
      return output.length - stream._writeState[0];
    };
    return () => {
      const deflater = createDeflateRaw({ windowBits, memLevel, chunkSize: 64 });
      const inflater = createInflateRaw({ windowBits, chunkSize: 64 });
      return {
        deflate: (bytes) => Buffer.from(output.subarray(0, write(deflater, bytes) - 4)),
        inflate(payload) {
          const length = write(inflater, Buffer.concat([payload, TAIL]));
          return Buffer.from(output.subarray(0, length)).length;
        },
      };
    };
  },

  /** Another DEFLATE in JavaScript, if it is installed somewhere: PAKO=/path/to/node_modules/pako. */
  pako: async ({ windowBits, zlibMemLevel: memLevel }) => {
    const { default: pako } = await import(createRequire(import.meta.url).resolve(process.env.PAKO));
    return () => {
      let made = [];
      const take = () => {
        const bytes = Buffer.concat(made);
        made = [];
        return bytes;
      };
      const deflater = new pako.Deflate({ raw: true, windowBits, memLevel });
      const inflater = new pako.Inflate({ raw: true, windowBits });
      deflater.onData = inflater.onData = (bytes) => made.push(bytes);
      return {
        deflate(bytes) {
          deflater.push(bytes, constants.Z_SYNC_FLUSH);
          return take().subarray(0, -4);
        },
        inflate(payload) {
          inflater.push(Buffer.concat([payload, TAIL]), constants.Z_SYNC_FLUSH);
          return take().length;
        },
      };
    };
  },
};

function ours(codec, { windowBits, memoryLevel }) {
  return () => {
    const deflater = codec.createDeflater({ windowBits, memoryLevel });
    const inflater = codec.createInflater({ windowBits });
    return {
      deflate(bytes) {
        const stream = deflater.deflate(bytes, true);
        return stream.subarray(0, stream.length - 4);
      },
      inflate(payload) {
        inflater.push(payload);
        inflater.push(TAIL);
        let length = 0;
        for (let piece = inflater.pull(PULL_BYTES); piece !== undefined; piece = inflater.pull(PULL_BYTES)) {
          length += piece.length;
        }
        return length;
      },
    };
  };
}
