# SPDX-License-Identifier: GPL-2.0-or-later
"""Which bytes of the packet each violation highlights."""

import functools
import json
import re

import pytest

from builder import (CLOSE, CONTINUATION, KEY, Capture, Deflater, binary, close, frame, ping, request, response,
                     text)
from support import ROOT, Tree, save, tshark

EXTENSIONS, PROTOCOL = "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"
DEFLATE = [(EXTENSIONS, "permessage-deflate")]
BITS_8 = [(EXTENSIONS, "permessage-deflate; server_max_window_bits=8")]
FAR = binary(Deflater().message(bytes(range(250)) + bytes(range(250, 0, -1)) * 2 + bytes(range(250))), rsv=4)

# (rule, what the server sends, from where to where in the last of it[, extension])
SERVER_FRAMES = [
    ("rsv_set", [text("x", rsv=1)], 0, 1),
    ("opcode_reserved", [frame(3, b"x")], 0, 1),
    ("server_masked", [text("x", mask=KEY)], 1, 6),
    ("server_masked", [binary(bytes(200), mask=KEY)], 1, 8),
    ("length_not_minimal", [text("x", length_encoding=16)], 1, 4),
    ("length_not_minimal", [text("x", length_encoding=64)], 1, 10),
    ("length_msb_set", [frame(2, b"x", declared_length=1 << 63, length_encoding=64)], 1, 10),
    ("control_too_long", [ping(bytes(126))], 1, 4),
    ("control_fragmented", [ping(fin=False)], 0, 1),
    ("control_compressed", [ping(rsv=4)], 0, 1, DEFLATE),
    ("continuation_unexpected", [frame(CONTINUATION, b"x")], 0, 1),
    ("continuation_compressed", [text("a", fin=False), frame(CONTINUATION, b"b", rsv=4)], 0, 1, DEFLATE),
    ("data_interleaved", [text("a", fin=False), text("b")], 0, 1),
    ("text_not_utf8", [text(b"abc\xff.")], 5, 7),  # from the first bad byte on
    ("text_not_utf8", [text(b"ab", fin=False), frame(CONTINUATION, b"c\xff.")], 3, 5),
    ("text_not_utf8", [text(Deflater().message(b"abc\xff"), rsv=4)], 2, None, DEFLATE),
    ("close_length", [frame(CLOSE, b"\x03")], 2, 3),
    ("close_code_invalid", [close(1005)], 2, 4),
    ("close_reason_not_utf8", [close(1000, b"ab\xff")], 6, 7),
    ("data_after_close", [close(1000), text("x")], 0, 1),
    ("inflate_failed", [text(b"\x07\x00", rsv=4)], 2, 4, DEFLATE),
    ("window_exceeded", [FAR], 4, None, BITS_8),
]
CLIENT_FRAMES = [
    ("client_unmasked", text("x"), 1, 2),
    ("client_unmasked", binary(bytes(200)), 1, 2),
    ("text_not_utf8", text(b"abc\xff.", mask=KEY), 9, 11),
    ("close_reason_not_utf8", close(1000, b"ab\xff", mask=KEY), 10, 11),
    ("length_not_minimal", text("x", length_encoding=16, mask=KEY), 1, 4),
]

REQUEST, RESPONSE = b"GET /chat HTTP/1.1", b"HTTP/1.1 101 Switching Protocols"
# (rule, options of the request, options of the response, bytes)
HANDSHAKES = [
    ("accept_wrong", {}, {"headers": [("Sec-WebSocket-Accept", "wrong")]}, b"wrong"),
    ("accept_missing", {}, {"omit": ["Sec-WebSocket-Accept"]}, RESPONSE),
    ("key_invalid", {"key": "secret"}, {"key": "secret"}, b"secret"),
    ("key_missing", {"omit": ["Sec-WebSocket-Key"]}, {}, REQUEST),
    ("version_unsupported", {"headers": [("Sec-WebSocket-Version", "8  ")]}, {}, b"8"),
    ("version_missing", {"omit": ["Sec-WebSocket-Version"]}, {}, REQUEST),
    ("method_not_get", {"method": "POST"}, {}, b"POST"),
    ("http_version", {"version": "HTTP/1.0"}, {}, b"HTTP/1.0"),
    ("host_missing", {"omit": ["Host"]}, {}, REQUEST),
    ("upgrade_missing", {"headers": [("Upgrade", "h2c")]}, {}, b"h2c"),
    ("upgrade_missing", {}, {"headers": [("Upgrade", "h2c, websocket")]}, b"h2c, websocket"),
    ("upgrade_missing", {}, {"omit": ["Upgrade"]}, RESPONSE),
    ("connection_missing", {"headers": [("Connection", "keep-alive")]}, {}, b"keep-alive"),
    ("connection_missing", {}, {"omit": ["Connection"]}, RESPONSE),
    ("header_repeated", {"headers": [("Sec-WebSocket-Version", "13"), ("sec-websocket-version", "8")]}, {}, b"8"),
    ("protocol_not_offered", {"headers": [(PROTOCOL, "a, b")]}, {"headers": [(PROTOCOL, "c")]}, b"c"),
    ("protocol_not_offered", {"headers": [(PROTOCOL, "a, b")]}, {"headers": [(PROTOCOL, "a, b")]}, b"b"),
    ("extension_not_offered", {}, {"headers": [(EXTENSIONS, "x-example; a=1")]}, b"x-example; a=1"),
    ("extension_parameter", {"headers": [(EXTENSIONS, "x-good, permessage-deflate; b=2")]}, {}, b"permessage-deflate; b=2"),
    ("extension_parameter", {"headers": [(EXTENSIONS, "x y")]}, {}, b"x y"),
]


def conversations():
    """[(rule, what to highlight, function)]"""
    for rule, sent, begin, end, *extension in SERVER_FRAMES:
        def talk(tcp, sent=sent, extension=extension):
            options = {"accept": extension[0]} if extension else {}
            tcp.upgrade(offer=extension[0] if extension else (), **options)
            for data in sent:
                tcp.server(data)
        yield rule, sent[-1][begin:end], talk
    for rule, sent, begin, end in CLIENT_FRAMES:
        yield rule, sent[begin:end], lambda tcp, sent=sent: tcp.upgrade().client(sent)
    for rule, asked, answered, expected in HANDSHAKES:
        yield rule, expected, lambda tcp, asked=asked, answered=answered: (
            tcp.syn().client(request(**asked)).server(response(**answered)))


CASES = list(conversations())


@functools.cache
def highlighted(passes):
    """By connection: [(rule, bytes)]."""
    capture = Capture()
    for _, _, talk in CASES:
        talk(capture.tcp())
    out = tshark(save(capture), *["-2"] * (passes - 1), "-Y", "ws.violation", "-T", "json", "-x", "-J", "frame tcp ws")
    found = {}
    for packet in json.loads(out, object_pairs_hook=Tree, strict=False):
        raw = [bytes.fromhex(value[0]) for value in packet.all("ws.violation_raw")]
        found.setdefault(int(packet.get("tcp.stream")), []).extend(zip(packet.all("ws.violation"), raw, strict=True))
    return found


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_highlights_the_bytes_it_is_about(number, passes):
    rule, expected, _ = CASES[number]
    assert highlighted(passes).get(number) == [(rule, expected)]


def test_every_rule_is_here():
    table = re.findall(r"^WS_VIOLATION\((\w+),", (ROOT / "dissector" / "violations.def").read_text(), re.M)
    assert {rule for rule, _, _ in CASES} == set(table)
