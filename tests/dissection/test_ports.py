# SPDX-License-Identifier: GPL-2.0-or-later
"""The opening handshake on every TCP port, whosever it is; and what that owner's dissector shows of its own protocol stays."""

import functools
import random

import pytest

from builder import KEY, Capture, close, request, response, text
from support import CLIENT, SERVER, dissect, fields, packets_matching, run, save, streams, tshark
from test_without_websocket import OUTPUTS, assert_same

OFFER = [("Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover"), ("Sec-WebSocket-Protocol", "chat")]


FIRST_CLIENT_PORT = 60000  # they are of nobody from there on


@functools.cache
def table():
    """The ports that Wireshark gives to a dissector: its table tcp.port."""
    rows = [line.split("\t") for line in run("tshark", "-G", "decodes", plugins=None).stdout.decode().splitlines()]
    ports = {int(row[1]) for row in rows if row[0] == "tcp.port"}
    return sorted(port for port in ports | {3000, 4223, 9001} if 0 < port < FIRST_CLIENT_PORT)


def accepted(tcp):
    tcp.syn().client(request(headers=OFFER)).server(response(headers=[("Sec-WebSocket-Protocol", "chat")]))
    tcp.client(text("hello", mask=KEY)).server(text("world")).client(close(1000, mask=KEY)).server(close(1000)).fin()


def refused(tcp):
    tcp.syn().client(request(headers=OFFER)).server(response(status="403 Forbidden", body=b"no")).fin()


@functools.cache
def every_port(conversation, segmentation="asis"):
    capture = Capture(step=0.00001)
    for number, port in enumerate(table()):
        conversation(capture.tcp(server=("10.0.0.2", port), client=("10.0.0.1", FIRST_CLIENT_PORT + number)))
    return save(capture, segmentation)


PASSES = pytest.mark.parametrize("passes", [[], ["-2"]], ids=["once", "twice"])


def by_port(found):
    """{port: the connection}; their numbers tell nothing, since some dissectors find TCP in what they are given."""
    ports = {}
    for stream in found.values():
        ends = {int(stream.packets[0].tree.get(name)) for name in ("tcp.srcport", "tcp.dstport")}
        ports[min(ends)] = stream
    return ports


def wrong(found, is_right):
    connections = by_port(found)
    return [port for port in table() if not (port in connections and is_right(connections[port]))]


def is_request(layer):
    return (layer.get("ws.handshake.type") == "1" and layer.all("ws.handshake.protocol") == ["chat"]
            and layer.get("ws.handshake.url").startswith("ws://example.com") and layer.get("ws.handshake.extension"))


@PASSES
@pytest.mark.parametrize("segmentation", ["asis", 100])
def test_accepted(segmentation, passes):
    assert len(table()) > 500

    def right(stream):
        return (len(stream.handshakes()) == 2 and is_request(stream.handshakes()[0])
                and stream.handshakes()[1].get("ws.handshake.status") == "101"
                and stream.messages(CLIENT) == ["hello"] and stream.messages(SERVER) == ["world"]
                and (segmentation != "asis" or not stream.malformed()) and not stream.all("ws.violation") and not stream.all("ws.diagnosis"))
    # SNMP's dissector begins another of Wireshark's conversations when it sees the first segment.
    assert wrong(streams(every_port(accepted, segmentation), *passes), right) == ([] if segmentation == "asis" else [161, 162])


@PASSES
def test_request_line_that_is_cut(passes):
    """HTTP's own heuristic wants the whole line in one segment."""
    ports = 80, 3000, 9001, 1883, 5432, 6001, 6379
    capture = Capture()
    for port in ports:
        accepted(capture.tcp(server=("10.0.0.2", port)))
    found = streams(save(capture, 10), *passes)
    assert [len(found[number].handshakes()) for number in range(len(ports))] == [2] * len(ports)
    assert {tuple(found[number].messages(CLIENT)) for number in range(len(ports))} == {("hello",)}


@PASSES
def test_refused(passes):
    path = every_port(refused)
    by_ipp = set(packets_matching(path, "_ws.malformed && tcp.port == 631", *passes, plugins=None))

    def right(stream):
        return (len(stream.handshakes()) == 2 and is_request(stream.handshakes()[0])
                and stream.handshakes()[1].get("ws.handshake.status") == "403"
                and stream.all("ws.diagnosis") == ["forbidden"] and not set(stream.malformed()) - by_ipp)
    assert wrong(streams(path, *passes), right) == []


@PASSES
def test_request_is_the_first_packet_captured(passes):
    """Its port's owner has dissected it by then; all else is right."""
    def joined_late(tcp):
        tcp.client(request(headers=OFFER)).server(response(headers=[("Sec-WebSocket-Protocol", "chat")]))
        tcp.client(text("hello", mask=KEY)).server(text("world"))

    found = {port: ([], []) for port in table()}
    names = ["tcp.srcport", "tcp.dstport", "ws.handshake.type", "ws.handshake.url", "ws.message.text"]
    for (source,), (destination,), types, urls, texts in fields(every_port(joined_late), names, *passes):
        port = min(int(source), int(destination))
        found[port][0].extend(types)
        found[port][1].extend(urls + texts)
    right = ["1", "2"], ["ws://example.com/chat", "hello", "world"]
    assert [port for port in table() if found[port] != right] == []


# ---- all else stays ---------------------------------------------------------

def ordinary_http(tcp):
    """Two requests and a form, one after the other."""
    tcp.syn()
    for method, body in ("GET", b""), ("GET", b""), ("POST", b"GET / HTTP/1.1\r\n"):
        tcp.client(b"%s /a/long/path HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n\r\n" % (method.encode(), len(body)) + body)
        tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    tcp.fin()


def lines(tcp):
    """Some begin as a request does."""
    tcp.syn().server(b"220 ready\r\n").client(b"GET key\r\n").server(b"+OK\r\n").client(b"GET /").client(b"key\r\n").fin()


def noise(tcp):
    dice = random.Random(tcp.ends["server"][1])
    tcp.syn()
    for size in (4, 40, 400):
        tcp.client(dice.randbytes(size)).server(dice.randbytes(size))
    tcp.fin()


def request_as_data(tcp):
    """Not the first bytes of the client."""
    tcp.syn().client(b"\x10\x20\x00\x04MQTT").client(request()).server(b"\x20\x02\x00\x00")


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("segmentation", ["asis", 20])
@pytest.mark.parametrize("conversation", [ordinary_http, lines, noise], ids=lambda function: function.__name__)
def test_without_websocket(conversation, segmentation, output):
    path = every_port(conversation, segmentation)
    # Wireshark without our folder has plugins of its own, for some ports.
    assert_same(tshark(path, *OUTPUTS[output]), tshark(path, *OUTPUTS[output], "--disable-protocol", "ws"))


@PASSES
def test_a_request_within_another_protocol_is_its_data(passes):
    """Unless HTTP is its port's."""
    capture = Capture(step=0.00001)
    for port in (1883, 6379, 3306, 5432, 6001, 445, 53):
        request_as_data(capture.tcp(server=("10.0.0.2", port)))
    assert packets_matching(save(capture), "ws", *passes) == []


def test_the_users_choice_stays():
    capture = Capture()
    accepted(capture.tcp(server=("10.0.0.2", 6001)))
    arguments = save(capture), "-d", "tcp.port==6001,mqtt", "-c", "5"
    assert_same(tshark(*arguments, "-V"), tshark(*arguments, "-V", plugins=None))
