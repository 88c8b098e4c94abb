// What the Autobahn|Testsuite tests, on Node and on Deno: an echo server, or a client that echoes for each of the suite's
// cases.
//
//     node endpoint.mjs server PORT
//     node endpoint.mjs client ws://127.0.0.1:9102 AGENT

const onDeno = "Deno" in globalThis;
const { serve, connect, permessageDeflate } = await import(
  onDeno ? "../../packages/deno-adapter/src/mod.ts" : "../../packages/node-adapter/dist/index.js"
);
const [role, ...args] = (onDeno ? globalThis.Deno : { args: process.argv.slice(2) }).args;

/** The largest message of the suite has 16 MiB; compressed ones grow. */
const limits = { maxMessageBytes: 32 * 1024 * 1024, maxQueuedBytes: null };

const echo = {
  message: (session, message) => void session.send(message.kind === "text" ? message.text : message.bytes),
};

if (role === "server") await serveEcho(Number(args[0]));
else await runCases(args[0], args[1]);

async function serveEcho(port) {
  const options = { port, host: "127.0.0.1", ...limits, origin: { allow: "any" }, extensions: [permessageDeflate()] };
  await serve(options, echo);
}

async function runCases(url, agent) {
  const options = {
    ...limits,
    // The suite's server answers client_max_window_bits with any size, whatever was offered, and grants
    // client_no_context_takeover only to those who offered it.
    extensions: [permessageDeflate({ clientMaxWindowBits: 15, clientContextTakeover: false })],
  };
  const count = Number(await onlyMessage(await connect(`${url}/getCaseCount`, options)));
  for (let index = 1; index <= count; index++) {
    // A case may fail the connection as it likes: the suite is the judge.
    const session = await connect(`${url}/runCase?case=${index}&agent=${agent}`, options, echo);
    await session.whenClosed();
    if (index % 50 === 0 || index === count) console.log(`${agent}: ${index} of ${count} cases`);
  }
  const last = await connect(`${url}/updateReports?agent=${agent}`, options);
  await last.whenClosed();
}

async function onlyMessage(session) {
  let text = "";
  for await (const message of session) text += message.text;
  return text;
}
