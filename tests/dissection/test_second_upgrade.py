# SPDX-License-Identifier: GPL-2.0-or-later
"""Several WebSocket connections on one TCP connection, one after the other, and on the same ports."""

import pytest

from builder import (BINARY, KEY, RSV1, Capture, Deflater, binary, close, fragments, ping, pong, request, response,
                     text)
from support import CLIENT, SERVER, Cases, Truth, dissect, save

KEY2 = "x3JJHMbDL1EzLkh9GBhXDw=="
DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
CHAT = [("Sec-WebSocket-Protocol", "chat.v2")]

cases = Cases()


def compressed(deflater, message, mask=None):
    return text(deflater.message(message.encode()), rsv=RSV1, mask=mask)


def talk_compressed(tcp, word):
    """Frames that only decode with the window of this connection."""
    client, server = Deflater(), Deflater()
    messages = [f"{word} {word} {i} {word}" for i in range(3)]
    for message in messages:
        tcp.client(compressed(client, message, KEY)).server(compressed(server, message + "!"))
    return messages, [message + "!" for message in messages]


def halves(*facts):
    """What each request and response says: (key, extension, subprotocol)."""
    return [{"ws.handshake.type": kind, "ws.handshake.extension": extensions, "ws.handshake.protocol": protocols,
             **({"ws.handshake.key": key} if kind == 1 else {"ws.handshake.status": 101, "ws.handshake.accept.valid": 1})}
            for key, extensions, protocols in facts for kind in (1, 2)]


@cases
def after_close_with_other_extensions(tcp):
    tcp.upgrade()
    tcp.client(text("plain", mask=KEY)).server(text("as it is"))
    tcp.client(close(1000, "first", mask=KEY)).server(close(1000, "first"))
    tcp.client(request("/second", key=KEY2, headers=DEFLATE + CHAT)).server(response(KEY2, headers=DEFLATE + CHAT))
    client, server = talk_compressed(tcp, "second")
    tcp.client(close(1001, mask=KEY)).server(close(1001)).fin()
    return Truth(client=["plain", *client], server=["as it is", *server],
                 handshakes=halves(("dGhlIHNhbXBsZSBub25jZQ==", [], []), (KEY2, ["permessage-deflate"], ["chat.v2"])))


@cases
def after_close_from_compressed_to_plain(tcp):
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    client, server = talk_compressed(tcp, "first")
    tcp.server(close(1000)).client(close(1000, mask=KEY))
    tcp.client(request("/plain", key=KEY2)).server(response(KEY2))
    tcp.client(text("plain", mask=KEY)).server(text("yes")).fin()
    return Truth(client=[*client, "plain"], server=[*server, "yes"], diagnoses=["closed_without_close_frame"])


@cases
def in_one_segment_with_the_close(tcp):
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    client, server = talk_compressed(tcp, "first")
    tcp.server(close(1000))
    tcp.client(close(1000, mask=KEY) + request("/second", key=KEY2, headers=DEFLATE))
    tcp.server(response(KEY2, headers=DEFLATE) + compressed(Deflater(), "at once"))
    tcp.client(text("more", mask=KEY))
    tcp.server(close(1000)).client(close(1000, mask=KEY)).fin()
    return Truth(client=[*client, "more"], server=[*server, "at once"])


@cases
def after_plain_http(tcp):
    """A connection that was closed may carry anything again."""
    tcp.upgrade()
    tcp.client(text("plain", mask=KEY)).server(text("as it is"))
    tcp.client(close(1000, mask=KEY)).server(close(1000))
    tcp.client(b"GET /page HTTP/1.1\r\nHost: example.com\r\n\r\n")
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\npage")
    tcp.client(request("/second", key=KEY2, headers=DEFLATE + CHAT)).server(response(KEY2, headers=DEFLATE + CHAT))
    client, server = talk_compressed(tcp, "second")
    tcp.client(close(1001, mask=KEY)).server(close(1001)).fin()
    return Truth(client=["plain", *client], server=["as it is", *server],
                 handshakes=halves(("dGhlIHNhbXBsZSBub25jZQ==", [], []), (KEY2, ["permessage-deflate"], ["chat.v2"])))


@cases
def without_close(tcp):
    """The server still sends on the first connection after the second request, in one segment with the response too."""
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    client, server = talk_compressed(tcp, "first")
    tcp.client(text("last", mask=KEY) + request("/second", key=KEY2))
    tcp.server(text("late"))
    tcp.server(text("too late") + response(KEY2) + text("new"))
    tcp.client(text("newer", mask=KEY)).server(ping(b"p")).client(pong(b"p", mask=KEY))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=[*client, "last", "newer"], server=[*server, "late", "too late", "new"])


@cases
def three_times(tcp):
    tcp.syn()
    client, server = [], []
    for i, extension in enumerate([DEFLATE, [], DEFLATE]):
        key = f"{i}GhlIHNhbXBsZSBub25jZQ=="
        tcp.client(request(f"/{i}", key=key, headers=extension)).server(response(key, headers=extension))
        if extension:
            sent = talk_compressed(tcp, f"word{i}")
        else:
            tcp.client(text("one", mask=KEY)).server(text("two"))
            sent = ["one"], ["two"]
        client, server = client + sent[0], server + sent[1]
        tcp.client(close(1000, mask=KEY)).server(close(1000))
    tcp.fin()
    return Truth(client=client, server=server)


@cases
def refused_then_accepted(tcp):
    """The second request is refused with a body, the third is not."""
    tcp.upgrade()
    tcp.client(text("a", mask=KEY)).client(close(1000, mask=KEY)).server(close(1000))
    tcp.client(request("/no", key=KEY2)).server(response(status="403 Forbidden", body=b"no " * 30))
    tcp.client(request("/yes", key=KEY2, headers=DEFLATE)).server(response(KEY2, headers=DEFLATE))
    client, server = talk_compressed(tcp, "accepted")
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=["a", *client], server=server, diagnoses=["forbidden"])


@cases.on(server=("10.0.0.2", 9999))
def on_another_port(tcp):
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    client, server = talk_compressed(tcp, "first")
    tcp.client(close(1000, mask=KEY)).server(close(1000))
    tcp.client(request("/second", key=KEY2)).server(response(KEY2))
    tcp.client(text("x", mask=KEY)).client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=[*client, "x"], server=server)


@cases
def messages_that_look_like_requests(tcp):
    """The text of a request, within frames, is none."""
    tcp.upgrade()
    head, answer = request("/inner", key=KEY2), response(KEY2)
    tcp.client(binary(head, mask=bytes(4))).server(binary(answer))
    tcp.client(b"".join(fragments(BINARY, head, [3, 10], mask=bytes(4)))).server(b"".join(fragments(BINARY, answer, [5])))
    tcp.client(text("GET /", mask=bytes(4))).server(text("HTTP/1.1 101"))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=[head, head, "GET /"], server=[answer, answer, "HTTP/1.1 101"])


@cases
def frames_that_begin_like_requests(tcp):
    """Broken frames, of an opcode that is reserved, are no request."""
    tcp.upgrade()
    tcp.client(b"GET " + b"x" * 67)  # 0x47 0x45: RSV1, opcode 7, 69 bytes, unmasked
    tcp.client(text("on", mask=KEY)).server(text("G"))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=["on"], server=["G"], violations=["rsv_set", "opcode_reserved", "client_unmasked"])


@cases.parametrize
def test_case(case, run):
    cases.check(case, run)


def streams_of(stream):
    """The values of ws.stream in order, each once."""
    return list(dict.fromkeys(int(layer.get("ws.stream")) for layer in stream.layers))


@pytest.mark.parametrize("run", cases.runs, ids=str)
def test_each_upgrade_is_a_stream_of_its_own(run):
    found, _ = cases.dissect(run)
    numbers = {name: streams_of(stream) for name, stream in found.items()}
    counts = {name: len(streams) for name, streams in numbers.items()}
    assert counts == {"after_close_with_other_extensions": 2, "after_close_from_compressed_to_plain": 2,
                      "in_one_segment_with_the_close": 2, "after_plain_http": 2, "without_close": 2, "three_times": 3,
                      "refused_then_accepted": 2, "on_another_port": 2, "messages_that_look_like_requests": 1,
                      "frames_that_begin_like_requests": 1}
    together = sorted(sum(numbers.values(), []))
    assert together == list(range(len(together)))


@pytest.mark.parametrize("run", cases.runs, ids=str)
def test_frames_belong_to_their_stream(run):
    stream = cases.stream("without_close", run)
    by_stream = {}
    for layer in stream.layers:
        if layer.get("ws.message.number"):
            by_stream.setdefault(layer.get("ws.stream"), []).append(layer.message())
    first, second = by_stream.values()
    assert {"last", "late", "too late"} <= set(first) and set(second) == {"new", "newer"}


# ---- the same ports, another connection --------------------------------------

def reuse(end):
    """Three connections between the same ports; end is how each but the last ends."""
    capture = Capture()
    client, server = ("10.0.0.1", 50000), ("10.0.0.2", 80)
    first = capture.tcp(client, server, isn=(1000, 5000)).upgrade(offer=DEFLATE, accept=DEFLATE)
    talk_compressed(first, "first")
    first.client(text("half", fin=False, mask=KEY)) if end == "within a message" else end and getattr(first, end)()
    second = capture.tcp(client, server, isn=(700000, 800000)).upgrade(key=KEY2)
    second.client(text("plain", mask=KEY)).server(text("as it is"))
    third = capture.tcp(client, server, isn=(9000000, 3000)).upgrade(offer=DEFLATE, accept=DEFLATE)
    talk_compressed(third, "third")
    third.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return capture


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", "bytes"])
@pytest.mark.parametrize("end", ["fin", "rst", None, "within a message"])
def test_same_ports_again(end, segmentation, passes):
    messages = {}
    for packet in dissect(save(reuse(end), segmentation), *["-2"] * (passes - 1)):
        assert "_ws.malformed" not in packet.tree.names()
        for layer in packet.ws:
            assert not layer.all("ws.violation") and not layer.all("ws.undecoded")
            if layer.get("ws.message.number"):
                side = CLIENT if layer.get("ws.direction") == "0" else SERVER
                messages.setdefault((int(layer.get("ws.stream")), side), []).append(layer.message())
    words = {name: [f"{name} {name} {i} {name}" for i in range(3)] for name in ("first", "third")}
    assert messages == {(0, CLIENT): words["first"], (0, SERVER): [word + "!" for word in words["first"]],
                        (1, CLIENT): ["plain"], (1, SERVER): ["as it is"],
                        (2, CLIENT): words["third"], (2, SERVER): [word + "!" for word in words["third"]]}
