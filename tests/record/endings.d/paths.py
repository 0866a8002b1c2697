# SPDX-License-Identifier: GPL-2.0-or-later
"""A path that breaks: client, router and server are three namespaces, and nftables on the router does the harm."""

import time

from scene import command, recording

URL, URL6 = "ws://10.0.2.2:8080", "ws://[fd00:2::2]:8080"
WEBSOCKETS = "{websockets} on {python}, a router with {nftables}"


def talk(scene, path, *arguments, port=40001, url=URL, wait=2):
    """A server, and a client that talks with it across the router."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None", "close_timeout=2", place="server")
    client = scene.start("websockets_client.py", port, f"{url}/{path}", *arguments, name="client", ready="open")
    time.sleep(wait)
    return server, client


def dropped(scene):
    """Waits until the router has dropped a segment some six times."""
    scene.rules("tcp dport 8080 counter drop; tcp sport 8080 counter drop;")
    time.sleep(17)
    scene.say("router: " + " ".join(scene.at_place("router", "nft", "list", "chain", "ip", "filter", "forward").split()))
    scene.stop()


@recording(WEBSOCKETS, path=True)
def paths_dropped_at_client(scene):
    """All packets are dropped in the middle of a conversation; captured at the client, which is sending."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.3", "--then", "wait")
    dropped(scene)
    scene.ended(40001, 8080, "middle", "silence", "unacknowledged", "The router drops everything; the client's data is sent again and again.",
                (scene, "drop"), (client, "> TEXT"), (client, "< TEXT"))


@recording(WEBSOCKETS, path=True, at="server")
def paths_dropped_at_server(scene):
    """As before, captured at the server, which is sending."""
    server, client = talk(scene, "tick", "--then", "wait")
    dropped(scene)
    scene.ended(40001, 8080, "middle", "silence", "unacknowledged", "The router drops everything; the server's data is sent again and again.",
                (scene, "drop"), (server, "40001 > TEXT"))


@recording(WEBSOCKETS, path=True)
def paths_dropped_one_way(scene):
    """Only the server's packets are dropped: the client's data arrives, but it never hears of it."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.3", "--then", "wait")
    scene.rules("tcp sport 8080 counter drop;")
    time.sleep(17)
    scene.stop()
    scene.ended(40001, 8080, "middle", "silence", "unacknowledged", "The router drops what the server sends; the client's data is sent again and again.",
                (scene, "drop"), (client, "> TEXT"), (server, "40001 < TEXT"))


def outage(scene, seconds):
    """The path is cut for a while and whole again; the client goes on and closes properly."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.3", "--stay", str(seconds + 4))
    scene.rules("tcp dport 8080 counter drop; tcp sport 8080 counter drop;")
    time.sleep(seconds)
    scene.rules("")
    client.finish()
    scene.ended(40001, 8080, "client", "close", None, f"The path was cut for {seconds} s; TCP repaired it, and the client closed properly.",
                (scene, "router"), (client, "> CLOSE 1000"), (client, "closed code=1000"))


@recording(WEBSOCKETS, path=True)
def paths_repaired(scene):
    """A loss that TCP repairs at once."""
    outage(scene, 0.3)


@recording(WEBSOCKETS, path=True)
def paths_outage(scene):
    """An outage of 3 s, with several retransmissions, that ends well."""
    outage(scene, 3)


@recording(WEBSOCKETS, path=True)
def paths_rejected_at_client(scene):
    """The router answers the client's next segment with a reset in the server's name."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.5", "--then", "wait")
    scene.rules("tcp dport 8080 counter reject with tcp reset;")
    client.wait("connection is CLOSED")
    scene.ended(40001, 8080, "middle", "rst", "reset_by_middlebox", "The router rejects with a TCP reset; the server went on and knew nothing.",
                (scene, "reject"), (client, "connection is CLOSED"), (server, "40001 > TEXT"), also=("aborted",))
    if server.has("40001 = connection is CLOSED"):
        raise RuntimeError("the server ended the connection")


@recording(WEBSOCKETS, path=True, at="server")
def paths_rejected_at_server(scene):
    """The router answers the server's next segment with a reset in the client's name; the client goes on sending."""
    server, client = talk(scene, "tick", "--say", "reading", "--every", "0.5", "--then", "wait")
    scene.rules("tcp sport 8080 counter reject with tcp reset;")
    server.wait("40001 = connection is CLOSED")
    scene.stop()
    scene.ended(40001, 8080, "middle", "rst", "reset_by_middlebox", "The router rejects the server's segments with a TCP reset in the client's name.",
                (scene, "reject"), (server, "40001 = connection is CLOSED"), also=("aborted",))


@recording(WEBSOCKETS, path=True)
def paths_rejected_after_silence(scene):
    """What a router does that has forgotten a silent connection: the first segment after the silence is reset."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "8", "--then", "wait")
    scene.rules("tcp dport 8080 counter reject with tcp reset;")
    client.wait("connection is CLOSED")
    scene.ended(40001, 8080, "middle", "rst", "reset_by_middlebox", "The router rejects with a TCP reset; the server had sent nothing for 8 s.",
                (scene, "reject"), (client, "connection is CLOSED"), also=("aborted",))


@recording(WEBSOCKETS, path=True)
def paths_rejected_ipv6(scene):
    """The same on IPv6, where the hop limit tells."""
    for net, who in ((1, "client"), (2, "server")):
        place, router = scene.places[who], scene.places["router"]
        command("ip", "-n", place, "addr", "add", f"fd00:{net}::2/64", "dev", "eth0", "nodad")
        command("ip", "-n", router, "addr", "add", f"fd00:{net}::1/64", "dev", who, "nodad")
        command("ip", "-n", place, "route", "add", "default", "via", f"fd00:{net}::1")
    scene.at_place("router", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.5", "--then", "wait", url=URL6)
    scene.rules("tcp dport 8080 counter reject with tcp reset;", family="ip6")
    client.wait("connection is CLOSED")
    scene.ended(40001, 8080, "middle", "rst", "reset_by_middlebox", "The router rejects with a TCP reset.",
                (scene, "reject"), (client, "connection is CLOSED"), (server, "40001 > TEXT"), also=("aborted",))


@recording("{websockets} on {python}", path=True)
def paths_killed_unread(scene):
    """SIGKILL with unread data: the server's own kernel sends the reset, as far away as its other segments."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "0.3", "--then", "wait")
    server.signal("SIGSTOP")
    time.sleep(1)
    server.signal("SIGKILL")
    client.wait("connection is CLOSED")
    scene.ended(40001, 8080, "server", "rst", "aborted", "The server was killed while data waited to be read.",
                (scene, "SIG(STOP|KILL)"), (client, "connection is CLOSED"))


@recording("{websockets} on {python}", path=True)
def paths_killed(scene):
    """SIGKILL without unread data: the server's kernel closes with FIN."""
    server, client = talk(scene, "tick", "--then", "wait", wait=1.8)
    server.signal("SIGKILL")
    client.wait("connection is CLOSED")
    scene.ended(40001, 8080, "server", "fin", "closed_without_close_frame", "The server was killed; no data waited to be read.",
                (scene, "SIGKILL"), (client, "connection is CLOSED"))


@recording(WEBSOCKETS, path=True)
def paths_restarted(scene):
    """The server's program dies while the path is cut: later its kernel knows no such connection, and its true reset has no TCP options."""
    server, client = talk(scene, "echo", "--say", "reading", "--every", "1.5", "--then", "wait")
    scene.rules("tcp dport 8080 counter drop; tcp sport 8080 counter drop;")
    server.signal("SIGSTOP")  # so that its last words do not wait to be sent again
    server.signal("SIGKILL")
    scene.at_place("server", "ss", "-K", "sport", "=", ":8080")
    time.sleep(0.4)
    scene.rules("")
    client.wait("connection is CLOSED", 40)
    scene.ended(40001, 8080, "server", "rst", "aborted", "The server was killed while the path was cut, and its kernel reset the connection that it did not know any more.",
                (scene, "router|SIGKILL"), (client, "connection is CLOSED"))
