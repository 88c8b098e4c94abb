// `npm run echo -- --runtime deno`: Deno runs it from the sources, with no permission but for the network.

import { permessageDeflate, serve } from "@sansock/deno-adapter";
import { echoProgram } from "./echo-program.ts";
import { runMain } from "./run-main.ts";

await runMain(
  echoProgram({
    runtime: "deno",
    serve: (options, hostname, callbacks) => serve({ ...options, hostname }, callbacks),
    permessageDeflate,
  }),
);
