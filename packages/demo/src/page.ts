// Serves the page: a few files of this package, and nothing from anywhere else.

import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname } from "node:path";

const folder = new URL("./page/", import.meta.url);

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** A server that need not listen: requests for the page are handed to it. `relayPort` is where the page may connect too. */
export function createPageServer(relayPort: () => number): Server {
  // Names that are compared with requests; so none can lead outside the folder.
  const files = new Set(readdirSync(folder).filter((name) => extname(name) in mediaTypes));
  return createServer((request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?");
    const file = path === "/" ? "index.html" : path.slice(1);
    // A connection for each request: they are few, and none is left open to be waited for at the end.
    response.setHeader("Connection", "close");
    if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, { Allow: "GET, HEAD" });
    else if (files.has(file)) void answerWith(response, file, request, relayPort());
    else answer(response, 404);
  });
}

async function answerWith(
  response: ServerResponse,
  file: string,
  request: IncomingMessage,
  relayPort: number,
): Promise<void> {
  try {
    const content = await readFile(new URL(file, folder));
    response.writeHead(200, {
      "Content-Type": mediaTypes[extname(file)],
      "Content-Length": content.length,
      "Content-Security-Policy": contentSecurityPolicy(request.headers.host, relayPort),
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(content);
  } catch (error) {
    console.error(error);
    answer(response, 500);
  }
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end();
}

/** The page may use its own files, and open WebSockets to this host. */
function contentSecurityPolicy(host: string | undefined, relayPort: number): string {
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "127.0.0.1";
  const relay = hostname.startsWith("[") ? "ws:" : `ws://${hostname}:${relayPort}`; // policies cannot name IPv6 addresses
  return [
    "default-src 'self'",
    `connect-src 'self' ${relay}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
