# SPDX-License-Identifier: GPL-2.0-or-later
"""Both legs of a proxy in one file: client to proxy on port 8080, proxy to server on port 8082."""

import re
import time

from nginx import nginx, proxied
from scene import recording

URL = "ws://127.0.0.1:8080"
LEFT = ("closed_without_close_frame",)


def back_port(server, path, turn=0):
    """The port of the proxy's own connection, from the log of the server behind it."""
    return int(re.match(r"\S+ (\d+) <", server.has(rf"< GET {re.escape(path)} ")[turn])[1])


def through(scene, locations, *server_options):
    server = scene.start("websockets_server.py", 8082, "ping_interval=None", *server_options, name="server")
    return server, nginx(scene, locations)


def client(scene, port, path, *options):
    return scene.start("websockets_client.py", port, f"{URL}{path}", *options, ready="open", name=f"client{port}")


@recording("{nginx}, {websockets} on {python}, {ws} on {node}")
def legs_upgrade_stripped(scene):
    """nginx without Upgrade and Connection: with HTTP/1.0, its default here, and with HTTP/1.1; nothing behind it (502)."""
    server, _ = through(scene, """location /old { proxy_pass http://127.0.0.1:8082; }
        location /new { proxy_pass http://127.0.0.1:8082; proxy_http_version 1.1; }
        location /dead { proxy_pass http://127.0.0.1:9; }""")
    for port, path, status, front, back, also in ((40001, "/old", 400, "bad_request", "upgrade_stripped", ("bad_request", "http10")),
                                                  (40002, "/new", 426, "upgrade_required", "upgrade_stripped", ("upgrade_required",)),
                                                  (40003, "/dead", 502, "gateway_error", None, ())):
        asking = scene.start("ws_client.js", port, f"{URL}{path}", ready=None, name=f"client{port}")
        asking.finish()
        scene.ended(port, 8080, None, "any", front, f"The answer was {status}.", (asking, f"refused {status}"), also=("upgrade_stripped",) if back else ())
        if back:
            behind = path_port(scene, server, path, port)
            scene.ended(behind, 8082, None, "any", back, "nginx did not pass Upgrade and Connection on.", (server, rf"{behind} > HTTP/1.1 {status}|{behind} .*{status}"), also=also)


def path_port(scene, server, path, front):
    """HTTP/1.0 is refused before its request line is in the log; so the first connection is told by its refusal."""
    if server.has(rf"< GET {path} "):
        return back_port(server, path)
    return int(re.match(r"\S+ (\d+) ", server.has("connection failed")[0])[1])


@recording("{nginx}, {websockets} on {python}")
def legs_server_killed(scene):
    """The server behind nginx is killed: its kernel ends the one leg, and nginx the other."""
    server, proxy = through(scene, f"location / {{ {proxied(8082)} }}")
    one = client(scene, 40001, "/tick", "--then", "wait")
    time.sleep(1.3)
    server.signal("SIGKILL")
    one.finish()
    behind = back_port(server, "/tick")
    scene.ended(40001, 8080, "server", "fin", "closed_without_close_frame", "nginx passed on that the server's connection had ended.", (one, "closed code=1006"))
    scene.ended(behind, 8082, "server", "fin", "closed_without_close_frame", "The server was killed.", (scene, "SIGKILL to server"), (server, f"{behind} > TEXT"))


@recording("{nginx}, {websockets} on {python}")
def legs_idle(scene):
    """proxy_read_timeout 5s: nginx ends both legs. The neighbour closes, which passes through both."""
    server, proxy = through(scene, f"location / {{ {proxied(8082)} proxy_read_timeout 5s; }}")
    silent = client(scene, 40001, "/echo", "--say", "hello", "--then", "wait")
    proper = client(scene, 40002, "/leave/3", "--say", "hello", "--then", "wait")
    silent.finish()
    proper.finish()
    behind, beside = back_port(server, "/echo"), back_port(server, "/leave/3")
    timed_out = (proxy, "upstream timed out .* while proxying upgraded connection")
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", "nginx ended the connection after 5 s without a byte.", timed_out, (silent, "closed code=1006"), also=LEFT)
    scene.ended(behind, 8082, "client", "fin", "idle_timeout", "nginx ended the connection after 5 s without a byte.", timed_out,
                (server, f"{behind} = connection is CLOSED"), also=LEFT)
    scene.ended(40002, 8080, "server", "close", None, "The server closed properly.", (proper, "closed code=1000"))
    scene.ended(beside, 8082, "server", "close", None, "The server closed properly.", (server, f"{beside} > CLOSE 1000"))


@recording("{nginx}, {websockets} on {python}")
def legs_server_error(scene):
    """The server's handler fails: its Close with 1011 passes through both legs."""
    server, _ = through(scene, f"location / {{ {proxied(8082)} }}")
    one = client(scene, 40001, "/raise", "--say", "hello", "--then", "wait")
    one.finish()
    behind = back_port(server, "/raise")
    scene.ended(40001, 8080, "server", "close", "server_error", "The server's handler failed.", (one, "< CLOSE 1011"))
    scene.ended(behind, 8082, "server", "close", "server_error", "The server's handler failed.", (server, f"{behind} > CLOSE 1011"))


@recording("{nginx}, {websockets} on {python}")
def legs_client_killed(scene):
    """The client is killed: nginx ends the leg behind it, so that the server sees a FIN of nginx."""
    server, _ = through(scene, f"location / {{ {proxied(8082)} }}")
    one = client(scene, 40001, "/echo", "--say", "hello", "--every", "0.5", "--then", "wait")
    time.sleep(1.3)
    one.signal("SIGKILL")
    server.wait("connection is CLOSED")
    behind = back_port(server, "/echo")
    scene.ended(40001, 8080, "client", "fin", "closed_without_close_frame", "The client was killed.", (scene, "SIGKILL to client"))
    scene.ended(behind, 8082, "client", "fin", "closed_without_close_frame", "nginx passed on that the client's connection had ended.",
                (server, f"{behind} = connection is CLOSED"))
