# SPDX-License-Identifier: GPL-2.0-or-later
"""Close frames without an answer, and with a late one."""

import time

from scene import recording

URL = "ws://127.0.0.1:8080"


@recording("{websockets} on {python}")
def closes_websockets_client(scene):
    """The server is frozen when the client closes, and the client gives up after its close_timeout."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None")
    answered = scene.start("websockets_client.py", 40002, f"{URL}/echo", "--say", "hello", "--stay", "1", name="answered", ready="open")
    client = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "hello", "--stay", "3", "close_timeout=2", name="client", ready="open")
    answered.finish()
    server.signal("SIGSTOP")
    client.finish(30)
    scene.stop()
    scene.ended(40001, 8080, "client", "close", "close_unanswered", "The frozen server did not answer the Close within close_timeout, 2 s.",
                (scene, "SIGSTOP"), (client, "> CLOSE 1000"), (client, "closed code=1006"))
    scene.ended(40002, 8080, "client", "close", None, "The server answered the Close at once.",
                (answered, "> CLOSE 1000"), (answered, "< CLOSE 1000"), (answered, "closed code=1000"))


@recording("{websockets} on {python}")
def closes_websockets_server(scene):
    """The client is frozen when the server closes."""
    server = scene.start("websockets_server.py", 8080, "ping_interval=None", "close_timeout=2")
    client = scene.start("websockets_client.py", 40001, f"{URL}/close/2/1001/maintenance", "--then", "wait", name="client", ready="open")
    other = scene.start("websockets_client.py", 40002, f"{URL}/close/2/1001/maintenance", "--then", "wait", name="answering", ready="open")
    client.signal("SIGSTOP")
    server.wait("40001 = connection is CLOSED", 30)
    other.finish()
    scene.stop()
    scene.ended(40001, 8080, "server", "close", "close_unanswered", "The frozen client did not answer the Close within close_timeout, 2 s.",
                (scene, "SIGSTOP"), (server, "40001 > CLOSE 1001"), (server, "40001 = connection is CLOSED"))
    scene.ended(40002, 8080, "server", "close", None, "The client answered the Close at once.",
                (server, "40002 > CLOSE 1001"), (server, "40002 < CLOSE 1001"))


@recording("{ws} on {node}")
def closes_ws_client(scene):
    """The library's own 30 s of waiting for the answer to a Close."""
    server = scene.start("ws_server.js", 8080)
    client = scene.start("ws_client.js", 40001, f"{URL}/echo", '{"say": "hello", "stay": 1000}', name="client", ready="open")
    time.sleep(0.5)
    server.signal("SIGSTOP")
    client.finish(50)
    scene.stop()
    scene.ended(40001, 8080, "client", "close", "close_unanswered", "The frozen server did not answer the Close within 30 s.",
                (scene, "SIGSTOP"), (client, r"40001 close\(1000\)"), (client, "closed code=1006"))


@recording("{ws} on {node}")
def closes_ws_late(scene):
    """The server is frozen for 4 s when the client closes, and answers when it is thawed."""
    server = scene.start("ws_server.js", 8080)
    client = scene.start("ws_client.js", 40001, f"{URL}/echo", '{"say": "hello", "stay": 1000}', name="client", ready="open")
    time.sleep(0.5)
    server.signal("SIGSTOP")
    time.sleep(4.5)
    server.signal("SIGCONT")
    client.finish()
    scene.ended(40001, 8080, "client", "close", None, "The server answered the Close 4 s late, and both ended properly.",
                (scene, "SIG(STOP|CONT)"), (client, r"40001 close\(1000\)"), (client, "closed code=1000"))


@recording("{aiohttp} on {python}, {websockets}")
def closes_aiohttp_busy(scene):
    """The peer was sending a message when it received the Close: frames between the Close and its answer are no fault."""
    server = scene.start("aiohttp_server.py", 8080, 0)
    client = scene.start("websockets_client.py", 40001, f"{URL}/echo", "--say", "hello", "--every", "0.2", "--stay", "2", name="client", ready="open")
    client.finish()
    scene.ended(40001, 8080, "client", "close", None, "The client closed between its messages, and the server answered.",
                (client, "> CLOSE 1000"), (client, "< CLOSE 1000"), (server, "40001 ended, close code 1000"))
