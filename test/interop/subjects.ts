// Our adapters, each on its runtime.

import { EventEmitter, on } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import * as node from "@sansock/node-adapter";
import { atEnd } from "../support/cleanups.ts";
import { deno, denoEnvironment } from "../support/deno.ts";
import { type Adapter, type Conversed, converse, type Ended, type Settings, serve, visit } from "./agent.ts";
import { type Program, type Report, Reports, run } from "./reports.ts";

/** A server of ours, which ends with the test. */
export interface Serving {
  readonly port: number;
  readonly url: string;
  readonly reports: Reports;
}

/** An adapter. What it does is described where it is done, in agent.ts. */
export interface Subject {
  serve(settings?: Settings): Promise<Serving>;
  converse(url: string, settings?: Settings): Promise<Conversed>;
  visit(url: string, settings?: Settings, content?: string): Promise<Ended>;
}

/** What the page is about does not matter; browsers connect from its origin. */
const PAGE = "<!doctype html><title>test</title>";

const onNode: Adapter = {
  serve(options, handler) {
    const http = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
    return node.serve({ port: 0, host: "127.0.0.1", http, ...options }, handler);
  },
  connect: node.connect,
  permessageDeflate: node.permessageDeflate,
};

function here(adapter: Adapter): Subject {
  return {
    async serve(settings = {}) {
      const emitter = new EventEmitter();
      const reports = new Reports(reportsOf(on(emitter, "report")));
      const server = await serve(adapter, settings, (report) => emitter.emit("report", report));
      atEnd(() => server.close({ timeout: 500 }));
      return serving(server.port!, reports);
    },
    converse: (url, settings = {}) => converse(adapter, url, settings),
    visit: (url, settings = {}, content) => visit(adapter, url, settings, content),
  };
}

async function* reportsOf(events: AsyncIterable<unknown[]>): AsyncGenerator<Report> {
  for await (const [report] of events) yield report as Report;
}

function serving(port: number, reports: Reports): Serving {
  return { port, url: `ws://127.0.0.1:${port}/`, reports };
}

/** Runs one of the programs for Deno, with no permission but for the network. */
export function runDeno(script: string, ...args: readonly string[]): Program {
  const path = join(import.meta.dirname, "deno", script);
  return run(deno, ["run", "--no-remote", "--quiet", "--allow-net", path, ...args], denoEnvironment);
}

const inDeno: Subject = {
  async serve(settings = {}) {
    const { reports } = runDeno("agent.ts", JSON.stringify({ serve: settings }));
    return serving(await reports.next<number>("port"), reports);
  },
  converse: (url, settings = {}) =>
    runDeno("agent.ts", JSON.stringify({ converse: url, settings })).reports.next<Conversed>("conversed"),
  visit: (url, settings = {}, content) =>
    runDeno("agent.ts", JSON.stringify({ visit: url, settings, content })).reports.next<Ended>("ended"),
};

/** With the names of their runtimes. */
export const subjects: readonly (readonly [runtime: string, subject: Subject])[] = [
  ["Node", here(onNode)],
  ["Deno", inDeno],
];
