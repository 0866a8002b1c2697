# SPDX-License-Identifier: GPL-2.0-or-later
"""An ASGI application for uvicorn and daphne: echoes, fails at the message "fail", and leaves at the message "leave"."""


async def application(scope, receive, send):
    if scope["type"] != "websocket":
        return
    port = scope["client"][1]
    await receive()
    await send({"type": "websocket.accept"})
    print(f"{port} open", flush=True)
    while (event := await receive())["type"] == "websocket.receive":
        text = event.get("text")
        if text == "fail":
            raise RuntimeError("db pool exhausted")
        if text == "leave":
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({"type": "websocket.send", "text": text})
    print(f"{port} disconnected, code {event.get('code')}", flush=True)
