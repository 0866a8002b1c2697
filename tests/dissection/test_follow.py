# SPDX-License-Identifier: GPL-2.0-or-later
"""Follow WebSocket Stream: tshark -z follow,ws,MODE,STREAM."""

import base64
import hashlib
import re

import pytest

from builder import KEY, Capture, binary, close, frame, ping, pong, text
from support import CLIENT, SERVER, WIRESHARK, asked, save, tshark
from test_recorded import NAMES, path_of, told, truth

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
LINES = "==================================================================="


def follow(path, mode, stream, *arguments):
    """What tshark prints between its lines, without what it says of the capture."""
    out = tshark(path, "-q", "-z", f"follow,ws,{mode},{stream}", *arguments)
    return out if mode == "yaml" else out.split(LINES)[1].strip("\n")


def records(path, stream, *arguments):
    """[(side, bytes)]."""
    lines = follow(path, "raw", stream, *arguments).split("\n")[4:]
    return [(SERVER if line.startswith("\t") else CLIENT, bytes.fromhex(line)) for line in lines]


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_messages_of_real_software(name, passes):
    entries = truth(name)
    for number in {entry["stream"] for entry in entries}:
        found = records(path_of(name), number, *["-2"] * (passes - 1))
        for side in (CLIENT, SERVER):
            listed = [told(entry)[1] for entry in entries
                      if entry["stream"] == number and entry["direction"] == side and entry["type"] in ("text", "binary")]
            seen = [data if len(data) <= 256 else (len(data), hashlib.sha256(data).hexdigest())
                    for direction, data in found if direction == side and not re.match(rb"\[(Ping|Pong|Close)\b", data)]
            assert seen == listed


def talk():
    """One connection with all that Follow has to tell."""
    capture = Capture(step=0.0015)
    tcp = capture.tcp().upgrade()
    tcp.client(text("two\nlines, naïve", mask=KEY))
    tcp.server(frame(1, b"one message in ", fin=False) + ping(b"tick") + frame(0, b"three ", fin=False))
    tcp.client(pong(b"tick", mask=KEY))
    tcp.server(frame(0, b"frames") + binary(b"\x00\xff[Ping]"))
    tcp.server(text("")).server(frame(3, b"reserved")).client(frame(9, b"\x01\x02", mask=KEY))
    tcp.server(close(1011, "db pool exhausted")).client(close(1011, mask=KEY)).fin("server")
    return save(capture)


TALK = [
    (CLIENT, "two\nlines, naïve".encode()), (SERVER, b'[Ping "tick"]'), (CLIENT, b"[Pong 1.5 ms]"),
    (SERVER, b"one message in three frames"), (SERVER, b"\x00\xff[Ping]"), (SERVER, b""), (CLIENT, b"[Ping 0102]"),
    (SERVER, b'[Close 1011 Internal Error "db pool exhausted"]'), (CLIENT, b"[Close 1011 Internal Error]"),
]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_messages_are_whole_and_control_frames_are_lines(passes):
    assert records(talk(), 0, *passes) == TALK


def test_modes():
    path = talk()
    head, lines = follow(path, "ascii", 0).split("\n")[:4], follow(path, "ascii", 0).split("\n")[4:]
    assert head == ["Follow: ws,ascii", "Filter: ws.stream eq 0", "Node 0: 10.0.0.1:50000", "Node 1: 10.0.0.2:80"]
    assert lines[:5] == ["17", "two", "lines, na..ve", "\t13", '[Ping "tick"]']
    assert "\t00000000  5b 50 69 6e 67 20 22 74  69 63 6b 22 5d           [Ping \"t ick\"]" in follow(path, "hex", 0).split("\n")
    blocks = follow(path, "yaml", 0).split("  - packet: ")[1:]
    told_in_yaml = [(SERVER if "peer: 1" in block else CLIENT, base64.b64decode("".join(block.split("!!binary |")[1].split())))
                    for block in blocks]
    assert told_in_yaml == TALK
    if WIRESHARK >= (4, 4):
        assert "lines, naïve" in follow(path, "utf-8", 0)


def test_by_addresses():
    assert follow(talk(), "raw", "10.0.0.1:50000,10.0.0.2:80").split("\n")[2:] == follow(talk(), "raw", 0).split("\n")[2:]


def test_only_the_connection_that_is_asked_for():
    capture = Capture()
    one, two = capture.tcp().upgrade(), capture.tcp().upgrade()
    one.client(text("of the first", mask=KEY))
    two.server(text("of the second"))
    path = save(capture)
    assert records(path, 0) == [(CLIENT, b"of the first")] and records(path, 1) == [(SERVER, b"of the second")]
    both = tshark(path, "-q", "-z", "follow,ws,raw,0", "-z", "follow,ws,raw,1").split("\n")
    assert sorted(line.strip() for line in both if re.fullmatch(r"\t?[0-9a-f]+", line)) == [
        b"of the first".hex(), b"of the second".hex()]


def test_what_is_missing_is_said():
    capture = Capture()
    tcp = capture.tcp().upgrade(offer=DEFLATE, accept=DEFLATE)
    tcp.server(text("before")).server(text("lost"), drop=True).server(text("after"))
    tcp.server(frame(1, b"\xff\xff\xff", rsv=4))
    path = save(capture)
    assert records(path, 0) == [(SERVER, b"before"), (SERVER, b"[6 bytes not captured]"), (SERVER, b"after"),
                                (SERVER, b"[A message of 3 bytes, not decoded]")]


def test_a_message_that_is_not_utf8_is_shown_as_it_was_sent():
    capture = Capture()
    capture.tcp().upgrade().server(text(b"bad \xff"))
    assert records(save(capture), 0) == [(SERVER, b"bad \xff")]


def test_from_a_packet_as_in_the_gui():
    """Texts and short lines end their line there: the GUI puts records together."""
    path = talk()
    packet, of_tcp, followed = asked(path, {"method": "frame", "params": {"frame": 6}}, {"method": "frame", "params": {"frame": 1}},
                                     {"method": "follow", "params": {"follow": "WS", "filter": "ws.stream eq 0"}})
    assert ["WS", "ws.stream eq 0"] in packet["fol"] and all(follower != "WS" for follower, _ in of_tcp["fol"])
    seen = [(SERVER if record.get("s") else CLIENT, base64.b64decode(record["d"])) for record in followed["payloads"]]
    assert seen == [(side, data if data == b"\x00\xff[Ping]" else data + b"\n") for side, data in TALK]


def test_a_stream_that_was_not_looked_at():
    capture = Capture()
    for content in ("one", "two"):
        capture.tcp().upgrade().server(text(content))
    followed, = asked(save(capture), {"method": "follow", "params": {"follow": "WS", "filter": "ws.stream eq 1"}})
    assert [base64.b64decode(record["d"]) for record in followed["payloads"]] == [b"two\n"]
