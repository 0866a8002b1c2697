# SPDX-License-Identifier: GPL-2.0-or-later
"""HAProxy as a reverse proxy on port 8080, with its log of connections on stdout."""

CONFIGURATION = """
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 10s
    timeout server 10s
{defaults}
frontend front
    bind 127.0.0.1:8080
{rules}
"""


def haproxy(scene, rules, defaults=""):
    """`rules`: of the front end and what follows it."""
    scene.file("haproxy.cfg", CONFIGURATION.format(rules=rules, defaults=defaults))
    server = scene.start("haproxy", "-db", "-f", scene.folder / "haproxy.cfg", ready=None, name="haproxy")
    scene.listening(8080)
    return server
