import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { SocketTransport } from "@sansock/node-adapter";
import { afterAll, beforeAll, describe, test } from "vitest";
import { SocketPeer } from "./socket-peer.ts";
import { type Harness, transportContract } from "./transport-contract.ts";

describe("SocketTransport keeps the transport contract", () => {
  let listener: Server;
  beforeAll(async () => {
    listener = createServer({ allowHalfOpen: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
  });
  afterAll(() => void listener.close());

  const harness: Harness = {
    async pair() {
      const { port } = listener.address() as { port: number };
      const accepted = once(listener, "connection") as Promise<[Socket]>;
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const [[other]] = await Promise.all([accepted, once(socket, "connect")]);
      return { transport: new SocketTransport(other, 16 * 1024), peer: new SocketPeer(socket) };
    },
  };

  for (const { name, run } of transportContract) test(name, () => run(harness));
});
