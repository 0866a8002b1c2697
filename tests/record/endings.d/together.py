# SPDX-License-Identifier: GPL-2.0-or-later
"""Six connections that end in the same second, and six that do not."""

import time

from nginx import nginx, proxied
from scene import recording

URL = "ws://127.0.0.1:8080"
PORTS = range(40001, 40007)
LEFT = ("closed_without_close_frame",)


def six(scene, path, options=lambda port: "{}"):
    clients = []
    for port in PORTS:
        clients.append(scene.start("ws_client.js", port, f"{URL}{path}", options(port), ready="open", name=f"client{port}"))
    return clients


def all_ended(scene, clients, by, how, diagnosis, why, *evidence, also=()):
    for port, client in zip(PORTS, clients):
        scene.ended(port, 8080, by, how, diagnosis, why, *evidence, (client, f"{port} closed code="), also=also)


@recording("{nginx}, {ws} on {node}")
def together_nginx_reloaded(scene):
    """nginx -s reload: the old worker ends its connections after worker_shutdown_timeout 1s. The client's leg; each speaks at its own pace."""
    scene.only(8080)
    scene.start("ws_server.js", 8082)
    proxy = nginx(scene, f"location / {{ {proxied(8082)} }}", main="worker_processes 1; worker_shutdown_timeout 1s;")
    clients = six(scene, "/echo", lambda port: '{"say": "reading", "every": %d}' % (300 + 170 * (port - 40001)))
    time.sleep(1.5)
    scene.say("nginx -s reload")
    scene.at_place("client", "nginx", "-s", "reload", "-p", scene.folder, "-c", scene.folder / "nginx.conf")
    for client in clients:
        client.wait("closed code")
    all_ended(scene, clients, "server", "fin", "ended_together", "nginx was reloaded, and its old worker ended all connections after 1 s.",
              (scene, "reload"), (proxy, "gracefully shutting down"), also=LEFT)


@recording("{nginx}, {ws} on {node}")
def together_nginx_stopped(scene):
    """nginx -s stop ends all connections at once. The client's leg."""
    scene.only(8080)
    scene.start("ws_server.js", 8082)
    proxy = nginx(scene, f"location / {{ {proxied(8082)} }}", main="worker_processes 1;")
    clients = six(scene, "/tick")
    time.sleep(1)
    scene.say("nginx -s stop")
    scene.at_place("client", "nginx", "-s", "stop", "-p", scene.folder, "-c", scene.folder / "nginx.conf")
    for client in clients:
        client.wait("closed code")
    all_ended(scene, clients, "server", "fin", "ended_together", "nginx was stopped.", (scene, "stop"), (proxy, "signal 15|exiting"), also=LEFT)


@recording("{ws} on {node}")
def together_server_killed(scene):
    """The server is killed: the kernel closes six connections in a moment."""
    server = scene.start("ws_server.js", 8080)
    clients = six(scene, "/tick")
    time.sleep(1.5)
    server.signal("SIGKILL")
    for client in clients:
        client.wait("closed code")
    all_ended(scene, clients, "server", "fin", "ended_together", "The server was killed.", (scene, "SIGKILL"), also=LEFT)


@recording("{websockets} on {python}, {ws} on {node}")
def together_server_ends_properly(scene):
    """A server that ends and says so: each connection has its Close with 1001, answered. Nothing is wrong, though they end together."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None")
    clients = six(scene, "/echo")
    server.signal("SIGTERM")
    for client in clients:
        client.wait("closed code=1001")
    all_ended(scene, clients, "server", "close", None, "The server ended, and closed each connection with 1001.", (scene, "SIGTERM"), also=("ended_together",))


@recording("{ws} on {node}")
def together_not(scene):
    """The neighbour: six connections that end by themselves, 1.3 s apart; every second one without a Close."""
    scene.start("ws_server.js", 8080)
    clients = six(scene, "/tick", lambda port: '{"stay": %d, "terminate": %s}' % (4000 + 1300 * (port - 40001), "false" if port % 2 else "true"))
    for port, client in zip(PORTS, clients):
        client.finish()
        proper = port % 2
        scene.ended(port, 8080, "client", "close" if proper else "fin", None if proper else "closed_without_close_frame", "The client left at its own time.",
                    (client, r"close\(1000\)" if proper else r"terminate\(\)"))


@recording("{ws} on {node}")
def together_clients_killed(scene):
    """Another neighbour: the six clients are killed in the same second; the server goes on."""
    server = scene.start("ws_server.js", 8080)
    clients = six(scene, "/echo", lambda port: '{"say": "reading", "every": %d}' % (300 + 170 * (port - 40001)))
    time.sleep(1.5)
    for client in clients:
        client.signal("SIGKILL")
    server.wait("closed code", times=6)
    for port, client in zip(PORTS, clients):
        scene.ended(port, 8080, "client", "fin", "closed_without_close_frame", "The client was killed; the server had no part in it.",
                    (scene, f"SIGKILL to client{port}"), (server, f"{port} closed code=1006"))
