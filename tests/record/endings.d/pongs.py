# SPDX-License-Identifier: GPL-2.0-or-later
"""Pings and heartbeats without an answer: the other program is frozen by SIGSTOP, so its kernel still acknowledges."""

import time

from scene import recording

URL = "ws://127.0.0.1:8080"
LEFT = ("closed_without_close_frame",)
UNANSWERED = ("close_unanswered",)  # true as well, where the Close of the side that gave up met a frozen program


@recording("{websockets} on {python}")
def pongs_websockets_server(scene):
    """The server pings every second; one client is frozen, one answers and leaves properly."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=1", "ping_timeout=2", "close_timeout=2")
    frozen = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--then", "wait", "--say", "hello", ready="open to", name="frozen")
    lively = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--stay", "6", "--say", "hello", ready="open to", name="lively")
    time.sleep(1.5)
    frozen.signal("SIGSTOP")
    server.wait("40001 = connection is CLOSED")
    lively.finish()
    scene.stop()
    scene.ended(40001, 8080, "server", "close", "pong_timeout",
                "The server closed with 1011 since the frozen client had not answered its ping for 2 s.",
                (scene, "SIGSTOP to frozen"), (server, r"40001 . timed out waiting for keepalive pong"), (server, r"40001 > CLOSE 1011"), also=UNANSWERED)
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.",
                (lively, r"> PONG"), (lively, r"> CLOSE 1000"), (lively, "closed code=1000"))


@recording("{websockets} on {python}")
def pongs_websockets_thawed(scene):
    """As before, but the client is thawed after the server gave up, and answers too late."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=1", "ping_timeout=2", "close_timeout=2")
    client = scene.start("websockets_client.py", 40001, f"{URL}/tick", "--then", "wait", ready="open to", name="client")
    time.sleep(1.5)
    client.signal("SIGSTOP")
    server.wait(r"40001 > CLOSE 1011")
    time.sleep(0.5)
    client.signal("SIGCONT")
    client.finish()
    scene.ended(40001, 8080, "server", "close", "pong_timeout", "The server closed with 1011 before the frozen client woke up.",
                (scene, "SIG(STOP|CONT) to client"), (server, r"40001 . timed out waiting for keepalive pong"),
                (server, r"40001 > CLOSE 1011"), (client, "closed code=1011"))


@recording("{websockets} on {python}")
def pongs_websockets_client(scene):
    """The client pings every second, and the server is frozen."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None")
    client = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--then", "wait", "--say", "hello", "ping_interval=1",
                         "ping_timeout=2", "close_timeout=2", ready="open to", name="client")
    time.sleep(1.5)
    server.signal("SIGSTOP")
    client.finish(30)
    scene.stop()
    scene.ended(40001, 8080, "client", "close", "pong_timeout", "The client closed with 1011 since the frozen server had not answered its ping.",
                (scene, "SIGSTOP"), (client, "timed out waiting for keepalive pong"), (client, "> CLOSE 1011"), also=UNANSWERED)


@recording("{websockets} on {python}")
def pongs_websockets_defaults(scene):
    """The library's own 20 s and 20 s."""
    server = scene.start("websockets_server.py", 8080)
    frozen = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--then", "wait", "--say", "hello", ready="open to", name="frozen")
    scene.start("websockets_client.py", 40002, f"{URL}/echo", "--stay", "45", "--say", "hello", ready="open to", name="lively")
    time.sleep(1)
    frozen.signal("SIGSTOP")
    server.wait(r"40001 > CLOSE 1011", 60)
    server.wait(r"40002 = connection is CLOSED", 60)
    scene.stop()
    scene.ended(40001, 8080, "server", "close", "pong_timeout", "ping_interval 20 s and ping_timeout 20 s: closed with 1011 after 40 s.",
                (scene, "SIGSTOP"), (server, r"40001 . timed out waiting for keepalive pong"), (server, r"40001 > CLOSE 1011"), also=UNANSWERED)
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed after 45 s.",
                (server, "40002 % received keepalive pong"), (server, "40002 < CLOSE 1000"))


@recording("{aiohttp} on {python}, {websockets}")
def pongs_aiohttp(scene):
    """A heartbeat of 2 s: aiohttp hangs up without a Close if there is no pong within 1 s."""
    server = scene.start("aiohttp_server.py", 8080, 2)
    frozen = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--then", "wait", "--say", "hello", ready="open to", name="frozen")
    lively = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--stay", "7", "--say", "hello", ready="open to", name="lively")
    time.sleep(2.5)
    frozen.signal("SIGSTOP")
    lively.finish()
    server.wait("40001 ended")
    scene.stop()
    scene.ended(40001, 8080, "server", "fin", "pong_timeout", "No pong within half the heartbeat of 2 s: aiohttp closed the transport.",
                (scene, "SIGSTOP"), (server, "40001 ended, close code 10.., exception TimeoutError"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.",
                (lively, "> PONG"), (lively, "> CLOSE 1000"), (server, "40002 ended, close code 1000"))


@recording("{ws} on {node}")
def pongs_ws_server(scene):
    """The heartbeat of the library's manual: terminate() for who has not answered the ping before."""
    server = scene.start("ws_server.js", 8080, '{"heartbeat": 1500}')
    frozen = scene.start("ws_client.js", 40001, f"{URL}/echo", '{"say": "hello"}', ready="open", name="frozen")
    scene.start("ws_client.js", 40002, f"{URL}/echo", '{"say": "hello", "every": 700, "stay": 7000}', ready="open", name="lively")
    time.sleep(2)
    frozen.signal("SIGSTOP")
    server.wait("40001 closed")
    server.wait("40002 closed")
    scene.stop()
    scene.ended(40001, 8080, "server", "fin", "pong_timeout", "The frozen client had not answered the last ping, so the server ended the connection.",
                (scene, "SIGSTOP"), (server, r"40001 no pong since the last ping: terminate"), (server, "40001 closed code=1006"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.",
                (server, "40002 pong"), (server, "40002 closed code=1000"))


@recording("{ws} on {node}")
def pongs_ws_busy(scene):
    """The server goes on sending data to the frozen client, so it is not silent when it gives up."""
    server = scene.start("ws_server.js", 8080, '{"heartbeat": 1500}')
    frozen = scene.start("ws_client.js", 40001, f"{URL}/tick", ready="open", name="frozen")
    time.sleep(2)
    frozen.signal("SIGSTOP")
    server.wait("40001 closed")
    scene.stop()
    scene.ended(40001, 8080, "server", "fin", "pong_timeout", "The frozen client had not answered the last ping, so the server ended the connection.",
                (scene, "SIGSTOP"), (server, r"40001 no pong since the last ping: terminate"), (server, "40001 closed code=1006"), also=LEFT)


@recording("{ws} on {node}")
def pongs_ws_client(scene):
    """A client that pings and terminates; neighbour: one that terminates for no reason, all its pings answered."""
    server = scene.start("ws_server.js", 8080)
    steady = scene.start("ws_client.js", 40002, f"{URL}/echo", '{"pings": 1000, "stay": 2500, "terminate": true}', ready="open", name="leaving")
    client = scene.start("ws_client.js", 40001, f"{URL}/echo", '{"pings": 1000}', ready="open", name="client")
    steady.finish()
    server.signal("SIGSTOP")
    client.finish()
    scene.stop()
    scene.ended(40001, 8080, "client", "fin", "pong_timeout", "The frozen server had not answered the last ping, so the client ended the connection.",
                (scene, "SIGSTOP"), (client, r"no pong since the last ping: terminate"), also=LEFT)
    scene.ended(40002, 8080, "client", "fin", "closed_without_close_frame", "The client called terminate(); every ping had been answered.",
                (steady, "pong"), (steady, r"40002 terminate"))


def socketio_port(program):
    program.wait(r"^\d+ connected")
    return int(program.has(r"^\d+ connected")[0].split()[0])


@recording("{socket.io} and {socket.io-client} on {node}")
def pongs_socketio_server(scene):
    """Engine.IO's heartbeat is a text "2" of the server and a text "3" of the client."""
    server = scene.start("socketio_server.js", 8080, '{"pingInterval": 1000, "pingTimeout": 2000}')
    frozen = scene.start("socketio_client.js", "http://127.0.0.1:8080", ready=None, name="frozen")
    lively = scene.start("socketio_client.js", "http://127.0.0.1:8080", "6000", ready=None, name="lively")
    first, second = socketio_port(frozen), socketio_port(lively)
    time.sleep(1.5)
    frozen.signal("SIGSTOP")
    server.wait(f"^{first} engine closed")
    server.wait(f"^{second} engine closed")
    scene.stop()
    scene.ended(first, 8080, "server", "close", "pong_timeout", "The frozen client sent no \"3\" within pingTimeout, so the server closed.",
                (scene, "SIGSTOP"), (server, f"{first} engine open"), (server, f"{first} engine closed: ping timeout"), also=UNANSWERED)
    scene.ended(second, 8080, "client", "close", None, "The client answered every \"2\" and disconnected.",
                (server, f"{second} received pong"), (server, f"{second} engine closed: transport close"))


@recording("{socket.io} and {socket.io-client} on {node}")
def pongs_socketio_client(scene):
    """The server is frozen: the client misses its "2" for pingInterval and pingTimeout together."""
    server = scene.start("socketio_server.js", 8080, '{"pingInterval": 1000, "pingTimeout": 2000}')
    client = scene.start("socketio_client.js", "http://127.0.0.1:8080", ready=None, name="client")
    port = socketio_port(client)
    time.sleep(2.5)
    server.signal("SIGSTOP")
    client.wait("engine closed")
    time.sleep(1)
    scene.stop()
    scene.ended(port, 8080, "client", "close", "pong_timeout", "No \"2\" came from the frozen server for 3 s, so the client closed.",
                (scene, "SIGSTOP"), (client, "received ping"), (client, "engine closed: ping timeout"), also=UNANSWERED)


@recording("{socket.io} and {socket.io-client} on {node}")
def pongs_socketio_defaults(scene):
    """pingInterval 25 s and pingTimeout 20 s, which are the library's own; the neighbour lives through one heartbeat."""
    server = scene.start("socketio_server.js", 8080)
    frozen = scene.start("socketio_client.js", "http://127.0.0.1:8080", ready=None, name="frozen")
    lively = scene.start("socketio_client.js", "http://127.0.0.1:8080", "30000", ready=None, name="lively")
    first, second = socketio_port(frozen), socketio_port(lively)
    time.sleep(1)
    frozen.signal("SIGSTOP")
    server.wait(f"^{first} engine closed", 60)
    scene.stop()
    scene.ended(first, 8080, "server", "close", "pong_timeout", "The frozen client sent no \"3\" within 20 s of the \"2\" at 25 s, so the server closed.",
                (scene, "SIGSTOP"), (server, f"{first} engine open"), (server, f"{first} engine closed: ping timeout"), also=UNANSWERED)
    scene.ended(second, 8080, "client", "close", None, "The client answered the \"2\" and disconnected.",
                (server, f"{second} received pong"), (server, f"{second} engine closed: transport close"))


def asgi_pongs(scene, server, sign, by_close, why):
    """Pings of the server: one client frozen, one that answers."""
    scene.listening(8080)
    frozen = scene.start("websockets_client.py", 40001, f"{URL}/", "--say", "hello", "--then", "wait", ready="open", name="frozen")
    lively = scene.start("websockets_client.py", 40002, f"{URL}/", "--say", "hello", "--stay", "6", ready="open", name="lively")
    time.sleep(1.5)
    frozen.signal("SIGSTOP")
    lively.finish()
    server.wait(sign)
    time.sleep(1.5)
    scene.stop()
    how = "close" if by_close else "rst"
    scene.ended(40001, 8080, "server", how, "pong_timeout", why, (scene, "SIGSTOP"), (server, sign), also=UNANSWERED if by_close else ("aborted",))
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.", (lively, "> PONG"), (lively, "closed code=1000"))


@recording("{uvicorn} with {websockets} on {python}")
def pongs_uvicorn(scene):
    """ws-ping-interval 1 and ws-ping-timeout 2."""
    server = scene.start("/usr/bin/python3", "-u", "-m", "uvicorn", "--port", 8080, "--ws", "websockets", "--ws-ping-interval", 1, "--ws-ping-timeout", 2,
                         "asgi_app:application", ready=None, name="uvicorn")
    asgi_pongs(scene, server, "40001 disconnected", True, "uvicorn had no pong for 2 s and closed.")


@recording("{daphne} on {python}")
def pongs_daphne(scene):
    """ping-interval 1 and ping-timeout 2."""
    server = scene.start("/usr/bin/python3", "-u", "-m", "daphne", "-v", 2, "-p", 8080, "--ping-interval", 1, "--ping-timeout", 2,
                         "asgi_app:application", ready=None, name="daphne")
    asgi_pongs(scene, server, "40001 disconnected", False, "daphne had no pong for 2 s and reset the connection.")
