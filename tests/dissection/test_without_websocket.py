# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture without WebSocket looks exactly as without the plugin: the listing and the tree, in one pass and in two."""

import functools
import itertools
import struct

import pytest

import http2_builder
from builder import Capture
from http2_builder import ACK, PREFACE, SETTINGS, Http2
from support import WIRESHARK, save, tshark
from test_false_alarms import recorded

OUTPUTS = {"listing": [], "tree": ["-V"], "listing-2": ["-2"], "tree-2": ["-2", "-V"]}
NOISE = bytes(i * 7919 % 251 for i in range(40000))


def assert_same(ours, theirs):
    """Byte for byte; where not, the first lines that differ."""
    if ours != theirs:
        pairs = itertools.zip_longest(ours.splitlines(), theirs.splitlines())
        raise AssertionError("\n".join([f"{mine!r} instead of {their!r}" for mine, their in pairs if mine != their][:3]))


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("port", [None, "50051"], ids=["as-it-is", "grpc"])
def test_recordings_of_other_protocols(output, port):
    path, ends = recorded()
    arguments = [*OUTPUTS[output], *(["-d", f"tcp.port=={port},http2"] if port else [])]
    theirs = tshark(path, *arguments, plugins=None)
    assert theirs.count("\n") >= max(ends.values())
    assert ("GRPC" in theirs) == (port is not None or WIRESHARK >= (4, 4))  # which recognises HTTP/2 on every port
    assert_same(tshark(path, *arguments), theirs)
    if output == "tree-2":
        assert_same(tshark(path, *arguments, "--disable-protocol", "ws"), theirs)


# ---- HTTP/2 -----------------------------------------------------------------

def http2(capture, port, settings):
    """Ordinary requests, one with a body of several frames; `settings` are the server's."""
    tcp = capture.tcp(server=("10.0.0.2", port))
    connection = Http2(tcp, begin=False)
    tcp.syn()
    connection.send("client", PREFACE + http2_builder.frame(SETTINGS, 0, 0))
    connection.send("server", http2_builder.frame(SETTINGS, 0, 0, settings))
    connection.send("client", http2_builder.frame(SETTINGS, ACK, 0))
    for stream in range(1, 9, 2):
        connection.headers("client", stream, [(":method", "POST"), (":path", f"/box.Box/{stream}"), (":scheme", "http"),
                                              (":authority", "example.com"), ("content-type", "application/grpc")], pieces=2)
        message = b"\x0a" + bytes([stream]) + NOISE[:stream * 2000]
        connection.client(stream, b"\0" + struct.pack("!I", len(message)) + message, pieces=3, end=True)
        connection.headers("server", stream, [(":status", "200"), ("content-type", "application/grpc")])
        connection.server(stream, b"\0" + struct.pack("!I", 100) + NOISE[:50]).server(stream, NOISE[50:100])
        connection.headers("server", stream, [("grpc-status", "0")], end=True)
    # A tunnel is no WebSocket, and neither is another protocol of an extended CONNECT (RFC 9298).
    connection.headers("client", 9, [(":method", "CONNECT"), (":authority", "example.com:443")])
    connection.headers("server", 9, [(":status", "200")]).client(9, NOISE[:100])
    connection.headers("client", 11, [(":method", "CONNECT"), (":protocol", "connect-udp"), (":path", "/udp"), (":scheme", "http")])
    connection.headers("server", 11, [(":status", "200")]).client(11, NOISE[:100])
    tcp.fin()


SERVERS = {"refuses": b"", "allows": struct.pack("!HI", http2_builder.ENABLE_CONNECT_PROTOCOL, 1)}


@functools.cache
def http2_capture(segmentation):
    capture = Capture()
    for port in (80, 8080, 443, 7777, 50051, 6379):
        for settings in SERVERS.values():
            http2(capture, port, settings)
    return save(capture, segmentation)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 1460, 100])
def test_http2(segmentation, output):
    path = http2_capture(segmentation)
    theirs = tshark(path, *OUTPUTS[output], plugins=None)
    assert "HTTP2" in theirs or "HyperText Transfer Protocol 2" in theirs
    assert_same(tshark(path, *OUTPUTS[output]), theirs)
