# SPDX-License-Identifier: GPL-2.0-or-later
"""Handshakes that the client cannot accept, refusals with a text of their own, and HTTP where frames belong."""

from haproxy import haproxy
from nginx import nginx
from scene import recording

URL = "ws://127.0.0.1:8080"
BEHIND = ("message_rejected", "closed_without_close_frame")  # the client's answer to HTTP is a Close with 1002, the server's end is a bare FIN


def ask(scene, port, path, *options, program="ws_client.js", name="client", url=URL):
    client = scene.start(program, port, f"{url}{path}", *options, ready=None, name=name)
    client.finish()
    return client


@recording("{ws} on {node}, {websockets} on {python}")
def handshakes_subprotocol(scene):
    """The server selects none of the subprotocols that were offered: ws gives up, websockets goes on (the neighbour)."""
    server = scene.start("ws_server.js", 8080, '{"ignoreSubprotocols": true}')
    failing = ask(scene, 40001, "/echo", '{"protocols": ["chat", "superchat"]}')
    content = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--offer", "chat,superchat", "--say", "hello", ready="open", name="content")
    content.finish()
    scene.ended(40001, 8080, "client", "fin", "handshake_rejected", "The client insists on a subprotocol.",
                (failing, "error  Server sent no subprotocol"), (server, "40001 closed code=1006"))
    scene.ended(40002, 8080, "client", "close", None, "This client does not insist on a subprotocol.", (content, "> CLOSE 1000"), (content, "closed code=1000"))


@recording("{ws} on {node}, {websockets} on {python}")
def handshakes_selected(scene):
    """The neighbours: a client whose subprotocol is selected and which leaves at once, properly; one that leaves at once without a Close."""
    server = scene.start("ws_server.js", 8080)
    brief = ask(scene, 40001, "/echo", '{"protocols": ["chat", "superchat"], "stay": 0}')
    abrupt = ask(scene, 40002, "/echo", '{"protocols": ["chat"], "stay": 3000, "terminate": true}')
    scene.ended(40001, 8080, "client", "close", None, "The client had what it wanted and closed.", (brief, 'open protocol="chat"'), (brief, "closed code=1000"))
    scene.ended(40002, 8080, "client", "fin", "closed_without_close_frame", "The client called terminate() after 3 s; it had accepted the handshake.",
                (abrupt, 'open protocol="chat"'), (abrupt, "terminate"), (server, "40002 closed code=1006"))


@recording("{ws} on {node}, an upgrade written by hand on {node}")
def handshakes_handmade(scene):
    """Mistakes of a server that was written by hand; the client leaves right after each 101."""
    server = scene.start("handmade_server.js", 8080)
    for port, path, error, also in ((40001, "/guid", "Invalid Sec-WebSocket-Accept header", ("accept_mismatch",)),
                                    (40002, "/no-accept", "Invalid Sec-WebSocket-Accept header", ()),
                                    (40003, "/protocol", "Server sent a subprotocol but none was requested", ()),
                                    (40004, "/extension", "Server sent a Sec-WebSocket-Extensions header but no extension", ())):
        client = ask(scene, port, path)
        server.wait(f"{port} gone")
        scene.ended(port, 8080, "client", "fin", "handshake_rejected", "The client could not accept the 101.",
                    (server, f"{port} answered"), (client, f"error  {error}"), also=also)


@recording("{nginx}, {ws} on {node}")
def handshakes_refused_nginx(scene):
    """Refusals in nginx's own words: too large a cookie (400), who are you (401), too often (429), no WebSocket (501)."""
    scene.file("users", "ann:{PLAIN}secret\n")
    server = nginx(scene, """
        location /large { return 404; }
        location /private { auth_basic "Trading desk"; auth_basic_user_file users; }
        location /often { limit_req zone=few; limit_req_status 429; add_header Retry-After 60 always; try_files /nothing =404; }
        location /plain { return 501; }""")
    cookie = '{"headers": {"Cookie": "session=%s"}}' % ("a" * 9000)
    ask(scene, 40006, "/often")
    for port, path, options, status, diagnosis, also in ((40001, "/large", cookie, 400, "bad_request", ()), (40002, "/private", "{}", 401, "unauthorized", ()),
                                                         (40003, "/often", "{}", 429, "rate_limited", ()), (40004, "/plain", "{}", 501, "websocket_unsupported", ())):
        client = ask(scene, port, path, options)
        scene.ended(port, 8080, None, "any", diagnosis, f"nginx refused the handshake with {status}.", (client, f"refused {status}"), (server, f" {port} .* {status},"), also=also)
    scene.ended(40006, 8080, None, "any", "not_found", "The first request of a minute: nothing is there.", (server, " 40006 .* 404,"))


@recording("{haproxy}, {ws} on {node}")
def handshakes_refused_haproxy(scene):
    """Refusals of HAProxy: a page for maintenance (503 with Retry-After), no server (503), WebSocket denied (501)."""
    page = scene.file("503.http", "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\nRetry-After: 120\r\n\r\n"
                      "<html><body><h1>Down for maintenance until 06:00</h1></body></html>\n")
    server = haproxy(scene, f"""
    http-request deny deny_status 501 if {{ path /plain }}
    http-request return status 503 content-type text/plain string "Too many people are here" hdr Retry-After 30 if {{ path /full }}
    use_backend maintenance if {{ path /maintenance }}
    default_backend nobody
backend maintenance
    errorfile 503 {page}
backend nobody
    server dead 127.0.0.1:9
""")
    for port, path, status, diagnosis, also in ((40001, "/maintenance", 503, "gateway_error", ("http10",)), (40002, "/nobody", 503, "gateway_error", ("http10",)),
                                                (40003, "/plain", 501, "websocket_unsupported", ()), (40004, "/full", 503, "gateway_error", ())):
        client = ask(scene, port, path)
        scene.ended(port, 8080, None, "any", diagnosis, f"HAProxy refused the handshake with {status}.", (client, f"refused {status}"),
                    (server, f":{port} .* {status} "), also=also)


@recording("{socket.io} on {node}, {ws}")
def handshakes_refused_socketio(scene):
    """Engine.IO refuses in JSON: a session that it does not know (after a restart, or another server of a cluster), a transport that is off."""
    scene.start("socketio_server.js", 8080)
    scene.start("socketio_server.js", 8081, '{"transports": ["polling"]}')
    unknown = ask(scene, 40001, "/socket.io/?EIO=4&transport=websocket&sid=AbCdEfGhIjKlMnOpAAAA")
    off = ask(scene, 40002, "/socket.io/?EIO=4&transport=websocket", url="ws://127.0.0.1:8081")
    elsewhere = ask(scene, 40003, "/other", '{"handshakeTimeout": 5000}')
    scene.ended(40001, 8080, None, "any", "bad_request", "The server does not know the session.", (unknown, "refused 400 .*Session ID unknown"))
    scene.ended(40002, 8081, None, "any", "bad_request", "The server does not allow this transport.", (off, "refused 400 .*Transport unknown"))
    scene.ended(40003, 8080, "server", "fin", "closed_during_handshake", "Nobody answers this path, and Engine.IO ends the connection after a second.",
                (elsewhere, "error ECONNRESET socket hang up"))


@recording("{websockets} and {aiohttp} on {python}, {ws} on {node}")
def handshakes_refused_servers(scene):
    """Refusals of servers: an origin that is not allowed (403), a path that is not there (404), a plain page (200)."""
    strict = scene.start("websockets_server.py", 8080, "origins=https://app.example", name="websockets")
    scene.start("aiohttp_server.py", 8081, 0, name="aiohttp")
    origin = ask(scene, 40001, "/echo", '{"origin": "http://evil.example"}')
    missing = ask(scene, 40002, "/nothing", url="ws://127.0.0.1:8081")
    scene.ended(40001, 8080, None, "any", "forbidden", "The origin is not allowed.", (origin, "refused 403"), (strict, "40001 .*403|invalid Origin"))
    scene.ended(40002, 8081, None, "any", "not_found", "Nothing answers at this path.", (missing, "refused 404"))


@recording("two servers of {ws} on one HTTP server of {node}")
def handshakes_http_behind_101_ws(scene):
    """The path of the first server is foreign to the second one, which writes 400 behind the 101; where the first one refuses, no 101 is seen."""
    server = scene.start("two_servers.js", 8080, "ws")
    client = ask(scene, 40001, "/chat")
    scene.ended(40001, 8080, "server", "fin", "http_in_websocket", "The second server wrote 400 on a socket that the first one had upgraded.",
                (server, "40001 .*(101|400)"), (client, "40001 error"), also=BEHIND)
    other = ask(scene, 40002, "/feed")
    scene.ended(40002, 8080, "server", "fin", "bad_request", "The first server refused with 400, before the second one could answer.", (other, "40002 refused 400"))


@recording("{socket.io} and {ws} on one HTTP server of {node}")
def handshakes_http_behind_101_socketio(scene):
    """Socket.IO's path is foreign to the other server, which writes 400 on the same socket."""
    server = scene.start("two_servers.js", 8080, "socket.io")
    client = ask(scene, 40001, "/socket.io/?EIO=4&transport=websocket")
    feed = ask(scene, 40002, "/feed", '{"say": "HTTP/1.1 400 Bad Request", "stay": 500}')
    scene.ended(40001, 8080, "server", "fin", "http_in_websocket", "The second server wrote 400 on a socket that the first one had upgraded.",
                (server, "40001 .*(101|400)"), (client, "40001 error"), also=BEHIND)
    scene.ended(40002, 8080, "client", "close", None, "A text that looks like HTTP is no HTTP.", (feed, "closed code=1000"))
