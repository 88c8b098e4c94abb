/*
 * permessage-deflate on the runtime's zlib, as simple as it can be: the oracle that the engine's own is compared with,
 * and proof that the cases can be passed.
 */
import type { Extension, ExtensionParameter, MessageTransform } from "../../packages/protocol/src/index.ts";
import { concat } from "../support/hex.ts";
import { type CompressionTerms, zlibCompression } from "./zlib-codec.ts";

const PLAIN = { takeover: true, windowBits: 15 };

/** Accepts all that it understands and grants all that is asked. */
export function zlibExtension(): Extension {
  return {
    name: "permessage-deflate",
    // §7.1.1.2 makes client_no_context_takeover a hint that the client will not take its context over; the suite's server
    // asks for that only where it was hinted at. So there are two offers.
    offers: () => [
      [{ name: "client_max_window_bits", value: undefined }],
      [
        { name: "client_no_context_takeover", value: undefined },
        { name: "client_max_window_bits", value: undefined },
      ],
    ],
    accept(offer) {
      const parameters = offer.filter(({ name }) => name.startsWith("server_"));
      return { parameters, transform: transformOf({ own: side(parameters, "server"), other: PLAIN }) };
    },
    confirm: (response) => transformOf({ own: side(response, "client"), other: side(response, "server") }),
  };
}

function side(parameters: readonly ExtensionParameter[], who: "client" | "server"): CompressionTerms["own"] {
  const bits = parameters.find(({ name }) => name === `${who}_max_window_bits`)?.value ?? "15";
  return { takeover: !parameters.some(({ name }) => name === `${who}_no_context_takeover`), windowBits: Number(bits) };
}

function transformOf(terms: CompressionTerms): MessageTransform {
  const compression = zlibCompression(terms);
  let outgoing: Uint8Array[] = [];
  let incoming: Uint8Array[] = [];
  let inflated: Uint8Array | undefined;
  return {
    rsv: 0x40,
    wants: () => true,
    encode(bytes, fin) {
      outgoing.push(bytes.slice());
      if (!fin) return new Uint8Array(0);
      const message = concat(...outgoing);
      outgoing = [];
      return compression.compress(message);
    },
    push(bytes, fin) {
      incoming.push(bytes.slice());
      if (!fin) return;
      inflated = compression.decompress(concat(...incoming));
      incoming = [];
    },
    pull(maxBytes) {
      if (inflated === undefined || inflated.length === 0) {
        inflated = undefined;
        return undefined;
      }
      const piece = inflated.subarray(0, maxBytes);
      inflated = inflated.subarray(maxBytes);
      return piece;
    },
  };
}
