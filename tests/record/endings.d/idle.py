# SPDX-License-Identifier: GPL-2.0-or-later
"""Silences that a proxy or server ends, and programs that end after a silence of their own."""

from haproxy import haproxy
from nginx import nginx, proxied
from scene import recording

URL = "ws://127.0.0.1:8080"
LEFT = ("closed_without_close_frame",)
TIMED_OUT = r"upstream timed out .* while proxying upgraded connection"


def quiet_through_nginx(scene, seconds, settings):
    """A client that is silent behind its first message, and one that speaks and leaves properly."""
    scene.start("websockets_server.py", 8082, "ping_interval=None")
    proxy = nginx(scene, f"location / {{ {proxied(8082)} {settings} }}")
    silent = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "hello", "--then", "wait", ready="open", name="silent")
    lively = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--say", "hello", "--every", str(seconds * 0.45), "--stay", str(seconds * 1.1), ready="open", name="lively")
    silent.finish(seconds + 20)
    lively.finish(seconds + 20)
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", f"nginx ended the connection after {seconds} s without a byte.",
                (proxy, TIMED_OUT), (silent, "40001 < TEXT"), (silent, "closed code=1006"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client never was silent for so long, and closed.", (lively, "> TEXT"), (lively, "closed code=1000"))


@recording("{nginx}, {websockets} on {python}")
def idle_nginx_default(scene):
    """proxy_read_timeout, whose default is 60 s. The client's leg."""
    scene.only(8080)
    quiet_through_nginx(scene, 60, "")


@recording("{nginx}, {websockets} on {python}")
def idle_nginx_8s(scene):
    """proxy_read_timeout 8s. The client's leg."""
    scene.only(8080)
    quiet_through_nginx(scene, 8, "proxy_read_timeout 8s;")


@recording("{nginx}, {websockets} on {python}")
def idle_nginx_early(scene):
    """nginx sets a timer anew only if that moves it by 0.3 s (NGX_TIMER_LAZY_DELAY): it fires up to 0.3 s before the silence is 8 s long."""
    scene.only(8080)
    scene.start("websockets_server.py", 8082, "ping_interval=None")
    proxy = nginx(scene, f"location / {{ {proxied(8082)} proxy_read_timeout 8s; }}")
    silent = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "hello", "--every", "0.23", "--times", "2", "--then", "wait", ready="open", name="silent")
    silent.finish()
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", "nginx ended the connection 8 s after an answer of the server; another one came up to 0.3 s later.",
                (proxy, TIMED_OUT), (silent, "40001 < TEXT"), (silent, "closed code=1006"), also=LEFT)


@recording("{haproxy}, {websockets} on {python}")
def idle_haproxy(scene):
    """timeout tunnel 5s. The client's leg."""
    scene.only(8080)
    scene.start("websockets_server.py", 8082, "ping_interval=None")
    proxy = haproxy(scene, """
    default_backend back
backend back
    server one 127.0.0.1:8082
""", "    timeout tunnel 5s")
    silent = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "hello", "--then", "wait", ready="open", name="silent")
    lively = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--say", "hello", "--every", "2", "--stay", "7", ready="open", name="lively")
    silent.finish()
    lively.finish()
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", "timeout tunnel: HAProxy ended the connection after 5 s without a byte.",
                (proxy, r":40001 .* [cs]D-- "), (silent, "closed code=1006"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client never was silent for so long, and closed.", (lively, "> TEXT"), (lively, "closed code=1000"))


@recording("{websockets} on {python}")
def idle_program_ends(scene):
    """The neighbour: the server's program just ends 5.034 s after its last message, and a client's after 7.27 s."""
    other = scene.start("websockets_server.py", 8081, "ping_interval=None", name="steady")
    server = scene.start("websockets_server.py", 8080, "ping_interval=None", name="ending")
    client = scene.start("websockets_client.py", 40001, f"{URL}/die/5.034", "--then", "wait", ready="open", name="client")
    leaving = scene.start("websockets_client.py", 40002, "ws://127.0.0.1:8081/echo", "--say", "hello", "--stay", "7.27", "--then", "exit", ready="open", name="leaving")
    client.finish()
    leaving.finish()
    scene.ended(40001, 8080, "server", "fin", "closed_without_close_frame", "The program ended after 5.034 s; no timer fired.",
                (server, "the program ends now"), (client, "closed code=1006"))
    scene.ended(40002, 8081, "client", "fin", "closed_without_close_frame", "The program ended after 7.27 s; no timer fired.",
                (leaving, "exits without closing"), (other, "40002 = connection is CLOSED"))


@recording("{daphne} on {python}")
def idle_daphne_lifetime(scene):
    """websocket_timeout 6: an age set by hand that no table can know; the client speaks all the time."""
    server = scene.start("/usr/bin/python3", "-u", "-m", "daphne", "-v", 3, "-p", 8080, "--websocket_timeout", 6, "asgi_app:application", ready=None, name="daphne")
    scene.listening(8080)
    client = scene.start("websockets_client.py", 40001, f"{URL}/", "--say", "hello", "--every", "0.7", "--then", "wait", ready="open", name="client")
    client.finish()
    scene.ended(40001, 8080, "server", "close", None, "daphne closes every connection at the age of 6 s.", (server, "40001 disconnected"), (client, "< CLOSE"))
