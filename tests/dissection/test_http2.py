# SPDX-License-Identifier: GPL-2.0-or-later
"""WebSocket over HTTP/2 (RFC 8441): each stream is a connection of its own."""

import itertools
import random
import struct

import pytest

import http2_builder
from builder import KEY, RSV1, TEXT, Capture, Deflater, binary, close, fragments, frame, ping, pong, text
from http2_builder import ACK, PREFACE, SETTINGS, Http2, connect
from support import CLIENT, SERVER, WIRESHARK, Cases, Stream, Truth, dissect, fields, packets_matching, save, tshark

PORT = 7777  # of nobody
DECODE_AS = ["-d", f"tcp.port=={PORT},http2"]
DEFLATE = [("sec-websocket-extensions", "permessage-deflate")]
LAYERS = "frame tcp http http2 ws _ws.malformed"
NOISE = bytes(i * 7919 % 251 for i in range(40000))


def by_stream(packets):
    """{ws.stream: Stream}"""
    numbers = sorted({int(layer.get("ws.stream")) for packet in packets for layer in packet.ws})
    return {number: Stream([part for packet in packets if (part := packet.only(number)).ws]) for number in numbers}


class Http2Cases(Cases):
    """Each case talks over one HTTP/2 connection and returns the truth of its WebSockets in the order of their requests."""

    def build(self):
        capture = Capture()
        truths = {}
        for name, function in self.functions.items():
            tcp = capture.tcp(server=("10.0.0.2", PORT))
            truths[name] = function(Http2(tcp))
        return capture, truths

    def dissect(self, run):
        if run not in self.dissected:
            segmentation, passes = run
            capture, truths = self.build()
            found = by_stream(dissect(save(capture, segmentation), *DECODE_AS, *["-2"] * (passes - 1), layers=LAYERS))
            assert list(found) == list(range(sum(map(len, truths.values()))))
            streams = iter(found.values())
            self.dissected[run] = {name: list(itertools.islice(streams, len(truth))) for name, truth in truths.items()}, truths
        return self.dissected[run]

    def check(self, case, run):
        found, truths = self.dissect(run)
        for i, (stream, truth) in enumerate(zip(found[case], truths[case], strict=True)):
            truth.check(stream)
            assert stream.facts() == self.stream(case)[i].facts()


cases = Http2Cases()
REQUEST = {"ws.handshake.type": 1, "ws.handshake.version": "13", "ws.handshake.host": "example.com", "ws.handshake.key": None}
RESPONSE = {"ws.handshake.type": 2, "ws.handshake.status": 200, "ws.handshake.accept": None,
            "ws.handshake.accept.expected": None, "ws.handshake.negotiated": "no extension; no subprotocol"}


def masked(payload):
    return text(payload, mask=KEY)


@cases
def hello(http2):
    http2.websocket(1).client(1, masked("hello")).server(1, text("world"))
    http2.client(1, close(1000, "bye", mask=KEY)).server(1, close(1000, "bye")).closes(1)
    return [Truth(client=["hello"], server=["world"],
                  handshakes=[REQUEST | {"ws.handshake.url": "ws://example.com/chat"}, RESPONSE])]


@cases
def three_at_once_each_with_its_own_compression(http2):
    """The same words on each, so that another stream's window would give other words."""
    takeover = {stream: {side: Deflater() for side in (CLIENT, SERVER)} for stream in (1, 3)}
    http2.websocket(1, DEFLATE, DEFLATE, path="/one")
    http2.headers("client", 3, connect("/two", DEFLATE)).headers("client", 5, connect("/three", DEFLATE))
    http2.headers("server", 5, [(":status", "200")])
    http2.headers("server", 3, [(":status", "200"), *DEFLATE])
    said = {1: ["the tide turns", "the tide turns again", "and the tide turns"],
            3: ["a rope on a keel", "the tide turns", "a rope on a rope"]}
    for one, two in zip(said[1], said[3]):
        for stream, message in ((3, two), (1, one)):
            compressed = takeover[stream][CLIENT].message(message.encode())
            http2.client(stream, frame(TEXT, compressed, rsv=RSV1, mask=KEY))
        http2.client(5, masked(one + two))
        for stream, message in ((1, one), (3, two)):
            compressed = takeover[stream][SERVER].message(message.upper().encode())
            http2.server(stream, frame(TEXT, compressed, rsv=RSV1))
    deflated = RESPONSE | {"ws.handshake.negotiated": "permessage-deflate, client 15 bits with takeover, "
                                                      "server 15 bits with takeover; no subprotocol"}
    return [Truth(client=said[1], server=[m.upper() for m in said[1]],
                  handshakes=[REQUEST | {"ws.handshake.url": "ws://example.com/one"}, deflated]),
            Truth(client=said[3], server=[m.upper() for m in said[3]],
                  handshakes=[REQUEST | {"ws.handshake.url": "ws://example.com/two"}, deflated]),
            Truth(client=[a + b for a, b in zip(said[1], said[3])],
                  handshakes=[REQUEST | {"ws.handshake.url": "ws://example.com/three"}, RESPONSE])]


@cases
def frames_cut_anywhere(http2):
    """WebSocket's frames know nothing of DATA's: several in one, one in several, with and without padding."""
    http2.websocket(1).websocket(3, path="/other")
    http2.client(1, masked("one") + masked("two") + ping(b"?", mask=KEY))
    http2.server(1, text("three") + pong(b"?"), pieces=4)
    http2.client(1, binary(NOISE, mask=KEY), pieces=5, pad=200)
    long = binary(NOISE[::-1])
    for i in range(0, len(long), 9000):
        http2.server(1, long[i:i + 9000], pad=i % 7).server(3, text(f"between {i}"), pad=255)
    http2.client(3, b"".join(fragments(TEXT, b"in three frames", [3, 4], mask=KEY)), pieces=15)
    return [Truth(client=["one", "two", NOISE], server=["three", NOISE[::-1]]),
            Truth(client=["in three frames"], server=[f"between {i}" for i in range(0, len(long), 9000)])]


@cases
def headers_in_every_form(http2):
    http2.headers("client", 1, connect("/padded"), pad=9).headers("server", 1, [(":status", "200")], pad=0)
    http2.headers("client", 3, connect("/priority"), priority=True)
    http2.headers("server", 3, [(":status", "103"), ("link", "</style.css>")]).headers("server", 3, [(":status", "200")])
    http2.headers("client", 5, connect("/both"), pad=3, priority=True, pieces=4).headers("server", 5, [(":status", "201")], pieces=2)
    http2.headers("client", 7, connect("/literal"), indexing=False).headers("server", 7, [(":status", "200")], indexing=False)
    for stream in (1, 3, 5, 7):
        http2.client(stream, masked(f"on {stream}"))
    return [Truth(client=[f"on {stream}"], handshakes=[REQUEST | {"ws.handshake.url": f"ws://example.com/{path}"},
                                                       RESPONSE | {"ws.handshake.status": status}])
            for stream, path, status in ((1, "padded", 200), (3, "priority", 200), (5, "both", 201), (7, "literal", 200))]


@cases
def between_ordinary_requests(http2):
    """Their header blocks move the table of HPACK on, whatever becomes of them."""
    http2.headers("client", 1, [(":method", "GET"), (":path", "/"), (":scheme", "http"), ("x-one", "1")], end=True)
    http2.promise(1, 2, [(":method", "GET"), (":path", "/style.css"), ("x-two", "2")])
    http2.headers("server", 1, [(":status", "200"), ("x-three", "3")]).server(1, b"<p>" + masked("no message"))
    http2.headers("server", 2, [(":status", "200"), ("x-four", "4")]).server(2, b"p {}", end=True)
    http2.websocket(3, path="/chat")
    http2.headers("client", 5, [(":method", "POST"), (":path", "/"), ("x-five", "5")]).client(3, masked("a message"))
    http2.client(5, text("no message"), end=True).headers("server", 5, [(":status", "204"), ("x-six", "6")], end=True)
    http2.headers("client", 7, [(":method", "CONNECT"), (":authority", "example.com:443")])
    http2.headers("server", 7, [(":status", "200")]).client(7, masked("a tunnel, no message"))
    http2.headers("server", 1, [("x-trailer", "7")], end=True)
    http2.server(3, text("another")).websocket(9, path="/second")
    http2.client(9, masked("on the second"))
    return [Truth(client=["a message"], server=["another"]), Truth(client=["on the second"])]


@cases
def subprotocol_and_https(http2):
    offer = [("sec-websocket-protocol", "v1.chat, v2.chat"), ("origin", "https://example.com")]
    http2.websocket(1, offer, [("sec-websocket-protocol", "v2.chat")], scheme="https", path="/?room=1")
    http2.server(1, binary(b"\0\1"))
    return [Truth(server=[b"\0\1"], handshakes=[
        REQUEST | {"ws.handshake.url": "wss://example.com/?room=1", "ws.handshake.protocol": ["v1.chat", "v2.chat"],
                   "ws.handshake.origin": "https://example.com"},
        RESPONSE | {"ws.handshake.protocol": "v2.chat", "ws.handshake.negotiated": "no extension; subprotocol v2.chat"}])]


@cases
def refused(http2):
    truths = []
    for stream, (status, diagnosis) in enumerate((("403", "forbidden"), ("401", "unauthorized"), ("404", "not_found"),
                                                  ("503", "gateway_error"), ("429", "rate_limited"), ("302", "redirected"),
                                                  ("400", "bad_request"), ("501", "websocket_unsupported"))):
        number = 2 * stream + 1
        http2.headers("client", number, connect()).headers("server", number, [(":status", status)])
        http2.server(number, text("no message"), end=True)
        truths.append(Truth(handshakes=[REQUEST, RESPONSE | {"ws.handshake.status": int(status), "ws.handshake.negotiated": None}],
                            diagnoses=[diagnosis]))
    return truths


@cases
def ended_without_close_frame(http2):
    for stream in (1, 3, 5, 7):
        http2.headers("client", stream, connect())
    for stream in (1, 3):
        http2.headers("server", stream, [(":status", "200")]).client(stream, masked("hello"))
    http2.tcp.sleep(0.5)
    http2.reset("server", 1).server(3, b"", end=True).reset("client", 5, code=8).reset("server", 7, code=7)
    return [Truth(client=["hello"], diagnoses=["aborted"]),
            Truth(client=["hello"], diagnoses=["closed_without_close_frame"]),
            Truth(diagnoses=["reset_during_handshake"]), Truth(diagnoses=["reset_during_handshake"])]


@cases
def tcp_ends_first(http2):
    http2.websocket(1).client(1, masked("hello")).websocket(3).client(3, close(1000, mask=KEY)).server(3, close(1000))
    http2.tcp.sleep(0.5)
    http2.tcp.rst("server")
    return [Truth(client=["hello"], diagnoses=["aborted"]), Truth()]


@cases
def frame_violation(http2):
    http2.websocket(1).client(1, text("not masked"))
    return [Truth(client=["not masked"], violations=["client_unmasked"])]


@cases
def handshake_violations(http2):
    http2.websocket(1, version="12", answer=[("sec-websocket-protocol", "chat"), *DEFLATE])
    return [Truth(violations=["version_unsupported", "protocol_not_offered", "extension_not_offered"])]


@cases
def http1_headers_mean_nothing(http2):
    http2.websocket(1, offer=[("sec-websocket-key", "bad"), ("upgrade", "websocket")], answer=[("sec-websocket-accept", "bad")])
    return [Truth(handshakes=[{"ws.handshake.type": 1}, {"ws.handshake.type": 2, "ws.handshake.accept.valid": None}])]


@cases.parametrize
def test_case(case, run):
    cases.check(case, run)


# ---- recognition ------------------------------------------------------------

def talk(http2):
    http2.websocket(1).client(1, masked("hello")).server(1, text("world"))


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("port, segmentation", [(80, "asis"), (8080, 1000), (7777, "asis"), (50051, 10)])
def test_cleartext_is_recognised_on_every_port(port, segmentation, passes):
    capture = Capture()
    talk(Http2(capture.tcp(server=("10.0.0.2", port))))
    (stream,) = by_stream(dissect(save(capture, segmentation), *["-2"] * (passes - 1), layers=LAYERS)).values()
    Truth(client=["hello"], server=["world"], handshakes=[REQUEST, RESPONSE]).check(stream)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 7, "bytes"])
def test_upgrade_to_h2c(segmentation, passes):
    """RFC 7540 3.2: HTTP/1.1 first."""
    capture = Capture()
    tcp = capture.tcp().syn()
    tcp.client(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
               b"HTTP2-Settings: AAMAAABk\r\n\r\n")
    tcp.server(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    http2 = Http2(tcp, begin=False)
    http2.send("server", http2_builder.frame(SETTINGS, 0, 0, struct.pack("!HI", 8, 1)))
    http2.send("client", PREFACE + http2_builder.frame(SETTINGS, 0, 0))
    http2.headers("server", 1, [(":status", "204")], end=True)
    http2.websocket(3).client(3, masked("hello")).server(3, text("world"))
    (stream,) = by_stream(dissect(save(capture, segmentation), *["-2"] * (passes - 1), layers=LAYERS)).values()
    Truth(client=["hello"], server=["world"], handshakes=[REQUEST, RESPONSE]).check(stream)


@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 1460, 50, 10])
def test_cleartext_is_left_alone_until_websocket_is_asked_for(segmentation):
    """On a port of nobody, where Wireshark does not show it; then each side is read from where a frame of its ends, with what came of that before."""
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    http2.headers("client", 1, [(":method", "GET"), (":path", "/before"), (":scheme", "http"), ("x-one", "1")], end=True)
    http2.headers("server", 1, [(":status", "200"), ("x-two", "2")])
    body = http2_builder.frame(http2_builder.DATA, 0, 1, NOISE[:9000])
    http2.send("server", body[:3000]).send("server", body[3000:6000])
    frames, plain_send = [], http2.send
    http2.send = lambda side, data: frames.append(data)
    http2.headers("client", 3, [*connect(), ("x-one", "1"), ("x-long", "long " * 300)])
    http2.headers("server", 3, [(":status", "201")])  # an entry of its own in the table of HPACK, which is not known by then
    http2.send = plain_send
    request, answer = frames
    http2.send("client", request[:700]).send("server", body[6000:7000])
    http2.send("client", request[700:]).send("server", body[7000:] + answer)
    http2.client(3, masked("hello")).server(3, text("world")).server(1, NOISE, pieces=4, end=True).client(3, masked("again"))
    path = save(capture, segmentation)
    begin = min(packets_matching(path, "ws"))
    by_wireshark = packets_matching(path, "http2", plugins=None)  # from 4.4 on, where the preface is in one segment
    assert bool(by_wireshark) == (WIRESHARK >= (4, 4) and segmentation != 10)
    paths, statuses = (["/before", "/chat"], ["200", "201"]) if by_wireshark else (["/chat"], ["201"])
    for passes in ([], ["-2"]):
        (stream,) = by_stream(dissect(path, *passes, layers=LAYERS)).values()
        Truth(client=["hello", "again"], server=["world"], handshakes=[REQUEST, RESPONSE | {"ws.handshake.status": 201}]).check(stream)
        shown = fields(path, ["frame.number", "http2.headers.path", "http2.headers.status"], *passes, shown="http2")
        assert int(shown[0][0][0]) == min([begin, *by_wireshark])
        assert [path for row in shown for path in row[1]] == paths
        assert [status for row in shown for status in row[2]] == statuses
        assert not packets_matching(path, "_ws.malformed", *passes)
    before = ["-c", str(begin - 1)]
    assert tshark(path, "-V", *before) == tshark(path, "-V", *before, plugins=None)


def test_off_when_the_plugin_does_not_take_over():
    capture = Capture()
    talk(Http2(capture.tcp(server=("10.0.0.2", PORT))))
    path = save(capture)
    assert packets_matching(path, "ws", *DECODE_AS)
    assert not packets_matching(path, "ws", *DECODE_AS, "-o", "ws.take_over:FALSE")
    assert not packets_matching(path, "ws", *DECODE_AS, "--disable-protocol", "ws")


@pytest.mark.parametrize("passes", [1, 2])
def test_ordinary_http2_stays_as_it_is(passes):
    """Every line of the tree, with and without the plugin."""
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    for stream in range(1, 21, 2):
        http2.headers("client", stream, [(":method", "POST"), (":path", f"/{stream}"), ("x", "y")], pieces=3)
        http2.client(stream, masked("no message"), end=True)
        http2.headers("server", stream, [(":status", "200"), ("content-type", "text/plain")]).server(stream, NOISE, pieces=5)
        http2.headers("server", stream, [("grpc-status", "0")], end=True)
    http2.tcp.fin()
    for segmentation in ("asis", 100, 1460):
        arguments = save(capture, segmentation), "-V", *DECODE_AS, *["-2"] * (passes - 1)
        assert tshark(*arguments) == tshark(*arguments, plugins=None)


def test_columns():
    """Handshakes are HTTP/2's; all frames of a packet stand on one line."""
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    http2.websocket(1).websocket(3)
    http2.send("client", b"".join(http2_builder.frame(http2_builder.DATA, 0, stream, masked(message))
                                  for stream, message in ((1, "one"), (3, "two"))))
    shown = tshark(save(capture), "-Y", "ws", *DECODE_AS, "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    assert [line.split("\t") for line in shown.splitlines()] == [
        ["HTTP2", "HEADERS[1]: CONNECT /chat"], ["HTTP2", "HEADERS[1]: 200 OK"],
        ["HTTP2", "HEADERS[3]: CONNECT /chat"], ["HTTP2", "HEADERS[3]: 200 OK"],
        ["WebSocket", "DATA[1], DATA[3]  Client → Server  [stream 1]  Text [3] one  [stream 3]  Text [3] two"]]


@pytest.mark.parametrize("passes", [1, 2])
def test_session_summary(passes):
    """On the last packet of each stream; the other goes on."""
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    http2.websocket(1).websocket(3).client(1, masked("hello")).client(1, masked("again")).server(3, text("world!"))
    http2.client(1, close(1000, mask=KEY)).server(1, close(1000)).closes(1)
    http2.server(3, text("more")).reset("client", 3)
    http2.tcp.fin()
    names = ["frame.number", "ws.stream", "ws.session.messages.client", "ws.session.bytes.client", "ws.session.messages.server",
             "ws.session.bytes.server", "ws.session.closed_by", "ws.session.code"]
    found = fields(save(capture), names, *DECODE_AS, *["-2"] * (passes - 1), shown="ws.session.duration")
    assert [row[1:] for row in found] == [
        [["0"], ["2"], ["10"], ["0"], ["0"], ["0"], ["1000"]], [["1"], ["0"], ["0"], ["2"], ["10"], ["2"], []]]


# ---- what was not captured --------------------------------------------------

def long_conversation(capture, drop=-1, first=0):
    """Two compressed streams, and an ordinary one. One send of all, or all before one, were not captured.

    Returns what each side said, and how many sends there are."""
    begin = len(capture.sends)
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)), begin=False)
    sent = itertools.count()
    plain_send = http2.send
    http2.send = lambda side, data, **options: plain_send(side, data, drop=next(sent) == drop, **options)
    http2.tcp.syn()
    http2.send("client", PREFACE + http2_builder.frame(SETTINGS, 0, 0))
    http2.send("server", http2_builder.frame(SETTINGS, 0, 0, struct.pack("!HI", 8, 1)))
    http2.send("client", http2_builder.frame(SETTINGS, ACK, 0))
    said = {CLIENT: [], SERVER: []}
    for stream in (1, 3):
        http2.websocket(stream, DEFLATE, DEFLATE, path=f"/{stream}")
    deflaters = {(stream, side): Deflater() for stream in (1, 3) for side in (CLIENT, SERVER)}
    http2.headers("client", 5, [(":method", "POST"), (":path", "/")])
    for i in range(6):
        for (stream, side), deflater in deflaters.items():
            message = f"the tide turns for the {i}th time on {stream} at the {side}"
            said[side].append(message)
            http2.data(side, stream, frame(TEXT, deflater.message(message.encode()), rsv=RSV1,
                                           mask=KEY if side == CLIENT else None), pieces=1 + i % 2)
        http2.client(5, masked("no message"))
    del capture.sends[begin:begin + first]
    return said, next(sent)


def said_in(capture, passes):
    """For each TCP connection the messages shown, by side, all streams together."""
    packets = dissect(save(capture), *DECODE_AS, *["-2"] * (passes - 1), layers=LAYERS)
    found = {}
    for packet in packets:
        stream = found.setdefault(packet.stream, {CLIENT: [], SERVER: []})
        whole = Stream([packet])
        assert not whole.all("ws.violation") and not whole.malformed()
        for side in (CLIENT, SERVER):
            stream[side] += [message for message in whole.messages(side) if message is not None]
    return found


@pytest.mark.parametrize("passes", [1, 2])
def test_every_single_loss(passes):
    """Nothing is shown that was not said, or twice; and half of it at least, unless the beginning was lost."""
    said, sends = long_conversation(Capture())
    capture = Capture()
    for drop in range(sends):
        long_conversation(capture, drop)
    found = said_in(capture, passes)
    for drop in range(sends):
        for side in (CLIENT, SERVER):
            assert set(found[drop][side]) <= set(said[side])
            assert len(found[drop][side]) == len(set(found[drop][side]))
        if drop >= 7:
            assert len(found[drop][CLIENT]) + len(found[drop][SERVER]) >= len(said[CLIENT])


@pytest.mark.parametrize("passes", [1, 2])
def test_every_beginning(passes):
    """A capture that begins in the middle of the connection shows nothing that was not said."""
    said, sends = long_conversation(Capture())
    capture = Capture()
    for first in range(3, sends):
        long_conversation(capture, first=first)
    for stream in said_in(capture, passes).values():
        for side in (CLIENT, SERVER):
            assert set(stream[side]) <= set(said[side])


@pytest.mark.parametrize("passes", [1, 2])
def test_new_streams_of_a_capture_that_begins_later(passes):
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    http2.headers("client", 1, [(":method", "GET"), ("x-before", "1")], end=True).headers("server", 1, [(":status", "200")])
    del capture.sends[:]
    http2.server(1, NOISE[:100], end=True)
    http2.headers("client", 3, [(":method", "GET"), ("x-before", "1")], end=True)  # what was before, by its index
    http2.headers("client", 5, connect("/later"), indexing=False).headers("server", 5, [(":status", "200")], indexing=False)
    http2.client(5, masked("hello")).server(5, text("world"))
    (stream,) = by_stream(dissect(save(capture), *DECODE_AS, *["-2"] * (passes - 1), layers=LAYERS)).values()
    Truth(client=["hello"], server=["world"], handshakes=[REQUEST, RESPONSE]).check(stream)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("half", [CLIENT, SERVER])
def test_only_one_side_was_captured(half, passes):
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    offer = [("sec-websocket-protocol", "chat")]
    http2.websocket(1, offer, offer)
    for i in range(4):
        http2.client(1, masked(f"client {i}")).server(1, text(f"server {i}"))
    capture.sends = [send for send in capture.sends if send[1] == half]
    (stream,) = by_stream(dissect(save(capture), *DECODE_AS, *["-2"] * (passes - 1), layers=LAYERS)).values()
    said = [f"{half} {i}" for i in range(4)]
    assert stream.messages(half) == said
    assert stream.messages(SERVER if half == CLIENT else CLIENT) == []
    assert len(stream.handshakes()) == 1 and stream.all("ws.violation") == []


def test_packets_cut_by_the_snap_length():
    """What is cut is missing, and nothing else is told of it."""
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", PORT)))
    http2.websocket(1).client(1, masked("first")).server(1, text("first"))
    http2.client(1, masked("x" * 500), snap=200).client(1, masked("last"))
    (stream,) = by_stream(dissect(save(capture), *DECODE_AS, layers=LAYERS)).values()
    assert stream.messages(SERVER) == ["first"]
    assert [m for m in stream.messages(CLIENT) if m is not None] in (["first"], ["first", "last"])
    assert stream.all("ws.violation") == []


@pytest.mark.parametrize("passes", [1, 2])
def test_damaged_bytes_do_no_harm(passes):
    """Wireshark ends at its own bugs here, and at memory used after it was freed."""
    chance = random.Random(8441)
    capture = Capture()
    for _ in range(150):
        begin = len(capture.sends)
        long_conversation(capture)
        for at in chance.sample(range(begin + 3, len(capture.sends)), 6):
            tcp, side, flags, data, *rest = capture.sends[at]
            damaged = bytearray(data)
            for _ in range(chance.randint(1, 3)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            capture.sends[at] = (tcp, side, flags, bytes(damaged), *rest)
    for segmentation in ("asis", 50):
        tshark(save(capture, segmentation), "-V", *DECODE_AS, *["-2"] * (passes - 1), strict=True)
