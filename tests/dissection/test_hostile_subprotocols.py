# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody sends who wants the readers of subprotocols to hang, to grow, or to show what was not sent."""

import json
import re
import resource
import struct

import pytest

from builder import KEY, Capture, binary, frame, text
from support import fields, packets_matching, run, save, tshark

BOTH = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one", "two"])


def bounded():
    """Memory, and time: a few seconds are many for what is here."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


def speaking(name, capture=None, path="/chat"):
    header = [("Sec-WebSocket-Protocol", name)]
    return (capture or Capture()).tcp().upgrade(path=path, offer=header, accept=header)


def infos(path, *arguments):
    rows = fields(path, ["_ws.col.Info"], *arguments, shown="ws.message.number", limit=bounded)
    return [row[0][0].split("  ", 1)[-1] for row in rows]


# ---- units that span messages --------------------------------------------------

@BOTH
@pytest.mark.parametrize("name, unit, told", [
    ("nats", b"MSG A 1 20000\r\n" + b"x" * 20000 + b"\r\n", "NATS MSG A"),
    ("nats", b"INFO {" + b" " * 19990 + b"}\r\n", "NATS INFO"),
    ("v12.stomp", b"SEND\ndestination:/a\n\n" + b"x" * 20000 + b"\0", 'STOMP SEND "/a"'),
    ("v12.stomp", b"SEND\ndestination:/a\ncontent-length:20000\n\n" + b"x" * 20000 + b"\0", 'STOMP SEND "/a"'),
    ("v12.stomp", b"SEND\ndestination:/a\n" + b"a:b\n" * 5000 + b"\n\0", 'STOMP SEND "/a"'),
    ("mqtt", b"\x30\x7f\x00\x01a" + b"x" * 124, "Topic: a"),
], ids=["counted", "a line", "up to a NUL", "counted by a header", "headers", "another dissector's"])
def test_a_byte_in_each_message(name, unit, told, passes):
    """The work grows with the bytes, not with their square: each is copied a few times, however many messages bring the unit."""
    tcp = speaking(name)
    tcp.server(b"".join(binary(bytes([byte])) for byte in unit))
    tcp.server(binary(b"\0"))
    path = save(tcp.capture, segmentation=1400)
    rows = fields(path, ["ws.message.number"], *passes, shown="ws.message.number", limit=bounded)
    assert sum(len(numbers) for (numbers,) in rows) == len(unit) + 1
    detail = tshark(path, *passes, "-V", "-Y", f"ws.message.number == {len(unit)}", limit=bounded)
    assert told in detail


@BOTH
@pytest.mark.parametrize("name, begin", [("v12.stomp", b"SEND\n\0"), ("v12.stomp", b"SEND\na:b"), ("v12.stomp", b"SEND"), ("nats", b"PUB a"), ("nats", b"P")])
@pytest.mark.parametrize("byte", [b"\0", b"\r", b"\n", b"a"])
def test_a_unit_that_never_ends(name, begin, byte, passes):
    """Each message brings a byte that might end it."""
    tcp = speaking(name).server(binary(begin))
    tcp.server(binary(byte) * 20000)
    tcp.server(binary(b"\r\n\r\n\0PING\r\n"))
    path = save(tcp.capture, segmentation=1400)
    rows = fields(path, ["ws.message.number"], *passes, shown="ws.message.number", limit=bounded)
    assert sum(len(numbers) for (numbers,) in rows) == 20002


@BOTH
@pytest.mark.parametrize("name, begin, end", [
    ("nats", b"MSG A 1 6\r\nabc", b"def\r\n"), ("v12.stomp", b"SEND\ndestination:/a\n\nabc", b"def\0"), ("mqtt", b"\x30\x09\x00\x01aabc", b"def"),
])
@pytest.mark.parametrize("between", ["a lost message", "one that is not decoded", "a fragment that never ends", "a lost one, then a text"])
def test_nothing_is_joined_over_a_hole(name, begin, end, between, passes):
    tcp = speaking(name).server(binary(begin))
    if between == "one that is not decoded":
        tcp.server(binary(b"x" * 200), snap=100)
    elif between == "a fragment that never ends":
        tcp.server(frame(2, b"x", fin=False))
    else:
        tcp.server(binary(b"xxx"), drop=True)
    if between.endswith("text"):
        tcp.server(text("hello"))
    tcp.server(binary(end))
    path = save(tcp.capture)
    assert "abcdef" not in tshark(path, "-V", "-x", *passes)
    assert "put together" not in tshark(path, "-V", *passes)
    assert 6 not in packets_matching(path, "ws.message.goes_on_in", *passes)


@pytest.mark.parametrize("name, messages", [
    ("nats", [b"MSG A 1 6\r\nabc", b"de", b"f\r\nPI", b"NG\r\n"]),
    ("v12.stomp", [b"SEND\ndest", b"ination:/a\n\nabc", b"def\0\nSE", b"ND\n\n\0"]),
])
def test_each_visit_joins_the_same(name, messages):
    tcp = speaking(name)
    for message in messages:
        tcp.server(binary(message))
    path = save(tcp.capture)
    first, second = infos(path), infos(path, "-2")
    assert [re.sub(r" in #\d+", "", info) for info in second] == first
    assert [info.endswith("[goes on]") for info in first] == [True, True, True, False]
    assert fields(path, ["ws.message.goes_on_in"], "-2", shown="ws.message.goes_on_in") == [[["7"]], [["8"]], [["9"]]]


def test_a_frame_in_a_string_of_sockjs_ends_there():
    """What STOMP would wait for does not come: the string is whole."""
    tcp = Capture().tcp().upgrade(path="/sockjs/123/abc/websocket")
    tcp.server(text("o")).server(text('a["SEND\\ndestination:/a\\n\\nabc"]')).server(text('a["def\\u0000"]'))
    path = save(tcp.capture)
    assert packets_matching(path, "stomp.malformed") == [7]
    assert packets_matching(path, "ws.message.goes_on_in", "-2") == []


# ---- many, large, deep -----------------------------------------------------------

def packed(count):
    """SignalR's pings, in MessagePack."""
    return b"\x02\x91\x06" * count


def handshake(tcp):
    return tcp.client(text('{"protocol":"messagepack","version":1}\x1e', mask=KEY)).server(text("{}\x1e"))


@BOTH
def test_many_records_in_a_message(passes):
    """Wireshark allows 500 layers; each record has one of its own."""
    tcp = handshake(Capture().tcp().upgrade())
    tcp.server(binary(packed(900))).server(binary(packed(1)))
    path = save(tcp.capture)
    rows = fields(path, ["signalr.type"], *passes, shown="signalr && frame.number > 7", limit=bounded)
    assert [len(types) for (types,) in rows] == [900, 1]
    assert packets_matching(path, "_ws.malformed || _ws.expert.group == malformed", *passes) == []


@BOTH
def test_more_records_than_are_shown(passes):
    tcp = handshake(Capture().tcp().upgrade())
    tcp.server(binary(packed(100000)))
    path = save(tcp.capture, segmentation=1400)
    (types, experts), = fields(path, ["signalr.type", "_ws.expert.message"], *passes, shown="signalr.type == 6", limit=bounded)
    assert len(types) == 1000 and experts == ["Read as far as byte 3000: more records than are shown"]


@BOTH
@pytest.mark.parametrize("name, opener", [("wamp.2.msgpack", b"\x91"), ("wamp.2.cbor", b"\x81"), ("wamp.2.json", "[")])
def test_deep_nesting(name, opener, passes):
    tcp = speaking(name)
    tcp.server(text(opener * 50000) if isinstance(opener, str) else binary(opener * 50000)).server(text("[1]") if isinstance(opener, str) else binary(b"\x91\x01"))
    path = save(tcp.capture)
    assert packets_matching(path, "wamp.malformed", *passes, limit=bounded) == [6, 7]
    assert "Dissector bug" not in tshark(path, "-V", *passes, limit=bounded)


@BOTH
def test_questions_that_nobody_answers(passes):
    """Twenty thousand, with long ids: bounded, and the last ones are known."""
    tcp = speaking("ocpp1.6")
    for start in range(0, 20000, 100):
        tcp.client(b"".join(text(f'[2,"{number}{"x" * 200}","Heartbeat",{{}}]', mask=KEY) for number in range(start, start + 100)))
    tcp.server(text(f'[3,"19999{"x" * 200}",{{}}]')).server(text(f'[3,"0{"x" * 200}",{{}}]'))
    path = save(tcp.capture)
    assert packets_matching(path, "ocpp.response_to == 205", *passes, limit=bounded) == [206]


@BOTH
def test_losses_between_many_questions(passes):
    """What is open is not gone through once for each."""
    tcp = speaking("v12.stomp")
    tcp.client(b"".join(text(f"SEND\ndestination:/a\nreceipt:{number}\n\n\0", mask=KEY) for number in range(4000)))
    for number in range(3000):
        tcp.server(text(f"RECEIPT\nreceipt-id:{number}\n\n\0"), drop=number % 4 == 3)
    path = save(tcp.capture, segmentation=1400)
    assert len(packets_matching(path, "stomp.response_to", *passes, limit=bounded)) == 2250


@BOTH
def test_bytes_that_are_no_text_in_a_text_protocol(passes):
    tcp = speaking("nats")
    tcp.server(binary(b"MSG \xff\xfe 1 2\r\n\xff\xff\r\n")).server(binary(b"INFO {\"a\":\"\xc3")).server(text("é\"}\r\n"))
    detail = run("tshark", "-r", save(tcp.capture), "-T", "json", *passes).stdout.decode()  # strictly: it is UTF-8
    subjects = [packet["_source"]["layers"]["nats"]["nats.subject"] for packet in json.loads(detail) if "nats.subject" in str(packet)]
    assert subjects == ["\ufffd\ufffd"] and "Dissector bug" not in detail


@BOTH
def test_lengths_that_lie(passes):
    tcp = speaking("nats")
    tcp.server(binary(b"MSG A 1 18446744073709551615\r\nabc\r\n")).server(binary(b"PING\r\n"))
    stomp = speaking("v12.stomp", tcp.capture)
    stomp.server(binary(b"SEND\ncontent-length:18446744073709551615\n\nabc\0")).server(binary(b"SEND\n\n\0"))
    spdy = speaking("wamp.2.cbor.batched", tcp.capture)
    spdy.server(binary(struct.pack(">I", 0xffffffff) + b"\x81\x01")).server(binary(struct.pack(">I", 0) * 500))
    path = save(tcp.capture)
    assert len(infos(path, *passes)) == 6
    assert [info for info in infos(path, *passes) if info.endswith("NATS PING") or info.endswith("STOMP SEND")] == ["Binary [6] NATS PING", "Binary [7] STOMP SEND"]


# ---- what others see -----------------------------------------------------------

def test_info_is_cut_at_a_character():
    tcp = Capture().tcp().upgrade()
    tcp.server(b"".join(text("é" * 40) for _ in range(100)))
    info = fields(save(tcp.capture), ["_ws.col.Info"], shown="ws.message.number")[0][0][0]
    assert len(info.encode()) > 3900 and "\ufffd" not in info and "\\x" not in info


def test_malformed_messages_are_counted_without_a_tree():
    tcp = speaking("ocpp1.6").client(text("hello", mask=KEY)).client(text('[2,"1","Heartbeat",{}]', mask=KEY)).client(text("[9]", mask=KEY))
    assert re.search(r"^ *2 +Malformed +OCPP ", tshark(save(tcp.capture), "-q", "-z", "expert"), re.M)


def test_registered_names_that_nobody_reads():
    """They change nothing: content is looked at as without a name."""
    tcp = speaking("v1.usp").client(text('[2,"1","Heartbeat",{}]', mask=KEY)).server(text('[3,"1",{}]')).client(binary(b"\1\2\3", mask=KEY))
    path = save(tcp.capture)
    assert packets_matching(path, "ocpp") == [7]
    assert infos(path)[-1] == "Binary [3]"
