// Choices that show in what does not happen.

import { once } from "node:events";
import { createServer } from "node:net";
import { connect } from "@sansock/node-adapter";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../packages/protocol/src/index.ts";
import {
  client,
  expectOpen,
  expectRequest,
  freshClient,
  latin1,
  request,
  response,
  server,
  takeEffects,
  takeEvents,
  taken,
  text,
  written,
} from "../handshake/support.ts";

describe("connecting", () => {
  test("C02 each connection knows of itself alone: two to one host may be connecting at a time", () => {
    const [one, other] = [freshClient(), freshClient()];
    for (const machine of [one, other]) expect(taken(machine).text).toMatch(/^GET \/chat HTTP\/1\.1\r\n/);
    other.receive(0, latin1(response()));
    expect(takeEvents(other).map((event) => event.kind)).toEqual(["open"]);
    expect(takeEvents(one)).toEqual([]);
  });

  test("C17 a client whose connection was refused, or lost, does not come again by itself", async () => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections++;
      socket.on("error", () => {});
      socket.once("data", () => {
        if (connections === 1) socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        else socket.resetAndDestroy();
      });
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: "HandshakeRefused" });
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: "HandshakeFailed" });
    // The listener closes only once every connection has ended, so that a further one would have been counted.
    await new Promise((resolve) => listener.close(resolve));
    expect(connections).toBe(2);
  });
});

describe("compression", () => {
  const OFFER = "permessage-deflate; client_max_window_bits";

  test("D21 nothing is compressed unless both sides were told to", () => {
    expect(text(written(takeEffects(freshClient())))).not.toContain("Sec-WebSocket-Extensions");
    expect(expectOpen(response()).extensions).toEqual([]);
    const offered = request({ "Sec-WebSocket-Extensions": OFFER });
    expectRequest(offered);
    for (const [options, agreed] of [
      [{}, false],
      [{ extensions: [permessageDeflate()] }, true],
    ] as const) {
      const handshake = server(options);
      handshake.receive(0, latin1(offered));
      takeEvents(handshake);
      handshake.accept(0);
      expect(taken(handshake).text.includes("Sec-WebSocket-Extensions")).toBe(agreed);
    }
    expect(() => client({ extensions: [permessageDeflate()] })).not.toThrow();
  });
});
