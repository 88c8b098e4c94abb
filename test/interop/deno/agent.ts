// Our adapter in Deno: does the job that its argument is, and says in lines of JSON what comes of it.

import * as adapter from "@sansock/deno-adapter";
import { type Adapter, converse, type Settings, serve, visit } from "../agent.ts";

type Job =
  | { readonly serve: Settings }
  | { readonly converse: string; readonly settings: Settings }
  | { readonly visit: string; readonly settings: Settings; readonly content?: string };

const inDeno: Adapter = {
  serve: (options, handler) => adapter.serve({ hostname: "127.0.0.1", http: page, ...options }, handler),
  connect: adapter.connect,
  permessageDeflate: adapter.permessageDeflate,
};

function page(): Response {
  return new Response("<!doctype html><title>test</title>", { headers: { "Content-Type": "text/html" } });
}

const say = (report: object): void => console.log(JSON.stringify(report));

const job = JSON.parse(Deno.args[0]!) as Job;
if ("serve" in job) say({ port: (await serve(inDeno, job.serve, say)).port });
else if ("converse" in job) say({ conversed: await converse(inDeno, job.converse, job.settings) });
else say({ ended: await visit(inDeno, job.visit, job.settings, job.content) });
