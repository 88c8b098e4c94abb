import { type ConnectionOptions, ConnectionSettings } from "../connection/connection-options.ts";
import type { Extension } from "../extensions/extension.ts";
import { checkTimeout } from "../liveness/check-options.ts";
import type { Duration } from "../vocabulary/time.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { DEFAULT_OPEN_TIMEOUT } from "./handshake-machine.ts";
import type { HeaderSource } from "./header-list.ts";
import { type HeadLimits, headLimits } from "./http-head.ts";
import { checkSubprotocols } from "./subprotocols.ts";
import type { WebSocketUrl } from "./url.ts";

/** RFC 6455 sets no limit; error pages are smaller. */
const DEFAULT_MAX_REFUSAL_BYTES = 1024 * 1024;

/** What a client asks for, and how the connection behaves that it gets. */
export interface ClientHandshakeOptions extends Omit<ConnectionOptions, "role"> {
  /** Where to: what `parseWebSocketUrl` returns. */
  readonly url: WebSocketUrl;
  /** The subprotocols to offer, the preferred ones first (RFC 6455 §1.9). Default: none. */
  readonly subprotocols?: readonly string[] | undefined;
  /** The extensions to offer. At most one becomes active: a server that accepts more fails the handshake. */
  readonly extensions?: readonly Extension[] | undefined;
  /** The value of the Origin header, for a client that speaks for a web page (§4.1-8). Default: none. */
  readonly origin?: string | undefined;
  /**
   * Further header fields, such as Cookie or Authorization (which takes the place of the URL's credentials). A Host
   * among them replaces that of the URL.
   */
  readonly headers?: HeaderSource | undefined;
  /** From the creation of the handshake until it is complete, in ms; `null`: for ever. Default: 10 000. */
  readonly openTimeout?: Duration | null | undefined;
  /** How large a head may be, either way. */
  readonly limits?: Partial<HeadLimits> | undefined;
  /** How much of the body of a refusal is kept, in bytes. Default: 1 MiB. */
  readonly maxRefusalBytes?: number | undefined;
}

/**
 * `ClientHandshakeOptions`, checked once and completed by the defaults. Any number of handshakes may share one.
 *
 * The constructor throws `UsageError` "bad-option" for values out of range. What HTTP cannot carry is found when the
 * request is written.
 */
export class ClientHandshakeSettings {
  readonly connection: ConnectionSettings;
  readonly sha1: ((text: string) => string) | undefined;
  readonly url: WebSocketUrl;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly origin: string | undefined;
  readonly headers: HeaderSource | undefined;
  readonly openTimeout: Duration | null;
  readonly limits: HeadLimits;
  readonly maxRefusalBytes: number;

  constructor(options: ClientHandshakeOptions) {
    this.connection = new ConnectionSettings({ ...options, role: "client" });
    this.sha1 = options.sha1;
    this.url = options.url;
    this.subprotocols = checkSubprotocols(options.subprotocols);
    this.extensions = options.extensions ?? [];
    this.origin = options.origin;
    this.headers = options.headers;
    const { openTimeout = DEFAULT_OPEN_TIMEOUT } = options;
    this.openTimeout = checkTimeout("openTimeout", openTimeout);
    this.limits = headLimits(options.limits);
    this.maxRefusalBytes = options.maxRefusalBytes ?? DEFAULT_MAX_REFUSAL_BYTES;
    if (!Number.isSafeInteger(this.maxRefusalBytes) || this.maxRefusalBytes < 0) {
      throw new UsageError("bad-option", "maxRefusalBytes must be an integer of at least 0");
    }
  }
}
