# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages that the other side refuses, and servers that fail."""

from scene import recording

URL = "ws://127.0.0.1:8080"
REFUSALS = {"unmasked": 1002, "opcode": 1002, "utf8": 1007, "rsv": 1002, "continuation": 1002}


@recording("{websockets} on {python}")
def messages_too_big_websockets(scene):
    """max_size 1000 at the server, and 500 at a client; the neighbour's message is as long as allowed."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None", "max_size=1000")
    big = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "x" * 1500, "--then", "wait", name="big", ready="open")
    fits = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--say", "x" * 1000, name="fits", ready="open")
    small = scene.start("websockets_client.py", 40003, f"{URL}/echo", "--say", "x" * 800, "--then", "wait", "max_size=500", name="small", ready="open")
    for client in (big, fits, small):
        client.finish()
    scene.ended(40001, 8080, "server", "close", "message_too_big", "A text of 1500 bytes where max_size is 1000.",
                (big, "> TEXT"), (server, "40001 > CLOSE 1009"))
    scene.ended(40002, 8080, "client", "close", None, "A text of 1000 bytes is as long as allowed.",
                (fits, "> TEXT"), (fits, "< TEXT"), (fits, "> CLOSE 1000"))
    scene.ended(40003, 8080, "client", "close", "message_too_big", "The answer had 800 bytes where the client's max_size is 500.",
                (server, "40003 > TEXT"), (small, "> CLOSE 1009"))


@recording("{ws} on {node}")
def messages_too_big_ws(scene):
    """maxPayload 1000."""
    server = scene.start("ws_server.js", 8080, '{"maxPayload": 1000}')
    big = scene.start("ws_client.js", 40001, f"{URL}/echo", '{"say": "%s"}' % ("x" * 1500), name="big", ready="open")
    fits = scene.start("ws_client.js", 40002, f"{URL}/echo", '{"say": "%s", "stay": 1000}' % ("x" * 1000), name="fits", ready="open")
    big.finish()
    fits.finish()
    scene.ended(40001, 8080, "server", "close", "message_too_big", "A text of 1500 bytes where maxPayload is 1000.",
                (server, "40001 error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"), (big, "40001 closed code=1009"))
    scene.ended(40002, 8080, "client", "close", None, "A text of 1000 bytes is as long as allowed.", (server, "40002 closed code=1000"))


def rejected(scene, server, evidence, by="server"):
    """A misdeed per connection; the last one, the neighbour, commits none. evidence: what the server's log says."""
    for number, (misdeed, code) in enumerate({**REFUSALS, "none": 1000}.items(), 40001):
        client = scene.start("bare_client.py", number, 8080, misdeed, ready=None, name="client")
        client.finish()
        if misdeed == "none":
            scene.ended(number, 8080, "client", "close", None, "The client closed, and the server answered.",
                        (client, "misdeed none"), (client, r"received b.\\x88\\x02\\x03\\xe8"))
        else:
            answer = code.to_bytes(2, "big").hex()
            close = rf"received b.\\x88.\\x{answer[:2]}\\x{answer[2:]}|received b.\\x88\\x..\\x{answer[:2]}\\x{answer[2:]}"
            scene.ended(number, 8080, by, "close", "message_rejected", f"The server answered with {code}.",
                        (client, f"misdeed {misdeed}"), (client, close), (server, evidence(number, code)))


@recording("a bare socket on {python}, {websockets}")
def messages_rejected_websockets(scene):
    """Frames that break a rule, one in each connection."""
    rejected(scene, scene.start("websockets_server.py", 8080, "ping_interval=None"), lambda port, code: f"{port} > CLOSE {code}")


@recording("a bare socket on {python}, {ws} on {node}")
def messages_rejected_ws(scene):
    """Frames that break a rule, one in each connection."""
    rejected(scene, scene.start("ws_server.js", 8080), lambda port, code: f"{port} error WS_ERR_")


@recording("a bare socket and {aiohttp} on {python}")
def messages_rejected_aiohttp(scene):
    """Frames that break a rule, one in each connection; this server does not mind an unmasked one."""
    server = scene.start("aiohttp_server.py", 8080, 0)
    for number, misdeed in enumerate(("opcode", "utf8", "rsv", "continuation"), 40001):
        client = scene.start("bare_client.py", number, 8080, misdeed, ready=None, name="client")
        client.finish()
        scene.ended(number, 8080, "server", "close", "message_rejected", "The server answered with a Close.",
                    (client, f"misdeed {misdeed}"), (client, r"received b.\\x88"), (server, f"{number} ended"))


@recording("{websockets} on {python}")
def messages_rejected_by_application(scene):
    """The application refuses what breaks no rule of WebSocket; neighbours: it closes for other reasons."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None")
    closes = [(40001, "1003/text not accepted", "message_rejected"), (40002, "1007/not JSON", "message_rejected"), (40003, "1001/restarting soon", None),
              (40004, "1000/", None), (40005, "1002/unknown subprotocol message", "message_rejected"), (40006, "1009/more than 64 members", "message_too_big")]
    clients = [scene.start("websockets_client.py", port, f"{URL}/close/0.8/{close.replace(' ', '_')}", "--say", "hello", "--then", "wait",
                           name="client", ready="open") for port, close, _ in closes]
    for client, (port, close, diagnosis) in zip(clients, closes):
        client.finish()
        scene.ended(port, 8080, "server", "close", diagnosis, f"The application closed with {close.split('/')[0]}.",
                    (server, f"{port} > CLOSE {close[:4]}"), (client, f"closed code={close[:4]}"))


@recording("{websockets} on {python}")
def messages_server_error_websockets(scene):
    """The handler raises an exception: the library closes with 1011. Others close with 1012 to 1014 on purpose."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None")
    raising = scene.start("websockets_client.py", 40001, f"{URL}/raise", "--say", "hello", "--then", "wait", name="client", ready="open")
    raising.finish()
    scene.ended(40001, 8080, "server", "close", "server_error", "The server's handler failed.",
                (server, "40001 connection handler failed"), (server, "40001 > CLOSE 1011"))
    for port, close in ((40002, "1012/restart"), (40003, "1013/overloaded"), (40004, "1014/upstream_gone"), (40005, "1011/out_of_memory")):
        client = scene.start("websockets_client.py", port, f"{URL}/close/0.5/{close}", "--then", "wait", name="client", ready="open")
        client.finish()
        scene.ended(port, 8080, "server", "close", "server_error", f"The application closed with {close[:4]}.", (server, f"{port} > CLOSE {close[:4]}"))
    leaving = scene.start("websockets_client.py", 40006, f"{URL}/leave/0.5", "--then", "wait", name="client", ready="open")
    leaving.finish()
    scene.ended(40006, 8080, "server", "close", None, "The server's handler came to its end.", (server, "40006 > CLOSE 1000"))


def asgi(scene, server, how, diagnosis, sign):
    server.wait("running on|Listening on TCP")
    scene.listening(8080)
    fails = scene.start("websockets_client.py", 40001, f"{URL}/", "--say", "fail", "--then", "wait", name="client", ready="open")
    leaves = scene.start("websockets_client.py", 40002, f"{URL}/", "--say", "leave", "--then", "wait", name="client", ready="open")
    fails.finish()
    leaves.finish()
    scene.ended(40001, 8080, "server", how, diagnosis, "The ASGI application raised an exception.",
                (server, "RuntimeError: db pool exhausted"), (fails, sign))
    scene.ended(40002, 8080, "server", "close", None, "The application closed.", (leaves, "< CLOSE 1000"))


@recording("{uvicorn} with {websockets} on {python}")
def messages_server_error_uvicorn(scene):
    """An ASGI application that fails: this server hangs up without a Close."""
    server = scene.start("/usr/bin/python3", "-u", "-m", "uvicorn", "--port", 8080, "--ws", "websockets", "asgi_app:application", ready=None, name="uvicorn")
    asgi(scene, server, "fin", "closed_without_close_frame", "closed code=1006")


@recording("{daphne} on {python}")
def messages_server_error_daphne(scene):
    """An ASGI application that fails: 1011."""
    server = scene.start("/usr/bin/python3", "-u", "-m", "daphne", "-v", 2, "-p", 8080, "asgi_app:application", ready=None, name="daphne")
    asgi(scene, server, "close", "server_error", "< CLOSE 1011")
