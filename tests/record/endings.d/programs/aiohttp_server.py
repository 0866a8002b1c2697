# SPDX-License-Identifier: GPL-2.0-or-later
"""aiohttp_server.py PORT HEARTBEAT: an echo server of aiohttp that pings and hangs up on who does not answer within half the time."""

import sys
import time

from aiohttp import WSMsgType, web

START = time.monotonic()


def say(port, text):
    print(f"{time.monotonic() - START:.3f} {port} {text}", flush=True)


async def echo(request):
    port = request.transport.get_extra_info("peername")[1]
    answer = web.WebSocketResponse(heartbeat=float(sys.argv[2]) or None)
    await answer.prepare(request)
    say(port, f"open, heartbeat {sys.argv[2]} s")
    async for message in answer:
        say(port, f"received {message.type.name} {message.data!r:.80}")
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            await (answer.send_str if message.type is WSMsgType.TEXT else answer.send_bytes)(message.data)
    say(port, f"ended, close code {answer.close_code}, exception {answer.exception()!r}")
    return answer

application = web.Application()
application.add_routes([web.get("/echo", echo)])
web.run_app(application, port=int(sys.argv[1]), print=lambda *_: print("ready", flush=True), access_log=None)
