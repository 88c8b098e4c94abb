// What our adapters do in these tests, the same in each runtime. All that goes in and out can be JSON, so that it may run
// in another process.

import type { Extension, Message, PermessageDeflateOptions } from "@sansock/protocol";
import type {
  ClientOptions,
  ClientSession,
  CloseServerOptions,
  ServerOptions,
  ServerSession,
} from "@sansock/protocol/driver";
import { conversation, isSame, MAX_MESSAGE_BYTES } from "./conversation.ts";

/** What of an adapter is used. */
export interface Adapter {
  /** Listens on a port of its own choice, and answers plain HTTP requests with a page. */
  serve(options: ServerOptions, handler: (session: ServerSession) => Promise<void>): Promise<Listening>;
  connect(url: string, options: Omit<ClientOptions, "signal">): Promise<ClientSession>;
  permessageDeflate(options?: PermessageDeflateOptions): Extension;
}

/** A server. */
export interface Listening {
  readonly port?: number | undefined;
  close(options?: CloseServerOptions): Promise<void>;
}

/** How a server or client is set up. */
export interface Settings {
  readonly subprotocols?: readonly string[];
  /** Compression with these parameters; without them there is none. */
  readonly deflate?: PermessageDeflateOptions | undefined;
  readonly maxMessageBytes?: number;
}

/** How a connection ended. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
  readonly cause: string;
  /** The reason that the peer gave in its Close. */
  readonly received: string | undefined;
}

/** What came of a client's visit to an echo server. */
export interface Conversed {
  readonly subprotocol: string | undefined;
  readonly extensions: string | undefined;
  /** The places of those messages that came back as something else. */
  readonly wrong: readonly number[];
  readonly latency: number;
  readonly ended: Ended;
}

/** Between the Pings of keepalive, in ms. */
const PING_INTERVAL = 20;

/**
 * Starts a server that echoes. It pings each session and says the `latency`, and says how each `ended`. Sessions with the
 * path `/close` are closed with 4242 after three Pings.
 */
export function serve(adapter: Adapter, settings: Settings, say: (report: object) => void): Promise<Listening> {
  return adapter.serve(optionsOf(adapter, settings), async (session) => {
    void session.whenClosed().then((event) => say({ ended: endOf(event) }));
    const isClosed = session.opening.request.path === "/close";
    for (let count = 0; count < (isClosed ? 3 : 1); count++) {
      const ping = session.ping();
      if (isClosed) say({ latency: await ping });
      else void ping.then((latency) => say({ latency }), ignore); // some end before the Pong
    }
    if (isClosed) await session.close(4242, "that was all");
    else for await (const message of session) await session.send(contentOf(message));
  });
}

/** Converses with an echo server: the conversation twice, messages in pieces, compressed and not, a Ping, the end. */
export async function converse(adapter: Adapter, url: string, settings: Settings): Promise<Conversed> {
  const client = await adapter.connect(url, optionsOf(adapter, settings));
  const wrong: number[] = [];
  const contents = [...conversation, ...conversation, "a piece, ".repeat(300)];
  for (const [index, content] of contents.entries()) {
    void client.send(content);
    if (!isSame(contentOf(await next(client)), content)) wrong.push(index);
  }
  const pieces = ["fragments, ", "fragments, ", "", "and all one message"];
  for (const compress of [true, false]) {
    void client.send(pieces, { compress });
    if (contentOf(await next(client)) !== pieces.join("")) wrong.push(-1);
    void client.send("plain or not ".repeat(100), { compress });
    if (contentOf(await next(client)) !== "plain or not ".repeat(100)) wrong.push(-2);
  }
  const latency = await client.ping(new Uint8Array(125));
  const { response, subprotocol } = client.opening;
  const extensions = response.headers.get("sec-websocket-extensions");
  return { subprotocol, extensions, wrong, latency, ended: endOf(await client.close(4321, "done")) };
}

/** Connects, sends one message if there is one, and says how the server ended it. */
export async function visit(adapter: Adapter, url: string, settings: Settings, content?: string): Promise<Ended> {
  const client = await adapter.connect(url, optionsOf(adapter, settings));
  if (content !== undefined) void client.send(content);
  return endOf(await client.whenClosed());
}

function ignore(): void {}

function optionsOf(
  adapter: Adapter,
  { deflate, ...settings }: Settings,
): Omit<ServerOptions & ClientOptions, "signal"> {
  return {
    pingInterval: PING_INTERVAL,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    ...settings,
    extensions: deflate === undefined ? [] : [adapter.permessageDeflate(deflate)],
  };
}

function endOf(event: Awaited<ClientSession["closed"]>): Ended {
  const { code, reason, clean, cause, received } = event;
  return { code, reason, clean, cause: cause.kind, received: received?.reason };
}

function contentOf(message: Message): string | Uint8Array {
  return message.kind === "text" ? message.text : message.bytes;
}

async function next(client: ClientSession): Promise<Message> {
  for await (const message of client) return message;
  throw new Error("the server has closed the connection");
}
