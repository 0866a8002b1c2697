# SPDX-License-Identifier: GPL-2.0-or-later
"""websockets_server.py PORT [OPTION=VALUE...]: a server of the websockets library; the path says what it does.

    /echo     answers each message
    /tick     sends a message every 0.4 s
    /raise    fails at the first message
    /leave/N  ends its part after N seconds, properly
    /die/N    the program ends after N seconds
    /close/N/CODE/REASON  closes after N seconds

At SIGTERM it closes its connections and ends.
"""

import asyncio
import os
import signal
import sys

import websockets
from websockets_log import log_to_stdout


async def handle(connection):
    what, *values = connection.path.strip("/").split("/")
    if what == "echo":
        async for message in connection:
            await connection.send(message)
    elif what == "tick":
        for tick in range(1000):
            await connection.send(f"tick {tick}")
            await asyncio.sleep(0.4)
    elif what == "raise":
        await connection.recv()
        raise RuntimeError("db pool exhausted")
    elif what == "leave":
        await asyncio.sleep(float(values[0]))
    elif what == "die":
        await connection.send("hello")
        await asyncio.sleep(float(values[0]))
        print(f"{connection.remote_address[1]} the program ends now, after {values[0]} s", flush=True)
        os._exit(0)
    elif what == "close":
        await asyncio.sleep(float(values[0]))
        await connection.close(int(values[1]), values[2] if values[2:] else "")


async def main(port, options):
    log_to_stdout(at_server=True)
    async with websockets.serve(handle, None, port, compression=None, **options):
        print("ready", flush=True)
        ends = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends.set)
        await ends.wait()


def value(text):
    if text == "None" or "//" in text:
        return {"None": None}.get(text, [text])
    return float(text) if "." in text else int(text)


asyncio.run(main(int(sys.argv[1]), {name: value(text) for name, text in (option.split("=") for option in sys.argv[2:])}))
