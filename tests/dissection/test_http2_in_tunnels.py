# SPDX-License-Identifier: GPL-2.0-or-later
"""WebSocket over HTTP/2 as browsers behind a proxy send it: in TLS, in a tunnel of CONNECT or SOCKS."""

import struct

import pytest

import http2_builder
from builder import KEY, RSV1, Capture, Deflater, close, text
from http2_builder import ENABLE_CONNECT_PROTOCOL, PREFACE, SETTINGS, Http2
from support import Truth, dissect, save
from test_http2 import DEFLATE, LAYERS, by_stream
from test_tunnels import ESTABLISHED, connect, open_socks5
from tls import Tls, secrets


def no_tunnel(tcp, port):
    return tcp.syn()


def through_connect(tcp, port):
    return connect(tcp, port).server(ESTABLISHED)


def through_socks(tcp, port):
    return open_socks5(tcp, "example.com", port)


TUNNELS = [(no_tunnel, 443, 443), (no_tunnel, 9443, 9443), (through_connect, 8080, 443), (through_connect, 3128, 9443),
           (through_socks, 1080, 443), (through_socks, 1080, 9443)]


def talk(transport):
    """Two streams that take turns, each with its own compression."""
    http2 = Http2(transport, begin=False)
    http2.send("client", PREFACE + http2_builder.frame(SETTINGS, 0, 0))
    http2.send("server", http2_builder.frame(SETTINGS, 0, 0, struct.pack("!HI", ENABLE_CONNECT_PROTOCOL, 1)))
    deflaters = {}
    for stream in (1, 3):
        http2.websocket(stream, offer=DEFLATE, answer=DEFLATE, path=f"/{stream}", scheme="https")
        deflaters[stream] = Deflater(), Deflater()
    for i in range(3):
        for stream, (client, server) in deflaters.items():
            http2.client(stream, text(client.message(f"ask {stream} {i} ask".encode()), rsv=RSV1, mask=KEY))
            http2.server(stream, text(server.message(f"tell {stream} {i} tell".encode()), rsv=RSV1))
    for stream in (3, 1):
        http2.client(stream, close(1000, mask=KEY)).server(stream, close(1000)).closes(stream)
    transport.fin()
    return [Truth(client=[f"ask {stream} {i} ask" for i in range(3)], server=[f"tell {stream} {i} tell" for i in range(3)],
                  handshakes=[{"ws.handshake.url": f"wss://example.com/{stream}"}, {"ws.handshake.status": 200}])
            for stream in deflaters]


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 100])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("tunnel, proxy, port", TUNNELS)
def test_in_tls(tunnel, proxy, port, version, segmentation, passes):
    capture = Capture()
    truths = talk(Tls(tunnel(capture.tcp(server=("10.0.0.2", proxy)), port), version))
    found = by_stream(dissect(save(capture, segmentation), "-o", f"tls.keylog_file:{secrets()}", *["-2"] * (passes - 1),
                              layers=LAYERS))
    assert len(found) == len(truths)
    for truth, stream in zip(truths, found.values()):
        truth.check(stream)
