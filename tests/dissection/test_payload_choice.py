# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user chooses for messages: Decode As by connection, port and subprotocol, and the preference for JSON."""

import pytest

from builder import KEY, Capture, binary, text
from support import fields, run, save, tshark

CBOR = bytes.fromhex("a1 61 61 01")  # {"a": 1}, RFC 8949 appendix A has its parts
CHAT = [("Sec-WebSocket-Protocol", "chat.example")]
NAMED = [("Sec-WebSocket-Protocol", "janus-protocol")]  # goes to JSON by itself


def two(offer=CHAT):
    """Two connections to port 80 with the same messages."""
    capture = Capture()
    for tcp in (capture.tcp(), capture.tcp()):
        tcp.upgrade(offer=offer, accept=offer).client(binary(CBOR, mask=KEY)).server(text('{"b": 2}'))
    return save(capture)


def protocols(path, *arguments):
    """[what decoded the client's message, the server's] of each connection."""
    rows = fields(path, ["ws.stream", "frame.protocols"], *arguments, shown="ws.message.number")
    return [[names[0].rsplit(":", 1)[1] for stream, names in rows if stream[0] == number] for number in "01"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize(("choice", "first", "second"), [
    ([], ["ws", "json"], ["ws", "json"]),
    (["ws.stream==0,cbor"], ["cbor", "cbor"], ["ws", "json"]),
    (["ws.stream==1,data"], ["ws", "json"], ["data", "data"]),
    (["ws.port==80,cbor"], ["cbor", "cbor"], ["cbor", "cbor"]),
    (["ws.protocol==chat.example,cbor"], ["cbor", "cbor"], ["cbor", "cbor"]),
    (["ws.protocol==other,cbor"], ["ws", "json"], ["ws", "json"]),
    (["ws.stream==0,data", "ws.port==80,cbor"], ["data", "data"], ["cbor", "cbor"]),
])
def test_decode_as(choice, first, second, passes):
    arguments = [argument for one in choice for argument in ("-d", one)]
    assert protocols(two(), *arguments, *passes) == [first, second]


def test_the_choice_goes_before_what_was_negotiated():
    by_itself = ["data-text-lines", "json"]  # JSON's dissector hands on what is none
    assert protocols(two(NAMED)) == [by_itself] * 2
    assert protocols(two(NAMED), "-d", "ws.port==80,cbor") == [["cbor", "cbor"]] * 2
    assert protocols(two(NAMED), "-d", "ws.stream==1,cbor") == [by_itself, ["cbor", "cbor"]]


def test_what_is_chosen_is_shown():
    assert "Unsigned Integer: 1" in tshark(two(), "-d", "ws.stream==0,cbor", "-O", "cbor")


@pytest.mark.parametrize("table", ["ws.stream==0", "ws.port==80", "ws.protocol==chat.example"])
def test_what_can_be_chosen(table):
    """The list is in tshark's words about a choice that does not exist."""
    refused = run("tshark", "-r", two(), "-d", f"{table},nothing", check=False)
    offered = {line.split("(")[0].strip() for line in refused.stderr.decode().splitlines() if line.startswith("\t")}
    assert {"amqp", "cbor", "data", "json", "mqtt", "msgpack", "protobuf", "sip", "xmpp"} <= offered


def test_json_can_be_left_alone():
    path = two()
    assert protocols(path, "-o", "ws.json:FALSE") == [["ws", "ws"]] * 2
    assert protocols(path, "-o", "ws.json:FALSE", "-d", "ws.stream==0,json") == [["data-text-lines", "json"], ["ws", "ws"]]


def test_connections_without_handshake_can_be_left_alone():
    capture = Capture()
    tcp = capture.tcp()
    for i in range(20):
        tcp.client(text(f"message {i}", mask=KEY)).server(text(f"answer {i}"))
    path = save(capture)
    assert fields(path, ["ws.stream"], shown="ws")
    assert fields(path, ["ws.stream"], "-o", "ws.midstream:FALSE", shown="ws") == []
    assert fields(path, ["ws.stream"], "-o", "ws.midstream:FALSE", "-d", "tcp.port==80,ws", shown="ws")
