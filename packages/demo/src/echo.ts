// `npm run echo`, on Node.

import { permessageDeflate, serve } from "@sansock/node-adapter";
import { echoProgram } from "./echo-program.ts";
import { runMain } from "./run-main.ts";

await runMain(
  echoProgram({
    runtime: "node",
    serve: (options, host, callbacks) => serve({ ...options, host }, callbacks),
    permessageDeflate,
  }),
);
