"""Converses with a WebSocket server as Python's websockets does. Prints one line of JSON a step."""

import asyncio
import json
import sys

import websockets


async def main(url, deflate):
    def say(**step):
        print(json.dumps(step), flush=True)

    compression = "deflate" if deflate else None
    async with websockets.connect(url, compression=compression, subprotocols=["echo"], max_size=2**22) as socket:
        say(subprotocol=socket.subprotocol)
        say(extensions=[extension.name for extension in socket.extensions])
        contents = ["", "hello", "\ufeffbom \U0001f600\u00e9\0", "x" * 65535, "x" * 65536, b"", bytes(range(256)) * 4000]
        for content in contents:
            await socket.send(content)
            assert await socket.recv() == content, "not what was sent"
        await socket.send(["in ", "", "pieces"])
        assert await socket.recv() == "in pieces", "fragments were not joined"
        waiter = await socket.ping(b"are you there?")
        await asyncio.wait_for(waiter, 10)
        say(echoed=len(contents))
        await socket.close(3210, "done")
        say(code=socket.close_code)


asyncio.run(main(sys.argv[1], len(sys.argv) > 2))
