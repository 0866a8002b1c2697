#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One side of a conversation, for a network namespace of its own: peer.py server ADDRESS | client ADDRESS N MESSAGES"""

import asyncio
import sys

import websockets


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def plain(reader, writer):
    """Neither WebSocket nor HTTP: everything comes back."""
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def serve(address):
    async with websockets.serve(echo, address, 4000, compression=None):
        server = await asyncio.start_server(plain, address, 4001)
        async with server:
            print("ready", flush=True)
            await server.serve_forever()


async def talk(address, connections, messages):
    async def socket(number):
        async with websockets.connect(f"ws://{address}:4000/chat", compression=None, open_timeout=60,
                                      ping_interval=None, close_timeout=60) as connection:
            for i in range(messages):
                text = f"connection {number} message {i} ".ljust(3000, ".")
                await connection.send(text)
                assert await connection.recv() == text

    async def other():
        reader, writer = await asyncio.open_connection(address, 4001)
        for _ in range(messages):
            writer.write(b"\0" * 3000)
            await reader.readexactly(3000)
        writer.close()

    await asyncio.gather(*map(socket, range(connections)), other(), other())


if sys.argv[1] == "server":
    asyncio.run(serve(sys.argv[2]))
else:
    asyncio.run(talk(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
