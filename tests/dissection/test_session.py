# SPDX-License-Identifier: GPL-2.0-or-later
"""The summary on the last packet of a connection."""

import functools

import pytest

from builder import KEY, RSV1, Capture, Deflater, binary, close, ping, pong, request, response, text
from support import ROOT, fields, save

NAMES = ["messages.client", "messages.server", "bytes.client", "bytes.server", "wire_bytes.client", "wire_bytes.server",
         "rtt.mean", "rtt.max", "closed_by", "code", "duration", "ratio.server"]
OFFER = [("Sec-WebSocket-Extensions", "permessage-deflate")]

cases = {}


def case(**expected):
    def add(function):
        cases[function.__name__] = function, expected
        return function
    return add


def number(values):
    return float(values[0]) if values else None


@case(**{"messages.client": 2, "messages.server": 1, "bytes.client": 5, "bytes.server": 6, "wire_bytes.client": 5,
         "wire_bytes.server": 6, "closed_by": 0, "code": 1000, "rtt.mean": None, "rtt.max": None, "ratio.server": None})
def counted(tcp):
    tcp.upgrade().client(text("abc", mask=KEY)).client(binary(b"de", mask=KEY)).server(text("answer"))
    tcp.client(close(1000, "bye", mask=KEY)).server(close(1000)).fin("server")


@case(**{"messages.client": 0, "messages.server": 1, "bytes.server": 4000, "closed_by": 1, "code": 4000})
def compressed(tcp):
    payload = Deflater().message(b"word" * 1000)
    tcp.upgrade(offer=OFFER, accept=OFFER).server(text(payload, rsv=RSV1))
    tcp.server(close(4000)).client(close(4000, mask=KEY)).fin("server")


@case(**{"closed_by": 2, "code": None, "messages.client": 1, "duration": 1.5})
def nobody_closed(tcp):
    start = tcp.syn().capture.clock
    tcp.client(request()).server(response()).client(text("x", mask=KEY))
    tcp.capture.clock = start + 1.5
    tcp.rst("server")


@case(**{"closed_by": 0, "code": None})
def close_without_code(tcp):
    tcp.upgrade().client(close(mask=KEY)).server(close()).fin("client")


@case(**{"rtt.mean": 0.25, "rtt.max": 0.4, "closed_by": 1, "code": 1001})
def pings(tcp):
    tcp.upgrade()
    start = tcp.capture.clock
    for i, rtt in enumerate((0.1, 0.4)):
        tcp.server(ping(b"%d" % i), at=start + i)
        tcp.client(pong(b"%d" % i, mask=KEY), at=start + i + rtt)
    tcp.server(close(1001)).client(close(1001, mask=KEY)).fin("server")


@case(**{"closed_by": 1, "code": 1001})
def fin_on_the_close_frame(tcp):
    tcp.upgrade()._send("server", 1 | 8 | 16, close(1001))
    tcp._send("client", 1 | 8 | 16, close(1001, mask=KEY))


@functools.cache
def dissected(passes, segmentation):
    capture = Capture()
    for function, _ in cases.values():
        function(capture.tcp())
    rows = fields(save(capture, segmentation), ["tcp.stream", "tcp.flags.fin", "tcp.flags.reset", *["ws.session." + name for name in NAMES]],
                  *["-2"] * (passes - 1), shown="ws.session.duration")
    found = {}
    for stream, fin, reset, *values in rows:
        name = list(cases)[int(stream[0])]
        assert name not in found, "once for each connection"
        assert fin != reset
        found[name] = dict(zip(NAMES, map(number, values)))
    return found


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("segmentation", ["asis", "bytes"])
@pytest.mark.parametrize("name", cases)
def test_summary(name, segmentation, passes):
    if (name, segmentation) == ("fin_on_the_close_frame", "bytes"):
        return  # each segment would have the flag
    found = dissected(passes, segmentation)[name]
    for field, value in cases[name][1].items():
        if value is None or found[field] is None:
            assert found[field] is value, field
        else:
            assert found[field] == pytest.approx(value, abs=2e-6 if field != "duration" else 5e-3), field
    if name == "compressed":
        assert found["wire_bytes.server"] < 100 and found["ratio.server"] == pytest.approx(4000 / found["wire_bytes.server"])


STATES = ["frame.number", *("ws.session." + name for name in ("state", "url", "subprotocol", "first", "last", "duration", "closed_by"))]


@pytest.mark.parametrize("arguments", [[], ["-2"]], ids=["1", "2"])
def test_states(arguments):
    capture = Capture()
    chat = [("Sec-WebSocket-Protocol", "chat")]
    closed = capture.tcp().syn().client(request("/a", headers=chat)).server(response(headers=chat))  # 1 to 5
    closed.client(close(1000, mask=KEY)).server(close(1000)).fin("server")  # to 10
    capture.tcp().syn().client(request("/b")).server(response(status="403 Forbidden")).fin("server")  # 11 to 18
    capture.tcp().upgrade().client(text("x", mask=KEY)).rst("client")  # 19 to 25
    capture.tcp().syn().client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").fin("client")
    rows = fields(save(capture), STATES, *arguments, shown="ws.session.duration")
    assert [[value for values in row[:5] + row[5:6] + row[7:] for value in values] for row in rows] == [
        ["9", "0", "ws://example.com/a", "chat", "4", "9", "0"], ["17", "3", "ws://example.com/b", "14", "17"],
        ["25", "1", "ws://example.com/chat", "22", "25", "2"]]


def test_open_at_the_end_is_known_from_the_second_pass_on():
    capture = Capture()
    capture.tcp().upgrade().client(text("x", mask=KEY)).server(text("y"))
    path = save(capture)
    assert not fields(path, ["frame.number"], shown="ws.session.duration")
    (row,) = fields(path, STATES, "-2", shown="ws.session.duration")
    assert row[:2] == [["7"], ["2"]] and float(row[6][0]) > 0 and row[7] == [["2"]][0]


@pytest.mark.parametrize("arguments", [[], ["-2"]], ids=["1", "2"])
def test_real_traffic(arguments):
    """wss: the secrets are in the file."""
    rows = fields(ROOT / "captures/wss.pcapng", ["ws.session." + name for name in ("messages.client", "messages.server", "closed_by", "code")],
                  *arguments, shown="ws.session.duration")
    assert rows == [[["5"], ["12"], ["1"], ["1012"]]]


@pytest.mark.parametrize("offer, accepted, line", [
    ([], [], "no extension; no subprotocol"),
    (OFFER, OFFER, "permessage-deflate, client 15 bits with takeover, server 15 bits with takeover; no subprotocol"),
    ([("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"), ("Sec-WebSocket-Protocol", "mqtt, x")],
     [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=10; server_no_context_takeover"),
      ("Sec-WebSocket-Protocol", "mqtt")],
     "permessage-deflate, client 10 bits with takeover, server 15 bits without takeover; subprotocol mqtt"),
])
def test_negotiated(offer, accepted, line):
    capture = Capture()
    capture.tcp().upgrade(offer=offer, accept=accepted)
    assert fields(save(capture), ["ws.handshake.negotiated"], shown="ws.handshake.negotiated") == [[[line]]]
