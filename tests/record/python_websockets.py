#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python_websockets.py PORT: a server and a client of the websockets library talk once, over IPv6."""

import asyncio
import json
import sys
import time

import websockets


def note(direction, kind, **fields):
    print(json.dumps({"time": time.time() * 1000, "stream": 0, "direction": direction, "type": kind, **fields}))


async def send(socket, direction, message):
    """Send a str or bytes, or a list of either as one fragmented message."""
    pieces = message if isinstance(message, list) else [message]
    # The library ends a fragmented message with an empty frame of its own.
    frames = {"frames": len(pieces) + 1} if isinstance(message, list) else {}
    whole = type(pieces[0])().join(pieces)
    kind, value = ("text", {"text": whole}) if isinstance(whole, str) else ("binary", {"hex": whole.hex()})
    note(direction, kind, **value, **frames)
    await socket.send(message)


async def send_around_ping(socket, direction, first, last):
    """A fragmented text message with a ping between its frames."""

    async def pieces():
        yield first
        await ping(socket, direction, b"between")
        yield last

    note(direction, "text", text=first + last, frames=3)
    await socket.send(pieces())


async def ping(socket, direction, data):
    note(direction, "ping", hex=data.hex())
    await (await socket.ping(data))


async def serve(socket):
    async for message in socket:
        if message == "stream":
            await send(socket, "server", ["Fragment one, ", "fragment two, ", "fragment three."])
        elif isinstance(message, bytes):
            await send(socket, "server", message[::-1])
        else:
            await send(socket, "server", f"Echo: {message}")


async def main(port):
    async with websockets.serve(serve, "::1", port, subprotocols=["chat.v2", "chat.v1"], ping_interval=None):
        async with websockets.connect(f"ws://[::1]:{port}/", subprotocols=["chat.v1", "chat.v2"],
                                      ping_interval=None) as socket:
            for message in ["Hello", "Hello", "Grüße, 世界 👋", "", "stream", bytes(range(256))]:
                await send(socket, "client", message)
                await socket.recv()
            await ping(socket, "client", b"are you there?")
            await send(socket, "client", [b"\x00\x01", b"\x02\x03\x04", b"\x05"])
            await socket.recv()
            await send_around_ping(socket, "client", "Before the ping, ", "after the ping.")
            await socket.recv()
            note("client", "close", code=1000, reason="done")
            await socket.close(1000, "done")


asyncio.run(main(int(sys.argv[1])))
