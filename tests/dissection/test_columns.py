# SPDX-License-Identifier: GPL-2.0-or-later
"""The packet list: Protocol and Info."""

import re

import pytest

from builder import CONTINUATION, KEY, RSV1, TEXT, Capture, Deflater, binary, close, frame, ping, pong, request, response, text
from support import WIRESHARK, save, tshark

TO_SERVER, TO_CLIENT = "Client → Server", "Server → Client"


def columns(capture, *arguments, shown="ws.direction and not ws.handshake.type"):
    """(Protocol, Info) of each packet with frames."""
    out = tshark(capture, "-Y", shown, "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info", *arguments)
    return [tuple(line.split("\t")) for line in out.splitlines()]


def upgraded(**options):
    capture = Capture()
    return capture.tcp().upgrade(**options)


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_each_kind_of_frame(passes):
    tcp = upgraded()
    tcp.client(text("Hello", mask=KEY)).server(text("Grüße")).client(binary(bytes(300), mask=KEY)).server(binary(b""))
    tcp.client(ping(b"abc", mask=KEY)).server(pong(b"abc")).client(close(1001, "bye", mask=KEY)).server(close())
    expected = [
        (TO_SERVER, "Text [5] Hello"), (TO_CLIENT, "Text [7] Grüße"), (TO_SERVER, "Binary [300]"), (TO_CLIENT, "Binary [0]"),
        (TO_SERVER, 'Ping "abc"'), (TO_CLIENT, "Pong 1.0 ms"), (TO_SERVER, 'Close 1001 Going Away "bye"'), (TO_CLIENT, "Close")]
    assert columns(save(tcp.capture), *passes) == [("WebSocket", f"{way}  {what}") for way, what in expected]


def test_every_frame_of_a_packet():
    tcp = upgraded()
    tcp.client(b"".join(text(f"message {i}", mask=KEY) + ping(mask=KEY) for i in range(5)))
    assert columns(save(tcp.capture)) == [
        ("WebSocket", TO_SERVER + "".join(f"  Text [9] message {i}  Ping" for i in range(5)))]


def test_fragments_and_their_message():
    tcp = upgraded()
    tcp.server(text("Hel", fin=False)).server(frame(CONTINUATION, b"", fin=False)).server(frame(CONTINUATION, b"lo"))
    path = save(tcp.capture)
    assert [info for _, info in columns(path)] == [
        f"{TO_CLIENT}  Text (fragment) [3]", f"{TO_CLIENT}  Continuation (fragment) [0]", f"{TO_CLIENT}  Text [5] Hello"]
    assert [info for _, info in columns(path, "-2")] == [
        f"{TO_CLIENT}  Text (fragment) [3] [Reassembled in #8]", f"{TO_CLIENT}  Continuation (fragment) [0] [Reassembled in #8]",
        f"{TO_CLIENT}  Text [5] Hello"]


@pytest.mark.parametrize("length, shown", [(0, ""), (1, " 1…"), (5, " 12345…"), (200, " " + "1234567890" * 20 + "…"),
                                           (2 ** 32 - 1, " " + "1234567890" * 50)])
def test_length_of_text_is_a_preference(length, shown):
    tcp = upgraded()
    tcp.server(text("1234567890" * 50)).server(binary(b"\0"))
    found = [info for _, info in columns(save(tcp.capture), "-o", f"ws.info_text:{length}")]
    assert found == [f"{TO_CLIENT}  Text [500]{shown}", f"{TO_CLIENT}  Binary [1]"]


def test_beginning_of_a_long_text():
    """Cut at a character's border, on one line."""
    tcp = upgraded()
    tcp.server(text("a" * 64)).server(text("a" * 65)).server(text("ü" * 100)).server(text("a" + "👋" * 50))
    tcp.server(text("line\nnext\r\n\ttab\x7f"))
    assert [info for _, info in columns(save(tcp.capture))] == [
        f"{TO_CLIENT}  Text [64] " + "a" * 64, f"{TO_CLIENT}  Text [65] " + "a" * 64 + "…",
        f"{TO_CLIENT}  Text [200] " + "ü" * 32 + "…", f"{TO_CLIENT}  Text [201] " + "a" + "👋" * 15 + "…",
        f"{TO_CLIENT}  Text [16] line next   tab "]


def test_compressed_text_has_both_lengths():
    deflate = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    tcp = upgraded(offer=deflate, accept=deflate)
    payload = Deflater().message(b"compressed")
    tcp.server(text(payload, rsv=4))
    assert [info for _, info in columns(save(tcp.capture))] == [f"{TO_CLIENT}  Text [10, {len(payload)} on wire] compressed"]


def test_violation_is_marked_at_its_frame():
    tcp = upgraded()
    tcp.server(text("good") + text("bad", rsv=1) + text("good"))
    assert [info for _, info in columns(save(tcp.capture))] == [
        f"{TO_CLIENT}  Text [4] good  Text [3] bad [Violation: rsv_set]  Text [4] good"]


def test_parts_of_a_frame():
    capture = Capture()
    capture.tcp(mss=1000).upgrade().server(binary(bytes(2500)))
    path = save(capture)
    assert [info for _, info in columns(path)] == [
        f"{TO_CLIENT}  Binary [996/2500]", f"{TO_CLIENT}  Binary [1996/2500]", f"{TO_CLIENT}  Binary [2500]"]
    assert [info for _, info in columns(path, "-2")] == [
        f"{TO_CLIENT}  Binary [996/2500] [Reassembled in #8]", f"{TO_CLIENT}  Binary [1996/2500] [Reassembled in #8]",
        f"{TO_CLIENT}  Binary [2500]"]


def test_part_of_a_header():
    capture = Capture()
    whole = text("Hello")
    capture.tcp().upgrade().server(whole[:1]).server(whole[1:])
    assert [info for _, info in columns(save(capture))] == [
        f"{TO_CLIENT}  [1 bytes of a frame that goes on]", f"{TO_CLIENT}  Text [5] Hello"]


def test_data_that_can_be_read_and_that_cannot():
    tcp = upgraded()
    tcp.server(binary(b"plain")).server(binary("naïve".encode() * 20)).server(binary(b"two\nlines")).server(binary(b"\xff"))
    tcp.server(ping(b"two\nlines")).server(ping(b"\x00\x01")).server(ping(bytes(range(20)))).server(pong(b"nobody asked"))
    tcp.server(frame(3, b"x")).server(frame(11, b"x"))
    assert [info.removeprefix(f"{TO_CLIENT}  ") for _, info in columns(save(tcp.capture))] == [
        "Binary [5] plain", "Binary [120] " + ("naïve" * 20).encode()[:64].decode(errors="ignore") + "…", "Binary [9]", "Binary [1]",
        "Ping 74776f0a6c696e6573", "Ping 0001", "Ping 000102030405060708090a0b0c0d0e0f…", 'Pong "nobody asked"',
        "Reserved opcode 3 [1] [Violation: opcode_reserved]", "Reserved opcode 11 [1] [Violation: opcode_reserved]"]


def test_every_violation_of_a_frame_is_named():
    tcp = upgraded()
    tcp.server(frame(9, b"x" * 200, fin=False, mask=KEY))
    (_, info), = columns(save(tcp.capture))
    assert info.endswith("…\" [Violation: server_masked] [Violation: control_too_long] [Violation: control_fragmented]")

def test_frames_with_the_response():
    """HTTP's text stays before ours."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().server(text("first"))
    (protocol, info), = columns(save(capture, "coalesced"), shown="ws.opcode")
    assert protocol == "WebSocket"
    assert info.startswith("HTTP/1.1 101 Switching Protocols") and info.endswith(f"{TO_CLIENT}  Text [5] first")


def test_columns_do_not_depend_on_the_tree():
    """The packet list without any field asked for says the same as with a tree."""
    tcp = upgraded()
    tcp.client(text("Hello", mask=KEY)).server(text("x", fin=False) + frame(CONTINUATION, b"y") + close(1000))
    path = save(tcp.capture)
    listed = [line.split(" WebSocket ", 1)[1].split(" ", 1)[1] for line in tshark(path).splitlines() if " WebSocket " in line]
    assert listed == [info for _, info in columns(path)]
    assert listed == [f"{TO_SERVER}  Text [5] Hello",
                      f"{TO_CLIENT}  Text (fragment) [1]  Text [2] xy  Close 1000 Normal Closure"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_what_is_missing(passes):
    """Bytes that were lost, cut off, or cannot be inflated without what was lost: a reader of the packet list is told so."""
    deflate = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    tcp = upgraded(offer=deflate, accept=deflate)
    deflater = Deflater()
    messages = [frame(TEXT, deflater.message(b"the same words in all of these messages, %d" % i), rsv=RSV1) for i in range(4)]
    tcp.server(messages[0]).server(messages[1], drop=True).server(messages[2] + messages[3] + ping(b"abc"))
    tcp.client(text("x" * 200, mask=KEY), snap=100)
    lengths = [len(message) - 2 for message in messages]
    assert [info for _, info in columns(save(tcp.capture), *passes)] == [
        f"{TO_CLIENT}  Text [42, {lengths[0]} on wire] the same words in all of these messages, 0",
        f"[TCP Previous segment not captured]   {TO_CLIENT}  [{len(messages[1])} bytes not captured]"
        f"  Text [{lengths[2]}, no_context]  Text [{lengths[3]}, no_context]  Ping \"abc\"",
        f"[TCP ACKed unseen segment]   {TO_SERVER}  Text [200, truncated]"]


def listing(path, *arguments):
    """(Protocol, Info) of each packet as the packet list shows them, whatever the fields say."""
    layout = 'gui.column.format:"Protocol","%p","Info","%i"'
    return [re.split(r" +", line, maxsplit=1) for line in tshark(path, "-o", layout, *arguments).splitlines()]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_packet_that_tells_it_is_websocket(passes):
    """What came before it is shown with it."""
    tcp = Capture().tcp()
    tcp.client(ping(b"abc", mask=KEY)).client(text("it was the ping of a client", mask=KEY))
    assert listing(save(tcp.capture), "-Y", "ws", *passes) == [
        ["WebSocket", f"{TO_SERVER}  Ping \"abc\"  Text [27] it was the ping of a client"]]


# From 4.4 on the fields of the columns are those of the time when TCP is done. What is decoded later: the packet that proves WebSocket, in
# the first pass, and what TCP keeps for the protocol of a port that joined the connection before we did. {(port, begin): packets}
LATE = {(80, "frames"): [0], (1883, "request"): [2], (1883, "frames"): [0, 2, 4, 6, 8, 10], (6379, "frames"): [0, 2]}


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("begin", ["syn", "request", "frames"])
@pytest.mark.parametrize("port", [80, 1883, 5555, 6379])
def test_fields_of_columns_say_what_the_list_says(port, begin, passes):
    tcp = Capture().tcp(server=("10.0.0.2", port))
    if begin == "syn":
        tcp.syn()
    if begin != "frames":
        tcp.client(request()).server(response())
    for i in range(6):
        tcp.client(text(f"question {i} of the client", mask=KEY)).server(text(f"answer {i} of the server"))
    path = save(tcp.capture)
    shown = [list(packet) for packet in columns(path, *passes, shown="ws")]
    listed = listing(path, "-Y", "ws", *passes)
    differ = [i for i, (a, b) in enumerate(zip(shown, listed, strict=True)) if a != b]
    known = WIRESHARK >= (4, 4) and not (port == 80 and passes)
    assert differ == (LATE.get((port, begin), []) if known else []), (shown, listed)
