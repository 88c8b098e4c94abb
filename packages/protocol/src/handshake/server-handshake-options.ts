import { type ConnectionOptions, ConnectionSettings } from "../connection/connection-options.ts";
import type { Extension } from "../extensions/extension.ts";
import { checkTimeout } from "../liveness/check-options.ts";
import type { Duration } from "../vocabulary/time.ts";
import { DEFAULT_OPEN_TIMEOUT } from "./handshake-machine.ts";
import { type HeadLimits, headLimits } from "./http-head.ts";
import { OriginPolicy, type OriginRules } from "./origin-policy.ts";
import { checkSubprotocols } from "./subprotocols.ts";

/** How a server answers handshakes, and how the connections behave that they lead to. */
export interface ServerHandshakeOptions extends Omit<ConnectionOptions, "role"> {
  /**
   * From the creation of the handshake until it is answered, in ms; `null`: for ever. Create it when bytes can flow, so
   * that TLS has its own time. Default: 10 000.
   */
  readonly openTimeout?: Duration | null | undefined;
  /** How large a head may be, either way. */
  readonly limits?: Partial<HeadLimits> | undefined;
  /** The subprotocols that the server speaks, the preferred ones first (RFC 6455 §1.9). Default: none. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Extensions to accept when they are offered. At most one becomes active: the first offer that one of them accepts. */
  readonly extensions?: readonly Extension[] | undefined;
  /** Which web pages may connect. Default: those of the same origin. Others are answered with 403. */
  readonly origin?: OriginPolicy | OriginRules | undefined;
  /**
   * Whether TLS ends here, or is otherwise known to be (`true`) or not to be (`false`) between us and the client; for the
   * Origin policy. Leave it out behind a proxy that may end TLS.
   */
  readonly secure?: boolean | undefined;
}

/**
 * `ServerHandshakeOptions`, checked once and completed by the defaults. Any number of handshakes may share one.
 *
 * The constructor throws `UsageError` "bad-option" for values out of range.
 */
export class ServerHandshakeSettings {
  readonly connection: ConnectionSettings;
  readonly sha1: ((text: string) => string) | undefined;
  readonly openTimeout: Duration | null;
  readonly limits: HeadLimits;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly origin: OriginPolicy;
  readonly secure: boolean | undefined;

  constructor(options: ServerHandshakeOptions) {
    this.connection = new ConnectionSettings({ ...options, role: "server" });
    this.sha1 = options.sha1;
    const { openTimeout = DEFAULT_OPEN_TIMEOUT } = options;
    this.openTimeout = checkTimeout("openTimeout", openTimeout);
    this.limits = headLimits(options.limits);
    this.subprotocols = checkSubprotocols(options.subprotocols);
    this.extensions = options.extensions ?? [];
    this.origin = options.origin instanceof OriginPolicy ? options.origin : new OriginPolicy(options.origin);
    this.secure = options.secure;
  }
}
