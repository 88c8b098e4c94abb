// `npm start`: the demo, from the command line.

import { runMain } from "./run-main.ts";
import { startDemo } from "./start-demo.ts";

const usage = `Usage: npm start -- [options]

Serves WebSockets that echo, and a page that shows what the server knows of each of them.

  --port N            where to listen; 0 chooses a free port (9001)
  --host ADDRESS      the address to listen on (127.0.0.1)
  --ping-interval MS  a Ping this long after the last one (2000)
  --ping-timeout MS   the Pong must come this soon after its Ping (4000)
  --close-timeout MS  a connection that is closing must be gone this soon (1000)
  --help              this text`;

await runMain({
  usage,
  options: ["port", "host", "ping-interval", "ping-timeout", "close-timeout"],
  switches: [],
  async start(commandLine) {
    const milliseconds = (name: string, byDefault: number): number =>
      commandLine.integer(name, byDefault, 1, 2 ** 31 - 1);
    const demo = await startDemo({
      port: commandLine.integer("port", 9001, 0, 65_535),
      host: commandLine.text("host") ?? "127.0.0.1",
      pingInterval: milliseconds("ping-interval", 2_000),
      pingTimeout: milliseconds("ping-timeout", 4_000),
      closeTimeout: milliseconds("close-timeout", 1_000),
    });
    console.log(`Open ${demo.url} in a browser.`);
    console.log(
      `Anything else that speaks WebSocket can connect to ${demo.url.replace("http", "ws")} and is listed too.`,
    );
    console.log("Ctrl-C stops it.");
    return () => demo.close();
  },
});
