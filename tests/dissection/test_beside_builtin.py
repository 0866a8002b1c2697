# SPDX-License-Identifier: GPL-2.0-or-later
"""Beside Wireshark's own dissector: filters on its fields keep matching, and it works as before when it is asked to."""

import pytest

from builder import CONTINUATION, KEY, Capture, Deflater, binary, close, frame, ping, pong, text
from support import WIRESHARK, fields, packets_matching, run, save, tshark

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
OFF = {"disabled": ["--disable-protocol", "ws"], "preference": ["-o", "ws.take_over:FALSE"]}


@pytest.fixture(scope="module")
def path():
    """Frames of all kinds, on one connection without and one with compression; beside them plain HTTP."""
    capture = Capture()
    page = capture.tcp().syn()
    page.client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    for extension in ((), DEFLATE):
        tcp = capture.tcp(server=("10.0.0.2", 8080)).upgrade(offer=extension, accept=extension)
        deflater = Deflater()

        def pack(message):
            return (text(deflater.message(message), rsv=4) if extension else text(message))
        tcp.server(pack(b"Hello")).client(text("plain", mask=KEY)).server(pack(b"Hello again") + ping(b"data"))
        tcp.client(pong(b"data", mask=KEY) + binary(b"\x00\x01\x02", mask=KEY)).server(text("")).server(binary(bytes(200)))
        tcp.client(text("frag", fin=False, mask=KEY)).client(frame(CONTINUATION, b"mented", mask=KEY))
        tcp.server(close(4000, "the reason")).client(close(4000, mask=KEY)).server(close())
    capture.tcp(server=("10.0.0.2", 12345)).upgrade().server(close(1001, "bye"))
    return save(capture)


EQUIVALENT = [
    ("websocket", "ws.opcode"), ("websocket.opcode", "ws.opcode"), ("websocket.fin", "ws.fin"),
    ("websocket.mask", "ws.mask"), ("websocket.payload", "ws.payload"),
    *[(f"websocket.opcode == {opcode}", f"ws.opcode == {opcode}") for opcode in (0, 1, 2, 8, 9, 10, 11)],
    *[(f"websocket.{bit} == {value}", f"ws.{bit} == {value}") for bit in ("fin", "mask") for value in (0, 1)],
    ("websocket.payload.close.status_code", "ws.close.code"),
    ("websocket.payload.close.status_code == 4000", "ws.close.code == 4000"),
    ("websocket.payload.close.status_code == 1001", "ws.close.code == 1001"),
    ("websocket.payload.close.reason", "ws.close.reason"),
    ('websocket.payload.close.reason == "the reason"', 'ws.close.reason == "the reason"'),
    ("websocket.payload.text", "ws.message.text and ws.message.length > 0"),
    ('websocket.payload.text == "Hello"', 'ws.message.text == "Hello"'),
    ('websocket.payload.text contains "again"', 'ws.message.text contains "again"'),
    ('websocket.payload.text == "plain"', 'ws.message.text == "plain"'),
    ('websocket.payload.text == "fragmented"', 'ws.message.text == "fragmented"'),
    ("websocket and http", "ws.opcode and http"),
]


@pytest.mark.parametrize("theirs, ours", EQUIVALENT)
def test_filter_matches_the_same_packets(path, theirs, ours):
    matching = packets_matching(path, theirs)
    assert matching == packets_matching(path, ours)
    assert matching or theirs in ("websocket.opcode == 11", "websocket and http")


ALWAYS = [] if WIRESHARK >= (4, 4) else ["-o", "ws.builtin_fields:TRUE"]  # before, tshark does not tell of -e
FIELDS = ["websocket.fin", "websocket.opcode", "websocket.mask", "websocket.payload.close.status_code",
          "websocket.payload.close.reason"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_values_are_those_of_the_builtin(path, passes):
    """Packet by packet, against Wireshark as it comes."""
    names = ["frame.number", *FIELDS]
    ours = fields(path, names, *ALWAYS, *passes, shown="websocket")
    theirs = fields(path, names, *passes, shown="websocket", plugins=None)
    assert ours == theirs and len(ours) == 23


def test_texts_are_those_of_the_builtin(path):
    """What both decode whole; the built-in shows no text of a message in fragments as such."""
    def texts(**options):
        rows = fields(path, ["frame.number", "websocket.payload.text"], shown="websocket.payload.text", **options)
        return {row[0][0]: row[1] for row in rows}
    ours, theirs = texts(), texts(plugins=None)
    assert {number: ours.get(number) for number in theirs} == theirs
    assert sum(theirs.values(), []).count("Hello") == 2


def test_builtin_steps_aside(path):
    """It shows nothing of its own: the fields above are hidden."""
    out = tshark(path, "-V")
    assert "WebSocket, Server" in out
    assert "WebProtocol" not in out and "Unmask Payload" not in out and "Line-based text data" not in out


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("arguments", [["-V"], [], ["-2", "-V"], ["-T", "pdml"]], ids=["tree", "list", "two_passes", "pdml"])
def test_switched_off(path, off, arguments):
    """The output is that of Wireshark without the plugin, to the letter."""
    ours = tshark(path, *arguments, *OFF[off])
    theirs = tshark(path, *arguments, plugins=None)
    for line in ("<!-- ", "<pdml "):  # names the moment
        ours, theirs = without(ours, line), without(theirs, line)
    assert ours == theirs
    assert "WebSocket" in theirs


def without(text, beginning):
    return "\n".join(line for line in text.split("\n") if not line.startswith(beginning))


@pytest.mark.parametrize("off", OFF)
def test_switched_off_on_any_port(off):
    """A handshake on a port of nobody, and one with frames in the response's segment."""
    capture = Capture()
    capture.tcp(server=("10.0.0.2", 12345)).upgrade(offer=DEFLATE, accept=DEFLATE).server(text("Hello"))
    capture.tcp().upgrade().server(text("Hello")).client(text("x", mask=KEY))
    path = save(capture, "coalesced")
    assert tshark(path, "-V", *OFF[off]) == tshark(path, "-V", plugins=None)


def test_statistics_of_other_protocols_stay(path):
    """Requests and responses are counted as before."""
    arguments = ["-q", "-z", "http,tree", "-z", "conv,tcp"]
    assert tshark(path, *arguments) == tshark(path, *arguments, plugins=None)


def test_builtin_has_no_field_of_ours():
    """The names do not meet."""
    stock = {line.split("\t")[2] for line in run("tshark", "-G", "fields", plugins=None).stdout.decode().splitlines()
             if line.startswith("F\t")}
    ours = {line.split("\t")[2] for line in run("tshark", "-G", "fields").stdout.decode().splitlines()
            if line.startswith("F\tws.") or "\tws." in line}
    assert ours and not {name for name in stock if name.startswith("ws.")}
