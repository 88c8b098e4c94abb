// What becomes of a handshake that is over: the transport's news are the connection's, and its memory is free.

import { describe, expect, test, vi } from "vitest";
import {
  type ClientHandshake,
  HeaderList,
  type RequestHead,
  ServerHandshake,
  ServerHandshakeSettings,
} from "../../packages/protocol/src/handshake/index.ts";
import type { Connection, Extension } from "../../packages/protocol/src/index.ts";
import { drain } from "../support/endpoint.ts";
import { countingRandom } from "../support/random.ts";
import { InvertingTransform } from "../support/transforms.ts";
import { answer, ask, client, expectOpen, freshClient, request, response, server, takeEffects } from "./support.ts";

/** A server's handshake that has led to a connection. */
function accepted(): { handshake: ServerHandshake; connection: Connection } {
  const handshake = server();
  ask(handshake, request());
  return { handshake, connection: handshake.accept(0) };
}

function opened(): { handshake: ClientHandshake; connection: Connection } {
  const handshake = client();
  const event = answer(handshake, response());
  if (event.kind !== "open") throw new Error(event.kind);
  return { handshake, connection: event.connection };
}

describe.each([
  ["server", accepted],
  ["client", opened],
])("the connection that a %s's handshake led to", (_, open) => {
  test("hears through it of the end of the stream", () => {
    const { handshake, connection } = open();
    handshake.receiveEnd(1);
    expect(drain(connection).effects.map(({ kind }) => kind)).toEqual(["end"]);
  });

  test("hears through it of the transport's queue, of pauses and of what goes on", () => {
    const { handshake, connection } = open();
    const calls = {
      queue: vi.spyOn(connection, "handleTransportQueue"),
      paused: vi.spyOn(connection, "receivePaused"),
      resumed: vi.spyOn(connection, "receiveResumed"),
    };
    handshake.handleTransportQueue(1, 100);
    handshake.receivePaused(2);
    handshake.receiveResumed(3);
    expect(calls.queue).toHaveBeenCalledWith(1, 100);
    expect(calls.paused).toHaveBeenCalledWith(2);
    expect(calls.resumed).toHaveBeenCalledWith(3);
  });
});

describe("a server's handshake", () => {
  test("tells the connection of an end that came before it was accepted", () => {
    const handshake = server();
    ask(handshake, request());
    handshake.receiveEnd(0);
    expect(handshake.state).toBe("deciding");
    expect(drain(handshake.accept(0)).effects.map(({ kind }) => kind)).toEqual(["end"]);
  });

  test("that has failed says so", () => {
    const handshake = server();
    ask(handshake, request());
    handshake.reject(0, 599);
    expect(handshake.state).toBe("failed");
  });

  test("releases nothing where nothing came behind a head that somebody else has parsed", () => {
    const handshake = server();
    const plain: RequestHead = { method: "GET", target: "/", version: "1.1", headers: new HeaderList([["Host", "h"]]) };
    handshake.receiveHead(0, plain);
    expect(handshake.release()).toEqual(new Uint8Array(0));
  });

  test("lends the memory of its answer to the next one, once that is sent", () => {
    const settings = new ServerHandshakeSettings({ random: countingRandom() });
    const addresses = [true, false, true].map((isReleased) => {
      const handshake = new ServerHandshake(0, settings);
      ask(handshake, request());
      handshake.accept(0);
      const [effect] = takeEffects(handshake);
      if (effect?.kind !== "write") throw new Error(effect?.kind);
      if (isReleased) handshake.handleEffectsReleased();
      return effect.bytes.byteOffset;
    });
    expect(addresses[1]).toBe(addresses[0]);
    expect(addresses[2]).not.toBe(addresses[1]);
  });

  test("has no extensions unless it is told of some", () => {
    expect(new ServerHandshakeSettings({ random: countingRandom() }).extensions).toEqual([]);
  });
});

describe("a client's handshake", () => {
  const extension = (name: string): Extension => ({
    name,
    offers: () => [[]],
    accept: () => undefined,
    confirm: () => (name === "second" ? new InvertingTransform() : undefined),
  });

  test("asks the extension that was chosen, not another one", () => {
    const extensions = [extension("first"), extension("second")];
    const { extensions: chosen } = expectOpen(response({ "Sec-WebSocket-Extensions": "second" }), { extensions });
    expect(chosen).toEqual([{ name: "second", parameters: [] }]);
  });

  test("takes a 200 that somebody else has parsed for a refusal", () => {
    const handshake = freshClient();
    handshake.receiveHead(0, { version: "1.1", status: 200, reason: "OK", headers: new HeaderList() });
    expect(handshake.nextEvent()).toMatchObject({ kind: "refused", head: { status: 200 } });
  });
});
