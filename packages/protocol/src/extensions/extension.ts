import type { MessageTransform } from "../message/message-transform.ts";

/** One parameter of an extension (RFC 6455 §9.1), quotes removed. */
export interface ExtensionParameter {
  readonly name: string;
  readonly value: string | undefined;
}

/** One element of a `Sec-WebSocket-Extensions` header. */
export interface ExtensionElement {
  readonly name: string;
  readonly parameters: readonly ExtensionParameter[];
}

/** What a server's extension answers to an offer. */
export interface AcceptedExtension {
  /** The parameters of the response. */
  readonly parameters: readonly ExtensionParameter[];
  /** Does the work on this one connection. */
  readonly transform: MessageTransform;
}

/**
 * An extension that both handshakes can negotiate; one value serves any number of connections. Nothing here throws:
 * what a peer wrote is declined (server) or fails the handshake (client).
 */
export interface Extension {
  /** The registered name, compared byte for byte. */
  readonly name: string;
  /** Client: the parameters of each offer, in order of preference. */
  offers(): readonly (readonly ExtensionParameter[])[];
  /** Server: answers one offer of this name, or declines it with `undefined`; then the next offer is tried. */
  accept(offer: readonly ExtensionParameter[]): AcceptedExtension | undefined;
  /** Client: takes the server's response to our offers; `undefined` if it is not a valid one, which fails the handshake. */
  confirm(response: readonly ExtensionParameter[]): MessageTransform | undefined;
}
