# SPDX-License-Identifier: GPL-2.0-or-later
"""The opening handshake (RFC 6455 4): found wherever it is, and what its headers say."""

import pytest

from builder import KEY, NONCE, Capture, Deflater, accept, request, response, text
from support import CLIENT, SERVER, WIRESHARK, Cases, Truth, fields, packets_matching, save, streams

cases = Cases()

ACCEPT = accept()
OFFERS, ACCEPTS = {"ws.handshake.type": 1, "ws.direction": 0}, {"ws.handshake.type": 2, "ws.direction": 1}
OTHER_KEY = "AQIDBAUGBwgJCgsMDQ4PEA=="


def page(tcp, path="/", size=300):
    """An ordinary request and its answer."""
    tcp.client(f"GET {path} HTTP/1.1\r\nHost: example.com\r\n\r\n".encode())
    return tcp.server(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size)


def talk(tcp):
    tcp.client(text("question", mask=KEY)).server(text("answer"))
    return Truth(client=["question"], server=["answer"])


@cases
def all_fields(tcp):
    tcp.syn().client(request(path="/chat?room=1", host="server.example.com:8080", headers=[
        ("Origin", "http://example.com"), ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-other; a=1; b")]))
    tcp.server(response(headers=[("Sec-WebSocket-Protocol", "chat"),
                                 ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=12")]))
    truth = talk(tcp)
    truth.handshakes = [{
        **OFFERS, "ws.stream": 0,
        "ws.handshake.url": "ws://server.example.com:8080/chat?room=1",
        "ws.handshake.host": "server.example.com:8080",
        "ws.handshake.origin": "http://example.com",
        "ws.handshake.version": "13",
        "ws.handshake.key": NONCE,
        "ws.handshake.key.valid": True,
        "ws.handshake.protocol": ["chat", "superchat"],
        "ws.handshake.extension": ["permessage-deflate; client_max_window_bits", "x-other; a=1; b"],
        "ws.handshake.extension.name": ["permessage-deflate", "x-other"],
        "ws.handshake.extension.param": ["client_max_window_bits", "a=1", "b"],
        "ws.handshake.status": None, "ws.handshake.accept": None,
    }, {
        **ACCEPTS, "ws.stream": 0,
        "ws.handshake.status": 101,
        "ws.handshake.accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",  # RFC 6455 1.3
        "ws.handshake.accept.expected": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "ws.handshake.accept.valid": True,
        "ws.handshake.protocol": ["chat"],
        "ws.handshake.extension": ["permessage-deflate; client_max_window_bits=12"],
        "ws.handshake.extension.name": ["permessage-deflate"],
        "ws.handshake.extension.param": ["client_max_window_bits=12"],
        "ws.handshake.url": None, "ws.handshake.key": None, "ws.handshake.host": None,
    }]
    return truth


@cases
def only_what_is_there(tcp):
    tcp.upgrade()
    truth = talk(tcp)
    absent = dict.fromkeys(["ws.handshake.origin", "ws.handshake.protocol", "ws.handshake.extension",
                            "ws.handshake.extension.name", "ws.handshake.extension.param"])
    truth.handshakes = [OFFERS | absent, ACCEPTS | absent]
    return truth


@cases
def after_other_requests(tcp):
    page(page(tcp.syn()), "/second", size=0)
    tcp.client(request()).server(response())
    truth = talk(tcp)
    truth.handshakes = [OFFERS, ACCEPTS]
    return truth


@cases
def after_a_post_that_looks_like_one(tcp):
    body = request(path="/trap", key=OTHER_KEY)
    tcp.syn().client(b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    tcp.server(b"HTTP/1.1 204 No Content\r\n\r\n").client(request()).server(response())
    truth = talk(tcp)
    truth.handshakes = [OFFERS | {"ws.handshake.key": NONCE}, ACCEPTS | {"ws.handshake.accept.valid": True}]
    return truth


@cases
def after_a_refusal(tcp):
    """A second try is the same connection."""
    tcp.syn().client(request(path="/first"))
    tcp.server(response(status="401 Unauthorized", headers=[("WWW-Authenticate", "Basic")], body=b"log in first"))
    tcp.client(request(path="/second", key=OTHER_KEY, headers=[("Authorization", "Basic dTpw")]))
    tcp.server(response(key=OTHER_KEY))
    truth = talk(tcp)
    truth.handshakes = [OFFERS | {"ws.handshake.url": "ws://example.com/first"},
                        ACCEPTS | {"ws.handshake.status": 401, "ws.handshake.accept.valid": None},
                        OFFERS | {"ws.handshake.url": "ws://example.com/second", "ws.handshake.key": OTHER_KEY},
                        ACCEPTS | {"ws.handshake.status": 101, "ws.handshake.accept": accept(OTHER_KEY),
                                   "ws.handshake.accept.valid": True}]
    truth.diagnoses = ["unauthorized"]
    return truth


@cases
def refused(tcp):
    tcp.syn().client(request()).server(response(status="403 Forbidden", body=b"no")).fin("server")
    return Truth(handshakes=[OFFERS, ACCEPTS | {"ws.handshake.status": 403}], diagnoses=["forbidden"])


def cased(change):
    def headers(pairs):
        return [(change(name), value) for name, value in pairs]

    def conversation(tcp):
        tcp.syn().client(request(headers=headers([
            ("Host", "example.com"), ("Upgrade", "WebSocket"), ("Connection", "keep-alive, UPGRADE"),
            ("Sec-WebSocket-Key", NONCE), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Protocol", "chat"),
            ("Sec-WebSocket-Extensions", "x-one"), ("Origin", "null")])))
        tcp.server(response(headers=headers([("Upgrade", "WEBSOCKET"), ("Connection", "upgrade"),
                                             ("Sec-WebSocket-Accept", ACCEPT), ("Sec-WebSocket-Protocol", "chat"),
                                             ("Sec-WebSocket-Extensions", "x-one")])))
        truth = talk(tcp)
        both = {"ws.handshake.protocol": ["chat"], "ws.handshake.extension.name": ["x-one"]}
        truth.handshakes = [OFFERS | both | {"ws.handshake.key": NONCE, "ws.handshake.origin": "null",
                                             "ws.handshake.version": "13", "ws.handshake.host": "example.com"},
                            ACCEPTS | both | {"ws.handshake.accept.valid": True}]
        return truth
    return conversation


for change in (str.lower, str.upper, str.title, str.swapcase):
    cases.add(f"header_names_{change.__name__}", cased(change))


@cases
def blanks_around_values(tcp):
    tcp.syn().client(request(headers=[("Sec-WebSocket-Key", f" \t {NONCE} \t"), ("Sec-WebSocket-Version", " 13 ")]))
    tcp.server(response(headers=[("Sec-WebSocket-Accept", f"{ACCEPT}  ")]))
    truth = talk(tcp)
    truth.handshakes = [OFFERS | {"ws.handshake.key": NONCE, "ws.handshake.version": "13"},
                        ACCEPTS | {"ws.handshake.accept": ACCEPT, "ws.handshake.accept.valid": True}]
    return truth


@cases
def lists_over_several_lines(tcp):
    tcp.syn().client(request(headers=[
        ("Sec-WebSocket-Extensions", "x-one; a"), ("Sec-WebSocket-Protocol", "first"),
        ("Sec-WebSocket-Extensions", "x-two"), ("Sec-WebSocket-Protocol", "second,third"),
        ("Sec-WebSocket-Extensions", ""), ("Sec-WebSocket-Extensions", ", permessage-deflate ,, x-three")]))
    deflate = Deflater()
    tcp.server(response(headers=[("Sec-WebSocket-Protocol", "third"),
                                 ("Sec-WebSocket-Extensions", "x-two, permessage-deflate")]))  # here one line (11.3.2)
    tcp.server(text(deflate.message(b"compressed"), rsv=4))
    return Truth(server=["compressed"], handshakes=[
        OFFERS | {"ws.handshake.protocol": ["first", "second", "third"],
                  "ws.handshake.extension.name": ["x-one", "x-two", "permessage-deflate", "x-three"]},
        ACCEPTS | {"ws.handshake.protocol": ["third"],
                   "ws.handshake.extension.name": ["x-two", "permessage-deflate"]}])


@cases
def folded_lines(tcp):
    """RFC 7230 3.2.4: obsolete, but still to be read."""
    fold = "permessage-deflate;\r\n client_max_window_bits;\r\n\t  server_no_context_takeover,\r\n x-one"
    tcp.syn().client(request(headers=[("Sec-WebSocket-Extensions", fold)]))
    tcp.server(response(headers=[("Sec-WebSocket-Extensions",
                                  "permessage-deflate;\r\n server_no_context_takeover;\r\n client_max_window_bits=9")]))
    deflate = Deflater(takeover=False)
    tcp.server(text(deflate.message(b"again"), rsv=4) + text(deflate.message(b"again"), rsv=4))
    # Newer releases of HTTP's own dissector, which does not read them, say so.
    return Truth(server=["again", "again"], others=["http.excess_data"] if WIRESHARK >= (4, 4) else [], handshakes=[
        OFFERS | {"ws.handshake.extension.name": ["permessage-deflate", "x-one"],
                  "ws.handshake.extension.param": ["client_max_window_bits", "server_no_context_takeover"]},
        ACCEPTS | {"ws.handshake.extension.name": ["permessage-deflate"],
                   "ws.handshake.extension.param": ["server_no_context_takeover", "client_max_window_bits=9"]}])


@cases
def interim_response(tcp):
    tcp.syn().client(request()).server(b"HTTP/1.1 102 Processing\r\n\r\n").server(response())
    return talk(tcp)


@cases
def other_protocols_offered_in_upgrade(tcp):
    tcp.syn().client(request(headers=[("Upgrade", "h2c, websocket")])).server(response())
    return talk(tcp)


def on_port(port):
    def conversation(tcp):
        tcp.upgrade()
        truth = talk(tcp)
        truth.handshakes = [OFFERS, ACCEPTS]
        return truth
    return conversation


for port in (80, 8080, 3128):  # HTTP owns them
    cases.add(f"port_{port}", on_port(port), server=("10.0.0.2", port))


@cases.parametrize
def test_handshake(case, run):
    cases.check(case, run)


# ---- on ports of nobody, and long ones --------------------------------------

nobodys = Cases()
for port in (12345, 4444, 65535):
    nobodys.add(f"port_{port}", on_port(port), server=("10.0.0.2", port))


@nobodys.parametrize
def test_port_of_nobody(case, run):
    nobodys.check(case, run)


wider = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), (40, 1), (40, 2)])


@wider
def long_head(tcp):
    """More than one segment of headers, and the ones that matter at the end."""
    padding = [(f"X-Padding-{i}", "p" * 1000) for i in range(10)]
    tcp.syn().client(request(headers=[*padding, ("Sec-WebSocket-Key", NONCE), ("Upgrade", "websocket")]))
    tcp.server(response(headers=[*padding, ("Sec-WebSocket-Accept", ACCEPT)]))
    truth = talk(tcp)
    truth.handshakes = [OFFERS, ACCEPTS | {"ws.handshake.accept.valid": True}]
    return truth


@wider.parametrize
def test_handshake_on_any_port(case, run):
    wider.check(case, run)


# ---- one direction only -----------------------------------------------------

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]


def half(side, compressed):
    """Only the packets of one side were captured."""
    def conversation(tcp):
        to_server = {"drop": side == SERVER}
        to_client = {"drop": side == CLIENT}
        extension = DEFLATE if compressed else ()
        sent = [b"first message", b"second message, much like the first message", b"third"]
        tcp.client(request(headers=extension), **to_server).server(response(headers=extension), **to_client)
        deflater = Deflater()
        for message in sent:
            payload, rsv = (deflater.message(message), 4) if compressed else (message, 0)
            tcp.client(text(payload, rsv=rsv, mask=KEY), **to_server).server(text(payload, rsv=rsv), **to_client)
        truth = Truth(handshakes=[OFFERS | {"ws.handshake.response_in": None} if side == CLIENT
                                  else ACCEPTS | {"ws.handshake.accept": ACCEPT, "ws.handshake.accept.expected": None,
                                                  "ws.handshake.request_in": None, "ws.handshake.time": None}])
        setattr(truth, side, [message.decode() for message in sent])
        return truth
    return conversation


halves = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2), (40, 1)])
for side in (CLIENT, SERVER):
    for compressed in (False, True):
        halves.add(f"{side}_{'compressed' if compressed else 'plain'}", half(side, compressed))


@halves.parametrize
def test_one_direction_only(case, run):
    halves.check(case, run)


# ---- how packets relate -----------------------------------------------------

@pytest.fixture(scope="module")
def two_tries():
    """Packets 4 to 7: request, 401, request, 101; 8 a frame. Then a connection with its packets 12 and 13."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.syn().client(request(), at=1.0).server(response(status="401 Unauthorized"), at=1.25)
    tcp.client(request(), at=2.0).server(response(), at=2.5).client(text("x", mask=KEY), at=3.0)
    capture.tcp().upgrade()
    return save(capture)


def test_halves_are_linked(two_tries):
    names = ["frame.number", "ws.stream", "ws.handshake.request_in", "ws.handshake.time", "ws.handshake.response_in"]
    both = [["4", "0"], ["5", "0", "4", "0.250000000"], ["6", "0"], ["7", "0", "6", "0.500000000"], ["8", "0"],
            ["12", "1"], ["13", "1", "12", "0.001000000"]]
    found = [[value for values in row for value in values] for row in fields(two_tries, names)]
    assert found == both
    found = [[value for values in row for value in values] for row in fields(two_tries, names, "-2")]
    for row, answer in zip(both[:4:2] + both[5:6], ["5", "7", "13"]):
        row.append(answer)
    both[4].insert(2, "0")  # with the summary, as the capture ends there
    both[6].insert(2, "1")
    assert found == both


def test_ws_shows_the_whole_connection(two_tries):
    assert packets_matching(two_tries, "ws") == [4, 5, 6, 7, 8, 12, 13]


def test_what_is_not_websocket_is_left_alone():
    capture = Capture()
    page(page(capture.tcp().syn()), "/websocket?Sec-WebSocket-Key=x")
    other = capture.tcp(server=("10.0.0.2", 8080)).syn()
    other.client(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: example\r\nConnection: Upgrade\r\n\r\n")
    other.server(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: example\r\nConnection: Upgrade\r\n\r\n")
    other.server(text("not a frame"))
    binary = capture.tcp(server=("10.0.0.2", 4444)).syn()
    binary.client(bytes(range(256))).server(b"\x00\x01\x02\x03").client(b"plain text\r\n").server(b"\x81")
    assert packets_matching(save(capture), "ws or websocket") == []


def test_ws_stream_counts_connections():
    """In the order of their requests, not in that of TCP's connections or of the answers."""
    capture = Capture()
    page(capture.tcp().syn())
    tcp = [capture.tcp().syn() for _ in range(3)]
    for each in reversed(tcp):
        each.client(request())
    for each in tcp:
        each.server(response() + text("hello"))
    found = streams(save(capture))
    assert {number: set(stream.all("ws.stream")) for number, stream in found.items()} == {1: {"2"}, 2: {"1"}, 3: {"0"}}
    assert all(stream.messages(SERVER) == ["hello"] for stream in found.values())


def test_port_is_used_again():
    """A second TCP connection between the same ports is another WebSocket connection."""
    capture = Capture()
    for isn in ((1000, 5000), (70000, 90000)):
        tcp = capture.tcp(client=("10.0.0.1", 50000), isn=isn)
        tcp.upgrade().client(text("hello", mask=KEY)).server(text("world")).fin()
        capture.sleep(10)
    found = streams(save(capture))
    assert [set(found[i].all("ws.stream")) for i in (0, 1)] == [{"0"}, {"1"}]
    for stream in found.values():
        assert (stream.messages(CLIENT), stream.messages(SERVER)) == (["hello"], ["world"])
        assert not stream.experts()
