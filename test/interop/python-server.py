"""An echo server as Python's websockets makes it. Prints its port, and how each connection ended."""

import asyncio
import json
import sys

import websockets


async def serve(socket):
    try:
        if socket.path == "/close":
            await socket.close(1013, "busy")
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass
    print(json.dumps({"ended": {"code": socket.close_code, "reason": socket.close_reason}}), flush=True)


async def main(deflate):
    compression = "deflate" if deflate else None
    server = await websockets.serve(
        serve, "127.0.0.1", 0, compression=compression, ping_interval=0.02, subprotocols=["echo"], max_size=2**22
    )
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.Future()


asyncio.run(main(len(sys.argv) > 1))
