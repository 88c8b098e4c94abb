// What a page has to load. If it must grow, the figures here and in the package's README grow with it.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bundle } from "./bundle.ts";

const LIMITS = { minified: 23_000, gzipped: 8_000 };

describe("the package for browsers, bundled with all that it needs", async () => {
  const script = await bundle("esm");

  test("takes less than is said", () => {
    expect(Buffer.byteLength(script)).toBeLessThan(LIMITS.minified);
    expect(gzipSync(script).length).toBeLessThan(LIMITS.gzipped);
    const readme = readFileSync(new URL("../../packages/browser/README.md", import.meta.url), "utf8");
    expect(readme).toContain(`${LIMITS.minified / 1_000} kB minified, ${LIMITS.gzipped / 1_000} kB gzipped`);
  });

  test("holds nothing of the protocol, which browsers have themselves", () => {
    for (const foreign of ["sha", "permessage-deflate", "Sec-WebSocket"]) expect(script).not.toContain(foreign);
  });
});
