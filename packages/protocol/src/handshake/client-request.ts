// What a client asks, as a head.

import { encodeBase64 } from "../bytes/base64.ts";
import type { ExtensionElement } from "../extensions/extension.ts";
import { formatExtensions } from "../extensions/extension-header.ts";
import type { FillRandom } from "../vocabulary/machine.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import type { ClientHandshakeSettings } from "./client-handshake-options.ts";
import { handshakeViolations } from "./handshake-violation.ts";
import { HeaderList } from "./header-list.ts";
import type { RequestHead } from "./http-head.ts";
import { checkHeaders } from "./own-headers.ts";
import { checkRequest, checkUpgradeRequest, WEBSOCKET_VERSION } from "./upgrade-rules.ts";

/** RFC 6455 §4.1-7: "a nonce consisting of a randomly selected 16-byte value". */
const NONCE_BYTES = 16;

/** A fresh value for Sec-WebSocket-Key. Throws whatever the injected randomness throws. */
export function createKey(random: FillRandom): string {
  const nonce = new Uint8Array(NONCE_BYTES);
  random(nonce);
  return encodeBase64(nonce);
}

/** The head of a request for a WebSocket (§4.1). Throws `UsageError` "bad-handshake" for one that no server should accept. */
export function createRequest(settings: ClientHandshakeSettings, key: string): RequestHead {
  const { url, origin, subprotocols } = settings;
  const headers = checkHeaders(settings.headers);
  const fields: (readonly [name: string, value: string])[] = [];
  const replaceable = (name: string, value: string | undefined): void => {
    if (value !== undefined && !headers.has(name)) fields.push([name, value]);
  };
  replaceable("Host", url.host);
  fields.push(["Upgrade", "websocket"], ["Connection", "Upgrade"]);
  fields.push(["Sec-WebSocket-Key", key], ["Sec-WebSocket-Version", WEBSOCKET_VERSION]);
  if (subprotocols.length > 0) fields.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
  const offers = extensionOffers(settings);
  if (offers.length > 0) fields.push(["Sec-WebSocket-Extensions", formatExtensions(offers)]);
  replaceable("Origin", origin);
  replaceable("Authorization", url.authorization);
  const head: RequestHead = {
    method: "GET",
    target: url.resource,
    version: "1.1",
    headers: new HeaderList([...fields, ...headers]),
  };
  checkOwnRequest(head);
  return head;
}

function extensionOffers({ extensions }: ClientHandshakeSettings): readonly ExtensionElement[] {
  return extensions.flatMap((extension) =>
    extension.offers().map((parameters) => ({ name: extension.name, parameters })),
  );
}

/** We ask for nothing that we would not accept ourselves: a second Host, say, or a target with a fragment. */
function checkOwnRequest(head: RequestHead): void {
  const target = checkRequest(head);
  const outcome = typeof target === "string" ? target : checkUpgradeRequest(head, target);
  if (typeof outcome === "string") throw new UsageError("bad-handshake", handshakeViolations[outcome].message);
}
