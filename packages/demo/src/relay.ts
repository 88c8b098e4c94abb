// A TCP relay between the page's sockets and the server: the network that the page can break. Browsers cannot stop
// reading, and cannot lose packets; here it is done for real, on the wire, and neither end is told.

import { connect, createServer, type Server, type Socket } from "node:net";
import { Flow } from "./flow.ts";
import type { Wire } from "./wire.ts";

/** One connection through the relay. */
export class Pipe {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #up: Flow;
  readonly #down: Flow;

  /** Joins a client to a server. Neither socket is used by anybody else. */
  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    this.#up = new Flow(client, server);
    this.#down = new Flow(server, client);
  }

  get wire(): Wire {
    return { up: this.#up.held, down: this.#down.held, delay: this.#up.delay };
  }

  set wire({ up, down, delay }: Wire) {
    this.#up.delay = delay;
    this.#down.delay = delay;
    this.#up.held = up;
    this.#down.held = down;
  }

  /** Whether anything is held back. */
  get isHeld(): boolean {
    return this.#up.held || this.#down.held;
  }

  /** Everything passes again. What was held back arrives late, as after any outage that TCP survives. */
  heal(): void {
    this.wire = { up: false, down: false, delay: 0 };
  }

  /** Resets the connection towards both ends. */
  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }
}

/** Listens on a port of its own, and connects whoever comes to a server. */
export class Relay {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  /** By the address and port that the server sees. */
  readonly #pipes = new Map<string, Pipe>();

  /** Made by `startRelay`. */
  constructor(listener: Server, target: { readonly host: string; readonly port: number }) {
    this.#listener = listener;
    listener.on("connection", (client) => this.#join(client, connect({ ...target, allowHalfOpen: true })));
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  /** The pipe whose connection comes from this address and port, as the server sees it. */
  pipeFrom(address: string | undefined, port: number | undefined): Pipe | undefined {
    return this.#pipes.get(`${address} ${port}`);
  }

  /** Stops listening and drops what is left. */
  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    const pipe = new Pipe(client, server);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {}); // "close" says that it failed
      socket.on("close", () => this.#sockets.delete(socket));
    }
    server.on("connect", () => {
      const seen = `${server.localAddress} ${server.localPort}`;
      this.#pipes.set(seen, pipe);
      server.on("close", () => this.#pipes.delete(seen));
    });
  }
}

/** Starts a relay on a free port of `host`, to a server on `port` of the same host. */
export function startRelay(host: string, port: number): Promise<Relay> {
  return new Promise((resolve, reject) => {
    const listener = createServer({ allowHalfOpen: true });
    listener.once("error", reject);
    listener.listen({ host, port: 0 }, () => {
      listener.off("error", reject);
      resolve(new Relay(listener, { host: loopbackOf(host), port }));
    });
  });
}

/** A server that listens on all addresses is reached on this one. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
