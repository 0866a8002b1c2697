# SPDX-License-Identifier: GPL-2.0-or-later
"""websockets_client.py PORT URL [--every S] [--times N] [--stay S] [--say TEXT] [--then close|exit|wait] [OPTION=VALUE...]

A client of the websockets library that binds PORT, says something every so often, stays for a while and then closes, ends without
closing, or waits for the other side.
"""

import argparse
import asyncio
import contextlib
import os
from urllib.parse import urlsplit

import websockets
from websockets_log import log_to_stdout


async def speak(connection, text, every, times):
    for number in range(times):
        await connection.send(f"{text} {number}" if every else text)
        await asyncio.sleep(every or 0)


async def listen(connection):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for _ in connection:
            pass


async def main(given):
    log_to_stdout(at_server=False)
    options = {"ping_interval": None, **{name: None if value == "None" else float(value)
                                         for name, value in (option.split("=") for option in given.options)}}
    host = urlsplit(given.url).hostname
    local = ("::" if ":" in host else "0.0.0.0", given.port)
    protocols = {"subprotocols": given.offer.split(",")} if given.offer else {}
    connection = await websockets.connect(given.url, local_addr=local, compression=None, **protocols, **options)
    print(f"{given.port} open to {host}", flush=True)
    listener = asyncio.create_task(listen(connection))
    speaker = asyncio.create_task(speak(connection, given.say, given.every, given.times if given.every else 1)) if given.say else None
    if given.then == "wait":
        await listener
    else:
        await asyncio.wait([listener], timeout=given.stay)
    if given.then == "exit":
        print(f"{given.port} exits without closing", flush=True)
        os._exit(0)
    if speaker:
        speaker.cancel()
    await connection.close()
    print(f"{given.port} closed code={connection.close_code} reason={connection.close_reason!r}", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("url")
parser.add_argument("--every", type=float)
parser.add_argument("--times", type=int, default=100000)
parser.add_argument("--stay", type=float, default=1)
parser.add_argument("--say")
parser.add_argument("--offer")
parser.add_argument("--then", choices=["close", "exit", "wait"], default="close")
parser.add_argument("options", nargs="*")
asyncio.run(main(parser.parse_intermixed_args()))
