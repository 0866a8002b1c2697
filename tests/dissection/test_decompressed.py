# SPDX-License-Identifier: GPL-2.0-or-later
"""Payloads that the application compressed itself: zlib, gzip and Zstandard."""

import gzip
import json
import os
import subprocess
import zlib

import pytest

from builder import KEY, Capture, binary, text
from support import fields, packets_matching, save, tshark

SAID = b'{"type":"tick","price":' + b"1" * 200 + b"}"
BOTH = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one", "two"])


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def flushed(data):
    """As a stream that goes on has it: a flush, and no end."""
    deflater = zlib.compressobj()
    return deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)


FORMATS = {"zlib": zlib.compress, "gzip": gzip.compress, "zstd": zstd}


def sent(*messages):
    tcp = Capture().tcp().upgrade()
    for message in messages:
        tcp.server(message)
    return save(tcp.capture)


@BOTH
@pytest.mark.parametrize("name, compress", [*FORMATS.items(), ("zlib stream", flushed)], ids=[*FORMATS, "flushed"])
def test_is_opened(name, compress, passes):
    packed = compress(SAID)
    path = sent(binary(packed))
    rows = fields(path, ["ws.decompressed", "ws.decompressed.length", "ws.decompressed.text", "json.key", "_ws.col.Info"], *passes, shown="ws.opcode == 2")
    info = f"Server → Client  Binary [{len(packed)}] {name} [{len(SAID)}] " + SAID[:64].decode() + "…"
    assert rows == [[[name], [str(len(SAID))], [SAID.decode()], ["type", "price"], [info]]]
    tap = [json.loads(line) for line in tshark(path, "-q", "-z", "ws,messages", *passes).splitlines()]
    assert tap[0]["info"].startswith(f"{name} [{len(SAID)}]")
    assert "Decompressed message 1" in tshark(path, "-V", "-x", *passes)


@pytest.mark.parametrize("name", FORMATS)
def test_a_subprotocol_in_it(name):
    packed = FORMATS[name](b'[2,"1","StartTransaction",{"idTag":"a"}]')
    tcp = Capture().tcp().upgrade(offer=[("Sec-WebSocket-Protocol", "ocpp1.6")], accept=[("Sec-WebSocket-Protocol", "ocpp1.6")])
    path = save(tcp.client(binary(packed, mask=KEY)).capture)
    rows = fields(path, ["ocpp.action", "ws.message.info"], shown="ocpp")
    assert rows == [[["StartTransaction"], [f"{name} [40] OCPP CALL StartTransaction"]]]


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_text(name):
    data = bytes(range(256)) * 4
    assert fields(sent(binary(FORMATS[name](data))), ["ws.decompressed.data"], shown="ws.decompressed") == [[[data.hex()]]]


@pytest.mark.parametrize("damage", [lambda packed: packed[:-6], lambda packed: packed + b"more", lambda packed: packed[:10] + b"\xff" * 8 + packed[18:],
                                    lambda packed: packed[:4]], ids=["cut", "longer", "damaged", "short"])
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_that_to_its_end(name, damage):
    packed = damage(FORMATS[name](os.urandom(40) + SAID))
    path = sent(binary(packed), text("after"))
    assert packets_matching(path, "ws.decompressed") == []
    assert fields(path, ["ws.message.data"], shown="ws.opcode == 2") == [[[packed.hex()]]]
    assert packets_matching(path, 'ws.message.text == "after"') == [7]


def test_what_only_begins_like_it():
    for start in (b"\x78\x9c", b"\x78\x01", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"):
        assert packets_matching(sent(binary(start + bytes(40)), binary(start), binary(start + b"\xff" * 40)), "ws.decompressed") == []


def test_text_is_never_opened():
    packed = zlib.compress(b"a" * 100)
    assert packets_matching(sent(text(packed), text("x\x9c")), "ws.decompressed") == []


@pytest.mark.parametrize("name", FORMATS)
def test_bombs_stay_closed(name):
    """More than the preference allows, or than zlib could make of so few bytes."""
    bomb = FORMATS[name](bytes(40 << 20))
    path = sent(*[binary(bomb)] * (1 if name != "zstd" else 20))

    def limit():
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    assert "Malformed" not in tshark(path, "-V", limit=limit)
    assert packets_matching(path, "ws.decompressed") == []


def stream_of(*texts):
    """What gateways call zlib-stream: one stream, flushed behind each message."""
    deflater = zlib.compressobj()
    return [deflater.compress(one) + deflater.flush(zlib.Z_SYNC_FLUSH) for one in texts]


TICKS = [b'{"op":0,"tick":%d,"symbol":"one"}' % i for i in range(40)]


@BOTH
def test_a_stream_over_messages(passes):
    """Later messages refer to earlier ones, and do not begin like zlib."""
    packed = stream_of(*TICKS)
    assert not any(one.startswith(b"\x78") for one in packed[1:])
    path = sent(*map(binary, packed))
    rows = fields(path, ["ws.decompressed", "ws.decompressed.text"], *passes, shown="ws.opcode == 2")
    assert rows == [[["zlib stream"], [one.decode()]] for one in TICKS]
    assert packets_matching(path, 'ws.decompressed.text contains "\\"tick\\":39"', *passes) == [45]


@BOTH
def test_a_stream_each_way_and_something_between(passes):
    there, back = stream_of(*TICKS), stream_of(*reversed(TICKS))
    tcp = Capture().tcp().upgrade()
    for one, other in zip(there, back):
        tcp.client(binary(one, mask=KEY)).server(binary(other)).server(binary(b"no part of it")).server(text("nor this"))
    rows = fields(save(tcp.capture), ["ws.decompressed.text"], *passes, shown="ws.decompressed")
    assert rows == [[[one.decode()]] for pair in zip(TICKS, reversed(TICKS)) for one in pair]


@BOTH
def test_a_stream_with_a_hole(passes):
    """What refers back to what is missing is not shown; nothing is shown that was not sent."""
    texts = [os.urandom(20).hex().encode() * 3 for _ in range(9)]
    packed = stream_of(*texts)
    tcp = Capture().tcp().upgrade()
    for number, one in enumerate(packed):
        tcp.server(binary(one), drop=number == 4)
    rows = fields(save(tcp.capture), ["ws.decompressed.text"], *passes, shown="ws.decompressed.text")
    assert [row[0][0].encode() for row in rows[:4]] == texts[:4]
    assert all(row[0][0].encode() in texts for row in rows)
