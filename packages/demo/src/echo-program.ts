// A plain echo server, for conformance suites and load generators to point at: the same on every runtime.

import type { Extension } from "@sansock/protocol";
import type { CloseServerOptions, ServerOptions, ServerSession, SessionCallbacks } from "@sansock/protocol/driver";
import { CommandLineError } from "./command-line.ts";
import type { Program } from "./run-main.ts";
import { urlHost } from "./url-host.ts";

/** What a runtime brings. */
export interface EchoHost {
  readonly runtime: "node" | "deno";
  serve(
    options: ServerOptions & { readonly port: number },
    host: string,
    callbacks: SessionCallbacks<ServerSession["opening"]>,
  ): Promise<{ readonly port?: number | undefined; close(options: CloseServerOptions): Promise<void> }>;
  permessageDeflate(): Extension;
}

const usage = `Usage: npm run echo -- [options]

Sends every message back to where it came from.

  --port N                where to listen; 0 chooses a free port (9001)
  --host ADDRESS          the address to listen on (127.0.0.1)
  --max-message-bytes N   the largest message to accept, after decompression (1048576)
  --deflate               accepts permessage-deflate when it is offered
  --runtime NAME          what to run on: node or deno (node)
  --help                  this text`;

/** The program, for the runtime that it is started on. */
export function echoProgram({ runtime, serve, permessageDeflate }: EchoHost): Program {
  return {
    usage,
    options: ["port", "host", "max-message-bytes", "runtime"],
    switches: ["deflate"],
    async start(commandLine) {
      const wanted = commandLine.text("runtime") ?? runtime;
      if (wanted !== runtime) throw new CommandLineError(`--runtime can only be node or deno, not "${wanted}".`);
      const host = commandLine.text("host") ?? "127.0.0.1";
      const server = await serve(
        {
          port: commandLine.integer("port", 9001, 0, 65_535),
          maxMessageBytes: commandLine.integer("max-message-bytes", 1024 * 1024, 0, Number.MAX_SAFE_INTEGER),
          maxQueuedBytes: null, // nothing is read while an echo waits, so that one message is the most that can wait
          origin: { allow: "any" }, // an echo tells no page what it did not know
          extensions: commandLine.has("deflate") ? [permessageDeflate()] : [],
        },
        host,
        { message: (session, message) => void session.send(message.kind === "text" ? message.text : message.bytes) },
      );
      console.log(`Echoing on ws://${urlHost(host)}:${server.port}/`);
      return () => server.close({ timeout: 2_000 });
    },
  };
}
