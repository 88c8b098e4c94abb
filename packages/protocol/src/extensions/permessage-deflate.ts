import type { DeflateCodec } from "../deflate/deflate-codec.ts";
import { portableDeflate } from "../deflate/portable-deflate.ts";
import { UsageError } from "../vocabulary/usage-error.ts";
import { DeflateTransform } from "./deflate-transform.ts";
import type { Extension, ExtensionParameter } from "./extension.ts";

/**
 * Compression of messages. Each option about one end's window or context is the same for both roles, so that a client
 * and a server can share one value. All are upper limits on what this end agrees to.
 */
export interface PermessageDeflateOptions {
  /**
   * The largest window, as a power of two, that the server compresses with: 8 to 15. Default: 12 as a server; as a
   * client, 12 where the server can limit itself, and 15 where it cannot.
   */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * The largest window that the client compresses with: 8 to 15. Default: 12 as a client; as a server, 12 where the
   * client can be limited, and 15 where it cannot.
   */
  readonly clientMaxWindowBits?: number | undefined;
  /** Whether the server's messages may refer to earlier ones. Default: true. */
  readonly serverContextTakeover?: boolean | undefined;
  /** Whether the client's messages may refer to earlier ones. Default: true. */
  readonly clientContextTakeover?: boolean | undefined;
  /**
   * How much memory the compressor's index of the window takes: 1 (384 bytes) to 9 (96 KiB), each level twice as much.
   * Default: 6 (12 KiB), which indexes all of a window of 12 bits; 9 does so for one of 15.
   */
  readonly memoryLevel?: number | undefined;
  /**
   * Messages with fewer bytes go out as they are. Default: 32 where our messages may refer to earlier ones, otherwise
   * 256.
   */
  readonly thresholdBytes?: number | undefined;
  /** What compresses. Default: `portableDeflate()`. */
  readonly codec?: DeflateCodec | undefined;
}

const DEFAULT_WINDOW_BITS = 12;
const MAX_WINDOW_BITS = 15;
const DEFAULT_MEMORY_LEVEL = 6;
/** With context takeover, a message of 32 bytes still shrinks to 14; without, 256 bytes save as much per microsecond. */
const DEFAULT_THRESHOLD_BYTES = 32;
const DEFAULT_THRESHOLD_BYTES_WITHOUT_TAKEOVER = 256;

/** The parameters of an offer or a response, checked (RFC 7692 §7.1). */
interface DeflateParameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  /** `true`: present without a value, which only an offer may have. */
  clientMaxWindowBits: number | true | undefined;
}

/**
 * The extension permessage-deflate (RFC 7692), for any number of connections; see docs/compression.md for what it costs.
 * Do not use it where a message holds both a secret and something that an attacker chose (§8).
 *
 * @throws UsageError `bad-option` if an option is outside its range.
 */
export function permessageDeflate(options: PermessageDeflateOptions = {}): Extension {
  checkInteger("serverMaxWindowBits", options.serverMaxWindowBits, 8, MAX_WINDOW_BITS);
  checkInteger("clientMaxWindowBits", options.clientMaxWindowBits, 8, MAX_WINDOW_BITS);
  checkInteger("memoryLevel", options.memoryLevel, 1, 9);
  checkInteger("thresholdBytes", options.thresholdBytes, 0, Number.MAX_SAFE_INTEGER);
  return new PermessageDeflate(options);
}

class PermessageDeflate implements Extension {
  readonly name = "permessage-deflate";
  readonly #codec: DeflateCodec;
  readonly #memoryLevel: number;
  readonly #thresholdBytes: number | undefined;
  readonly #serverContextTakeover: boolean;
  readonly #clientContextTakeover: boolean;
  readonly #serverMaxWindowBits: number;
  readonly #clientMaxWindowBits: number;
  /** Whether the peer must keep to our limit of its window, or merely should. */
  readonly #requiresServerMaxWindowBits: boolean;
  readonly #requiresClientMaxWindowBits: boolean;

  constructor(options: PermessageDeflateOptions) {
    this.#codec = options.codec ?? portableDeflate();
    this.#memoryLevel = options.memoryLevel ?? DEFAULT_MEMORY_LEVEL;
    this.#thresholdBytes = options.thresholdBytes;
    this.#serverContextTakeover = options.serverContextTakeover ?? true;
    this.#clientContextTakeover = options.clientContextTakeover ?? true;
    this.#serverMaxWindowBits = options.serverMaxWindowBits ?? DEFAULT_WINDOW_BITS;
    this.#clientMaxWindowBits = options.clientMaxWindowBits ?? DEFAULT_WINDOW_BITS;
    this.#requiresServerMaxWindowBits = (options.serverMaxWindowBits ?? MAX_WINDOW_BITS) < MAX_WINDOW_BITS;
    this.#requiresClientMaxWindowBits = (options.clientMaxWindowBits ?? MAX_WINDOW_BITS) < MAX_WINDOW_BITS;
  }

  offers(): readonly (readonly ExtensionParameter[])[] {
    const common: ExtensionParameter[] = [];
    if (!this.#serverContextTakeover) common.push(flag("server_no_context_takeover"));
    if (!this.#clientContextTakeover) common.push(flag("client_no_context_takeover"));
    common.push(
      this.#clientMaxWindowBits < MAX_WINDOW_BITS
        ? bits("client_max_window_bits", this.#clientMaxWindowBits)
        : flag("client_max_window_bits"),
    );
    if (this.#serverMaxWindowBits === MAX_WINDOW_BITS) return [common];
    const limited = [...common, bits("server_max_window_bits", this.#serverMaxWindowBits)];
    // §7.1.2.1: "A server declines an extension negotiation offer with this parameter if the server doesn't support it."
    return this.#requiresServerMaxWindowBits ? [limited] : [limited, common];
  }

  accept(
    offer: readonly ExtensionParameter[],
  ): { parameters: readonly ExtensionParameter[]; transform: DeflateTransform } | undefined {
    const offered = parse(offer);
    if (offered === undefined) return undefined;
    const parameters: ExtensionParameter[] = [];

    const serverContextTakeover = this.#serverContextTakeover && !offered.serverNoContextTakeover;
    if (!serverContextTakeover) parameters.push(flag("server_no_context_takeover"));
    const clientContextTakeover = this.#clientContextTakeover && !offered.clientNoContextTakeover;
    if (!clientContextTakeover) parameters.push(flag("client_no_context_takeover"));

    const serverBits = Math.min(this.#serverMaxWindowBits, offered.serverMaxWindowBits ?? MAX_WINDOW_BITS);
    if (offered.serverMaxWindowBits !== undefined || serverBits < MAX_WINDOW_BITS) {
      parameters.push(bits("server_max_window_bits", serverBits));
    }

    let clientBits = MAX_WINDOW_BITS;
    if (offered.clientMaxWindowBits !== undefined) {
      const limit = offered.clientMaxWindowBits === true ? MAX_WINDOW_BITS : offered.clientMaxWindowBits;
      clientBits = Math.min(this.#clientMaxWindowBits, limit);
      if (clientBits < MAX_WINDOW_BITS) parameters.push(bits("client_max_window_bits", clientBits));
    } else if (this.#requiresClientMaxWindowBits) {
      return undefined; // §7.1.2.2: without the parameter in the offer, the client cannot be limited
    }

    const transform = this.#transform(
      { windowBits: serverBits, contextTakeover: serverContextTakeover },
      { windowBits: clientBits, contextTakeover: clientContextTakeover },
    );
    return { parameters, transform };
  }

  confirm(response: readonly ExtensionParameter[]): DeflateTransform | undefined {
    const agreed = parse(response);
    if (agreed === undefined) return undefined;
    const { serverMaxWindowBits, clientMaxWindowBits, serverNoContextTakeover, clientNoContextTakeover } = agreed;
    // §7.1.1.1: the server accepts server_no_context_takeover by including it, or else declines the offer.
    if (!this.#serverContextTakeover && !serverNoContextTakeover) return undefined;
    // §7.1.2.1: likewise, "with the same or smaller value as the offer".
    const serverBits = serverMaxWindowBits ?? MAX_WINDOW_BITS;
    if (this.#requiresServerMaxWindowBits && serverBits > this.#serverMaxWindowBits) return undefined;
    // §7.1.2.2: in a response it has a value, no larger than the offered one.
    if (clientMaxWindowBits === true) return undefined;
    if (clientMaxWindowBits !== undefined && clientMaxWindowBits > this.#clientMaxWindowBits) return undefined;
    return this.#transform(
      {
        windowBits: clientMaxWindowBits ?? this.#clientMaxWindowBits,
        contextTakeover: this.#clientContextTakeover && !clientNoContextTakeover,
      },
      { windowBits: serverBits, contextTakeover: !serverNoContextTakeover },
    );
  }

  #transform(
    outgoing: { windowBits: number; contextTakeover: boolean },
    incoming: { windowBits: number; contextTakeover: boolean },
  ): DeflateTransform {
    const fallback = outgoing.contextTakeover ? DEFAULT_THRESHOLD_BYTES : DEFAULT_THRESHOLD_BYTES_WITHOUT_TAKEOVER;
    return new DeflateTransform({
      codec: this.#codec,
      outgoing,
      incoming,
      memoryLevel: this.#memoryLevel,
      thresholdBytes: this.#thresholdBytes ?? fallback,
    });
  }
}

/** The four parameters, or `undefined` if one is unknown, comes twice, or has an invalid value (§7.1). */
function parse(parameters: readonly ExtensionParameter[]): DeflateParameters | undefined {
  const parsed: DeflateParameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  for (const { name, value } of parameters) {
    switch (name) {
      case "server_no_context_takeover":
        if (parsed.serverNoContextTakeover || value !== undefined) return undefined;
        parsed.serverNoContextTakeover = true;
        break;
      case "client_no_context_takeover":
        if (parsed.clientNoContextTakeover || value !== undefined) return undefined;
        parsed.clientNoContextTakeover = true;
        break;
      case "server_max_window_bits":
        if (parsed.serverMaxWindowBits !== undefined) return undefined;
        parsed.serverMaxWindowBits = windowBitsOf(value);
        if (parsed.serverMaxWindowBits === undefined) return undefined;
        break;
      case "client_max_window_bits":
        if (parsed.clientMaxWindowBits !== undefined) return undefined;
        parsed.clientMaxWindowBits = value === undefined ? true : windowBitsOf(value);
        if (parsed.clientMaxWindowBits === undefined) return undefined;
        break;
      default:
        return undefined;
    }
  }
  return parsed;
}

/** §7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15, inclusive". */
const windowBitsValues: ReadonlyMap<string | undefined, number> = new Map(
  [8, 9, 10, 11, 12, 13, 14, 15].map((value) => [String(value), value]),
);

function windowBitsOf(value: string | undefined): number | undefined {
  return windowBitsValues.get(value);
}

function flag(name: string): ExtensionParameter {
  return { name, value: undefined };
}

function bits(name: string, value: number): ExtensionParameter {
  return { name, value: String(value) };
}

function checkInteger(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new UsageError("bad-option", `${name} must be an integer from ${least} to ${most}`);
}
