/*
 * How the suite negotiates permessage-deflate (RFC 7692 §7.1) with the endpoint under test: as the client with the offers
 * of a case, as the server with its requests. A case that negotiates nothing is not passed.
 */
import type { Extension, ExtensionParameter, MessageTransform } from "../../packages/protocol/src/index.ts";
import type { CaseCompression, CompressionRequest } from "./case.ts";
import type { PeerCompression } from "./fuzzing-peer.ts";
import { zlibCompression } from "./zlib-codec.ts";

/** Both ends of an agreement. */
export interface NegotiatedCompression {
  /** The endpoint's. */
  readonly transform: MessageTransform;
  /** The fuzzing peer's. */
  readonly peer: PeerCompression;
}

type Parameters = readonly ExtensionParameter[];

/** Negotiates as a case wants it; a string says what went wrong. */
export function negotiate(
  role: "client" | "server",
  extension: Extension,
  { offers, requests }: CaseCompression,
): NegotiatedCompression | string {
  return role === "server" ? offerTo(extension, offers) : requestFrom(extension, requests);
}

/** The fuzzing client: the endpoint has to accept the first offer, and to grant what it asks for. */
function offerTo(extension: Extension, offers: readonly Parameters[]): NegotiatedCompression | string {
  const offer = offers[0]!;
  const accepted = extension.accept(offer);
  if (accepted === undefined) return "the server has declined the offer";
  const { parameters, transform } = accepted;
  // §7.1.1.1: a server that accepts it "MUST include" it; §7.1.2.1: with the same or a smaller value.
  if (has(offer, "server_no_context_takeover") && !has(parameters, "server_no_context_takeover")) {
    return "the server has accepted server_no_context_takeover without saying so";
  }
  if (windowBits(parameters, "server_max_window_bits") > windowBits(offer, "server_max_window_bits")) {
    return "the server has accepted server_max_window_bits and takes more";
  }
  return {
    transform,
    peer: zlibCompression({ own: terms(parameters, "client"), other: terms(parameters, "server") }),
  };
}

/** The fuzzing server: it takes the first request that one of the endpoint's offers allows. */
function requestFrom(extension: Extension, requests: readonly CompressionRequest[]): NegotiatedCompression | string {
  for (const request of requests) {
    for (const offer of extension.offers()) {
      // The suite takes these two as the client's word that it would comply.
      if (request.noContextTakeover && !has(offer, "client_no_context_takeover")) continue;
      if (request.maxWindowBits !== 0 && !has(offer, "client_max_window_bits")) continue;
      const response: ExtensionParameter[] = offer.filter(
        ({ name, value }) =>
          name === "server_no_context_takeover" || (name === "server_max_window_bits" && value !== undefined),
      );
      if (request.noContextTakeover) response.push({ name: "client_no_context_takeover", value: undefined });
      if (request.maxWindowBits !== 0) {
        response.push({ name: "client_max_window_bits", value: String(request.maxWindowBits) });
      }
      const transform = extension.confirm(response);
      if (transform === undefined) return "the client does not take what it has offered";
      return {
        transform,
        peer: zlibCompression({ own: terms(response, "server"), other: terms(response, "client") }),
      };
    }
  }
  return "the client has offered nothing that fits";
}

function has(parameters: Parameters, name: string): boolean {
  return parameters.some((parameter) => parameter.name === name);
}

function windowBits(parameters: Parameters, name: string): number {
  return Number(parameters.find((parameter) => parameter.name === name)?.value ?? 15);
}

function terms(parameters: Parameters, side: "client" | "server"): { takeover: boolean; windowBits: number } {
  return {
    takeover: !has(parameters, `${side}_no_context_takeover`),
    windowBits: windowBits(parameters, `${side}_max_window_bits`),
  };
}
