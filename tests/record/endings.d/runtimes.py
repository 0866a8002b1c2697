# SPDX-License-Identifier: GPL-2.0-or-later
"""Bun and Deno, whose servers have timers of their own, and Apache httpd as a reverse proxy. npm ci in this folder brings the first two."""

import time

from scene import HERE, recording

URL = "ws://127.0.0.1:8080"
LEFT = ("closed_without_close_frame",)


def tool(scene, name, *arguments, **environment):
    return scene.start(HERE / "node_modules" / ".bin" / name, *arguments, name=name, **environment)


def client(scene, name, port, path, *options):
    return scene.start("websockets_client.py", port, f"{URL}{path}", *options, ready="open", name=name)


@recording("{bun}, {websockets} on {python}")
def runtimes_bun_pings(scene):
    """idleTimeout 8 with pings: the frozen client is cut off, the silent one lives by its pongs."""
    server = tool(scene, "bun", "bun_server.ts", 8080, 8, "pings")
    frozen = client(scene, "frozen", 40001, "/", "--say", "hello", "--then", "wait")
    lively = client(scene, "lively", 40002, "/", "--say", "hello", "--stay", "16")
    time.sleep(0.5)
    frozen.signal("SIGSTOP")
    server.wait("40001 closed", 40)
    lively.finish()
    scene.stop()
    scene.ended(40001, 8080, "server", "fin", "pong_timeout", "The frozen client answered no ping within idleTimeout.",
                (scene, "SIGSTOP"), (server, "40001 closed code=1006"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.", (server, "40002 pong"), (lively, "closed code=1000"))


@recording("{bun}, {websockets} on {python}")
def runtimes_bun_idle(scene):
    """idleTimeout 8 without pings. The neighbour speaks, and closes."""
    server = tool(scene, "bun", "bun_server.ts", 8080, 8, "no pings")
    silent = client(scene, "silent", 40001, "/", "--say", "hello", "--then", "wait")
    lively = client(scene, "lively", 40002, "/", "--say", "hello", "--every", "3", "--stay", "11")
    silent.finish(30)
    lively.finish()
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", "Nothing passed for idleTimeout, 8 s.",
                (server, "40001 closed code=1006"), (silent, "closed code=1006"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client never was silent for so long, and closed.", (lively, "closed code=1000"))


@recording("{deno}, {websockets} on {python}")
def runtimes_deno(scene):
    """idleTimeout 4: Deno pings, and ends the connection of the frozen client."""
    server = tool(scene, "deno", "run", "--allow-net", "--no-config", "deno_server.ts", 8080, 4, DENO_DIR=str(scene.folder), NO_COLOR="1")
    frozen = client(scene, "frozen", 40001, "/", "--say", "hello", "--then", "wait")
    lively = client(scene, "lively", 40002, "/", "--say", "hello", "--stay", "10")
    time.sleep(0.5)
    frozen.signal("SIGSTOP")
    server.wait("40001 closed", 40)
    lively.finish()
    scene.stop()
    scene.ended(40001, 8080, "server", "close", "pong_timeout", "The frozen client answered no ping within idleTimeout.",
                (scene, "SIGSTOP"), (server, "40001 (error|closed)"), also=("close_unanswered",))
    scene.ended(40002, 8080, "client", "close", None, "The client answered every ping and closed.", (lively, "> PONG"), (lively, "closed code=1000"))


@recording("{apache}, {websockets} on {python}")
def runtimes_apache_idle(scene):
    """ProxyTimeout 6: Apache httpd ends a silent connection. Both legs."""
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel"))
    configuration = scene.file("httpd.conf", f"""{modules}
ServerRoot {scene.folder}
ServerName 127.0.0.1
DefaultRuntimeDir {scene.folder}
PidFile httpd.pid
Listen 127.0.0.1:8080
ErrorLog /dev/stderr
LogLevel info proxy:trace2 proxy_http:trace2 proxy_wstunnel:trace2
User nobody
StartServers 1
Timeout 6
ProxyTimeout 6
ProxyPass "/" "http://127.0.0.1:8082/" upgrade=websocket
""")
    server = scene.start("websockets_server.py", 8082, "ping_interval=None", name="server")
    proxy = scene.start("/usr/sbin/apache2", "-D", "FOREGROUND", "-f", configuration, ready=None, name="apache")
    scene.listening(8080)
    silent = client(scene, "silent", 40001, "/echo", "--say", "hello", "--then", "wait")
    lively = client(scene, "lively", 40002, "/tick", "--stay", "8")
    silent.finish(30)
    lively.finish()
    behind = int(server.has("< GET /echo ")[0].split()[1])
    scene.ended(40001, 8080, "server", "fin", "idle_timeout", "Nothing passed for ProxyTimeout, 6 s.", (proxy, "40001.*(timeout|timed out|tunnel)"),
                (silent, "closed code=1006"), also=LEFT)
    scene.ended(behind, 8082, "client", "fin", "idle_timeout", "Nothing passed for ProxyTimeout, 6 s.", (server, f"{behind} = connection is CLOSED"), also=LEFT)
    scene.ended(40002, 8080, "client", "close", None, "The client closed.", (lively, "closed code=1000"))
