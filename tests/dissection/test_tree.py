# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree as a person reads it, and what exports make of it."""

import json
import re
import shutil

import pytest

from builder import CONTINUATION, KEY, TEXT, Capture, Deflater, binary, close, frame, ping, pong, request, text
from support import ROOT, WIRESHARK, asked, fields, packets_matching, save, scratch, tshark

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
TO_SERVER, TO_CLIENT = "WebSocket, Client → Server, ", "WebSocket, Server → Client, "


def upgraded(**options):
    return Capture().tcp().upgrade(**options)


NAMES = ["node-ws", "node-ws-deflate", "mqtt-ws", "http2-cleartext", "wss-http2", "chromium", "nginx"]


def sample(name):
    """A recording of captures/, where tshark may read it."""
    path = scratch() / f"{name}.pcapng"
    shutil.copy(ROOT / "captures" / f"{name}.pcapng", path)
    path.chmod(0o644)
    return path


def layers(path, *arguments):
    """The ws layers of `-V` that have a direction, as lists of lines."""
    found, inside = [], False
    for line in tshark(path, "-V", "-Y", "ws", *arguments).splitlines():
        if not line.startswith(" "):
            inside = line.startswith((TO_SERVER, TO_CLIENT))
            if inside:
                found.append([])
        if inside and line:
            found[-1].append(line)
    return found


def headlines(path, *arguments):
    return [lines[0] for lines in layers(path, *arguments)]


def below(lines, beginning):
    """The lines below the one that begins so, without their indentation."""
    at = next(i for i, line in enumerate(lines) if line.strip().startswith(beginning))
    depth = len(lines[at]) - len(lines[at].lstrip())
    found = []
    for line in lines[at + 1:]:
        if len(line) - len(line.lstrip()) <= depth:
            break
        found.append(line.strip())
    return found


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_headline_says_what_a_person_would(passes):
    deflated = Deflater().message(b"One message" * 3)
    tcp = upgraded(offer=DEFLATE, accept=DEFLATE)
    tcp.server(text("Hel", fin=False)).server(ping(b"tick")).client(pong(b"tick", mask=KEY)).server(frame(CONTINUATION, b"lo"))
    tcp.client(frame(TEXT, deflated, rsv=4, mask=KEY)).server(binary(b"\x00\x01")).server(binary(b"x")).server(text(""))
    tcp.client(frame(0xb, b"ab", mask=KEY)).client(close(1011, "db pool", mask=KEY)).server(close())
    assert headlines(save(tcp.capture), *passes) == [
        TO_CLIENT + "Text (fragment of message 1), 3 bytes", TO_CLIENT + 'Ping "tick"', TO_SERVER + "Pong 1.0 ms",
        TO_CLIENT + "[Message 1: Text, 5 bytes] Hello",
        TO_SERVER + f"[Message 1: Text, 33 bytes, {len(deflated)} on wire] " + "One message" * 3,
        TO_CLIENT + "[Message 2: Binary, 2 bytes]", TO_CLIENT + "[Message 3: Binary, 1 byte] x",
        TO_CLIENT + "[Message 4: Text, 0 bytes]", TO_SERVER + "Reserved opcode 11, 2 bytes",
        TO_SERVER + 'Close 1011 Internal Error "db pool"', TO_CLIENT + "Close"]


def test_headline_of_a_message_with_a_hole():
    tcp = upgraded()
    long = text("y" * 3000)
    tcp.server(long[:1000]).server(long[1000:2000], drop=True).server(long[2000:])
    assert headlines(save(tcp.capture))[-1] == TO_CLIENT + "[Message 1: Text, 3000 bytes, gap]"


def test_text_of_several_lines():
    tcp = upgraded()
    tcp.server(text("SEND\r\ndestination:/q\n\nbody\n")).server(text("one line\n")).server(text("a\nb"))
    first, second, third = layers(save(tcp.capture))
    assert below(first, "Text: 4 lines") == ["SEND", "destination:/q", "", "body"]
    assert any(line.strip() == "Text: one line\\n" for line in second) and not below(second, "Text:")
    assert below(third, "Text: 2 lines") == ["a", "b"]
    path = save(tcp.capture)
    assert packets_matching(path, 'ws.message.text == "a\\nb"') == [8]


def test_a_million_lines():
    """The list has an end, and Wireshark's limit of items is not reached."""
    tcp = upgraded()
    tcp.server(text("\n" * 60000)).server(text("after"))
    found = layers(save(tcp.capture), "-o", "gui.max_tree_items:60000")
    assert below(found[-2], "Text: 60000 lines") == [""] * 1000
    assert found[-1][0].endswith("after")


def test_what_rsv1_says():
    deflater = Deflater()
    packed = deflater.message(b"compressed text")
    tcp = upgraded(offer=DEFLATE, accept=DEFLATE)
    tcp.server(frame(TEXT, packed[:5], rsv=4, fin=False)).server(frame(CONTINUATION, packed[5:])).server(text("plain"))
    plain = tcp.capture.tcp(server=("10.0.0.3", 8081)).upgrade()
    plain.server(text("a", rsv=4))
    rsv1 = [next(line.strip() for line in lines if "RSV1" in line) for lines in layers(save(tcp.capture))]
    assert rsv1 == [".1.. .... = RSV1: Set (per-message compressed)", ".0.. .... = RSV1: Not set", ".0.. .... = RSV1: Not set",
                    ".1.. .... = RSV1: Set"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_segments_of_a_frame(passes):
    """Each packet that carried a part of it, with its share; the bytes of each are marked."""
    tcp = upgraded()
    long = text("z" * 2996)  # 3000 bytes
    for begin in range(0, 3000, 1000):
        tcp.server(long[begin:begin + 1000])
    tcp.server(text("short"))
    path = save(tcp.capture)
    last = layers(path, *passes)[-2]
    assert below(last, "[3 segments (3000 bytes): #6(1000), #7(1000), #8(1000)]") == [
        "[Segment: 6 (1000 bytes)]", "[Segment: 7 (1000 bytes)]", "[Segment: 8 (1000 bytes)]", "[Segment count: 3]"]
    assert not any("segment" in line for line in layers(path, *passes)[-1])
    assert packets_matching(path, "ws.segment == 7", *passes) == [8]
    assert packets_matching(path, "ws.segment.count == 3", *passes) == [8]


def test_bytes_that_are_marked():
    """Of each segment its share of the frame, of each line its share of the text."""
    tcp = upgraded()
    long = text("line\n" * 2 + "z" * 2986)
    for begin in range(0, 3000, 1000):
        tcp.server(long[begin:begin + 1000])
    out = tshark(save(tcp.capture), "-T", "pdml", "-Y", "ws.segments")
    marked = [(name, int(size), int(at)) for name, size, at in
              re.findall(r'<field name="(ws.segment|ws.message.line)" .*?size="(\d+)" pos="(\d+)"', out)]
    assert marked == [("ws.segment", 1000, 0), ("ws.segment", 1000, 1000), ("ws.segment", 1000, 2000),
                      ("ws.message.line", 5, 4), ("ws.message.line", 5, 9), ("ws.message.line", 2986, 14)]


def test_segments_with_a_gap():
    tcp = upgraded()
    long = text("z" * 2996)
    tcp.server(long[:1000]).server(long[1000:2000], drop=True).server(long[2000:])
    last = layers(save(tcp.capture))[-1]
    assert below(last, "[2 segments (3000 bytes)")[:2] == ["[Segment: 6 (1000 bytes)]", "[Segment: 7 (1000 bytes)]"]


@pytest.mark.parametrize("data", [b"", b"tick", b"\x00\x01"])
def test_ping_data_once(data):
    tcp = upgraded()
    tcp.client(ping(data, mask=KEY)).server(pong(data))
    path = save(tcp.capture)
    sent, answered = layers(path)
    shown = [line.strip() for line in sent[1:] + answered[1:] if data and data.hex() in line.replace("Masking key", "")]
    words = ' ("tick")' if data == b"tick" else ""
    assert shown == ([f"Ping data: {data.hex()}{words}", f"Pong data: {data.hex()}{words}"] if data else [])
    assert [row[1:] for row in fields(path, ["frame.number", "ws.ping", "ws.payload"], shown="ws.opcode == 9")] == [
        [[data.hex()] if data else []] * 2]
    assert packets_matching(path, f"ws.payload == {data.hex(':')}" if data else "ws.opcode >= 9") == [6, 7]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_nothing_is_missing(passes):
    """An empty value is empty, in the tree and in columns of fields."""
    tcp = upgraded()
    tcp.client(ping(b"", mask=KEY)).server(pong(b"")).server(binary(b"")).server(text("")).server(close())
    path = save(tcp.capture)
    assert "<MISSING>" not in tshark(path, "-V", *passes)
    names = ["ws.ping", "ws.pong", "ws.message.data", "ws.message.text", "ws.payload", "ws.message.length"]
    rows = fields(path, names, *passes, shown="ws.opcode")
    assert rows == [[[]] * 6, [[]] * 6, [[]] * 5 + [["0"]], [[]] * 5 + [["0"]], [[]] * 6]


def test_bad_text_as_far_as_it_is_text():
    tcp = upgraded()
    for bad in (b"good \xe2\x82", b"abc\xff def", b"\xff", b"x\xe2\x82Y", b"ok \xf0\x9f\x91\x8b\xed\xa0\x80"):
        tcp.server(frame(TEXT, bad))
    path = save(tcp.capture)
    parts = ["good ", "abc", "", "x", "ok 👋"]
    assert fields(path, ["ws.message.valid_text", "ws.message.text"], shown="ws.opcode") == [
        [[part] if part else [], []] for part in parts]
    for part, lines in zip(parts, layers(path), strict=True):
        assert re.search(r"\[Message \d: Text, \d+ bytes?\] ?(.*)", lines[0])[1] == part
        assert any(line.endswith(f" Text, as far as it is UTF-8: {part}") for line in lines) == bool(part)


def test_byte_tabs_have_the_messages_number():
    """In the order of `-x`: what was sent, then each view of it."""
    tcp = upgraded(offer=DEFLATE, accept=DEFLATE)
    packed = frame(TEXT, Deflater().message(b"inflated"), rsv=4, mask=KEY)
    tcp.server(text("first")).client(text("masked", mask=KEY)).client(packed[:4]).client(packed[4:])
    tcp.server(text("in ", fin=False)).server(frame(CONTINUATION, b"two")).client(ping(b"p", mask=KEY))
    tabs = re.findall(r"^(?!Frame |Packet )(\S.*) \(\d+ bytes?\):$", tshark(save(tcp.capture), "-x", "-V", "-Y", "ws.opcode"), re.M)
    assert tabs == ["Unmasked payload of message 1", "Reassembled frame of message 2", "Unmasked payload of message 2",
                    "Inflated message 2", "Message 2", "Unmasked payload"]


# ---- exports ----------------------------------------------------------------

def test_exports_are_free_of_the_builtins_fields():
    """JSON, elastic mapping, PDML and the hierarchy of protocols; where one is asked for, it is there."""
    tcp = upgraded()
    tcp.server(text('{"a": 1}')).client(text("plain", mask=KEY)).server(close(1000, "bye"))
    path = save(tcp.capture)
    for output in ("json", "jsonraw", "ek", "pdml"):
        found = tshark(path, "-T", output)
        assert "websocket." not in found and "websocket_websocket" not in found and 'proto name="websocket"' not in found
    assert "websocket" not in tshark(path, "-q", "-z", "io,phs")
    assert packets_matching(path, "websocket.opcode == 1") == packets_matching(path, "websocket.payload.text") == [6, 7]
    assert "websocket.opcode" in tshark(path, "-T", "json", "-o", "ws.builtin_fields:TRUE")


def test_each_text_once_in_json():
    tcp = upgraded()
    tcp.server(text("once only"))
    out = tshark(save(tcp.capture), "-T", "json")
    assert out.count("once only") == 1
    json.loads(out)


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_json_in_the_hierarchy(passes):
    tcp = upgraded()
    tcp.server(text('{"a": 1}'))
    out = tshark(save(tcp.capture), "-q", "-z", "io,phs", *passes)
    assert re.search(r"^ +ws +frames:1 .*\n +json +frames:1 ", out, re.M)


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "captures").glob("*.pcapng")
                                        if ("http3" not in path.stem or WIRESHARK >= (4, 6)) and "failing" not in path.stem))
def test_protocols_name_the_plugin(name, passes):
    """On each packet whose frames Wireshark hands over; HTTP/3 is 4.6's, and failed handshakes have no frames."""
    rows = fields(sample(name), ["frame.number", "frame.protocols"], *passes, shown="ws.opcode")
    assert rows and all("ws" in protocols[0].split(":") for _, protocols in rows)


@pytest.mark.parametrize("name", NAMES)
def test_trees_of_real_programs(name):
    """Nothing is missing, and every message has its headline."""
    path = sample(name)
    found = headlines(path)
    messages = sum(len(row[0]) for row in fields(path, ["ws.message.number"], shown="ws.message.number"))
    assert messages == sum("[Message " in line for line in found) > 0
    assert "<MISSING>" not in "".join(found)


def test_a_visit_that_a_limit_ended_leaves_nothing_to_the_next():
    """Of the same packet, as in the GUI: what Wireshark throws where a tree has too many items ends the plugin, too."""
    tcp = Capture().tcp()
    tcp.client(request())
    tcp.server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    limits = range(100, 160, 4)
    visit = {"method": "frame", "params": {"frame": 2, "proto": True}}
    calls = [visit]
    for limit in limits:
        for value in (limit, 1000000):
            calls += [{"method": "setconf", "params": {"name": "gui.max_tree_items", "value": str(value)}}, visit]
    trees = [json.dumps(answer["tree"]) for answer in asked(save(tcp.capture), *calls) if "tree" in answer]
    assert "Opening handshake: response" in trees[0] and len(trees) == 1 + 2 * len(limits)
    assert any("Adding ws" in tree for tree in trees[1::2])
    assert trees[2::2] == [trees[0]] * len(limits)
