// A server as the application holds it, however its sockets come.

import type { AddressInfo, Server as NetServer } from "node:net";
import { BaseServer, type ServerParts } from "@sansock/protocol/driver";

/** A WebSocket server. */
export class Server<Data = unknown> extends BaseServer<Data> implements AsyncDisposable {
  readonly #listener: NetServer | undefined;

  /** Made by `serve` and `attach`. */
  constructor(listener: NetServer | undefined, parts: ServerParts<Data>) {
    super(parts);
    this.#listener = listener;
  }

  /** Where it listens: the path of a Unix socket, an address and a port, or `undefined` when it does not. */
  get address(): AddressInfo | string | undefined {
    return this.#listener?.address() ?? undefined;
  }

  /** The port that it listens on, if it does. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === "object" ? address.port : undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
