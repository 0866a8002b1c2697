# SPDX-License-Identifier: GPL-2.0-or-later
"""Close, ping and pong (RFC 6455 5.5): what they say, and which answers which."""

import pytest

from builder import KEY, Capture, close, ping, pong, text
from support import CLIENT, NO, SERVER, YES, Cases, Truth, dissect, fields, save, tshark

cases = Cases()

NAMES = {1000: "Normal Closure", 1001: "Going Away", 1002: "Protocol error", 1003: "Unsupported Data",
         1005: "No Status Rcvd", 1006: "Abnormal Closure", 1007: "Invalid frame payload data", 1008: "Policy Violation",
         1009: "Message Too Big", 1010: "Mandatory Ext.", 1011: "Internal Error", 1012: "Service Restart",
         1013: "Try Again Later", 1014: "Bad Gateway", 1015: "TLS handshake", 3000: "Unauthorized", 3003: "Forbidden",
         3008: "Timeout"}  # IANA's registry of close codes


@cases
def close_with_code_and_reason(tcp):
    tcp.upgrade().client(close(1000, "Grüße", mask=KEY)).server(close(4321, ""))
    return Truth(frames={CLIENT: [{"ws.close.code": 1000, "ws.close.reason": "Grüße", "ws.ping": None, "ws.pong": None}],
                         SERVER: [{"ws.close.code": 4321, "ws.close.reason": None}]})


@cases
def close_without_body(tcp):
    tcp.upgrade().client(close(mask=KEY)).server(close())
    absent = {"ws.close.code": None, "ws.close.reason": None, "ws.payload": None}
    return Truth(frames={CLIENT: [{"ws.opcode": 8, **absent, "ws.close.first": True}],
                         SERVER: [{"ws.opcode": 8, **absent, "ws.close.first": False}]})


@cases
def client_closes_first(tcp):
    tcp.upgrade().client(close(1001, mask=KEY)).server(text("still here") + close(1001))
    return Truth(server=["still here"], frames={CLIENT: [{"ws.close.first": True}],
                                                SERVER: [{}, {"ws.close.first": False}]})


@cases
def server_closes_first(tcp):
    tcp.upgrade().server(close(1011)).client(close(1011, mask=KEY))
    return Truth(frames={CLIENT: [{"ws.close.first": False}], SERVER: [{"ws.close.first": True}]}, diagnoses=["server_error"])


@cases
def nobody_answers_the_close(tcp):
    tcp.upgrade().server(close(1011)).fin("server")
    return Truth(frames={SERVER: [{"ws.close.first": True, "ws.close.in": None}]}, diagnoses=["server_error"])


@cases
def ping_and_pong_with_data(tcp):
    tcp.upgrade()
    for data in (b"", b"\x00", b"\xff\xfe", b"text", bytes(125)):
        tcp.client(ping(data, mask=KEY)).server(pong(data)).server(ping(data)).client(pong(data, mask=KEY))
    shown = [[{"ws.ping": data, "ws.pong": None}, {"ws.ping": None, "ws.pong": data}]
             for data in (b"", b"\x00", b"\xff\xfe", b"text", bytes(125))]
    return Truth(frames={CLIENT: sum(shown, []), SERVER: sum((pair[::-1] for pair in shown), [])})


@cases.parametrize
def test_control(case, run):
    cases.check(case, run)


def test_names_of_close_codes():
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()
    for code in NAMES:
        tcp.server(close(code))
    path = save(capture)
    tree = [line.strip() for line in tshark(path, "-V", "-Y", "ws.close.code").splitlines() if "code" in line.lower()]
    info = tshark(path, "-Y", "ws.close.code").splitlines()
    assert len(info) == len(NAMES)
    for (code, name), line in zip(NAMES.items(), info):
        assert f"Close code: {name} ({code})" in tree
        assert f"{code} {name}" in line


@pytest.mark.parametrize("order, answer", [("cs", 1), ("sc", 1), ("csc", 1), ("ccs", 2), ("sscs", 2)])
def test_close_names_the_one_it_answers(order, answer):
    """One Close is the first, and one is its answer: the other side's first."""
    capture = Capture()
    tcp = capture.tcp().upgrade()  # packets 1 to 5
    for side in order:
        tcp.client(close(1000, mask=KEY)) if side == "c" else tcp.server(close(1000))
    rows = fields(save(capture), ["frame.number", "ws.close.first", "ws.close_in"], shown="ws.opcode == 8")
    assert rows == [[[str(6 + i)], [YES if i == 0 else NO], ["6"] if i == answer else []] for i in range(len(order))]


# ---- which pong answers which ping ------------------------------------------

def links(capture):
    """[(packet, ws.pong_in of its pings, ws.ping_in and ws.rtt of its pongs)], from the second pass."""
    path = save(capture)
    rows = fields(path, ["frame.number", "ws.pong_in", "ws.ping_in", "ws.rtt"], "-2", shown="ws.ping or ws.pong")
    once = fields(path, ["frame.number", "ws.pong_in", "ws.ping_in", "ws.rtt"], shown="ws.ping or ws.pong")
    # The first pass knows all but the future.
    assert once == [[row[0], [], row[2], row[3]] for row in rows]
    return [(int(row[0][0]), *row[1:]) for row in rows]


def start():
    capture = Capture()
    return capture, capture.tcp().upgrade()  # packets 1 to 5


def test_ping_is_answered():
    capture, tcp = start()
    tcp.client(ping(b"a", mask=KEY), at=1.0).server(pong(b"a"), at=1.25)
    tcp.server(ping(b"b"), at=2.0).client(pong(b"b", mask=KEY), at=2.0625)
    assert links(capture) == [(6, ["7"], [], []), (7, [], ["6"], ["0.250000000"]),
                              (8, ["9"], [], []), (9, [], ["8"], ["0.062500000"])]


def test_latest_equal_ping_is_answered():
    """Pings with the same data: a pong is of the latest, and answers the earlier ones too (5.5.3)."""
    capture, tcp = start()
    tcp.client(ping(b"x", mask=KEY), at=1.0).client(ping(b"x", mask=KEY), at=2.0).server(pong(b"x"), at=2.5)
    assert links(capture) == [(6, ["8"], [], []), (7, ["8"], [], []), (8, [], ["7"], ["0.500000000"])]


def test_pong_answers_earlier_pings_too():
    """5.5.3: an endpoint may answer the most recent ping only."""
    capture, tcp = start()
    for i, data in enumerate([b"1", b"2", b"3"]):
        tcp.server(ping(data), at=1.0 + i)
    tcp.client(pong(b"3", mask=KEY), at=4.0).server(ping(b"4"), at=5.0)
    assert links(capture) == [(6, ["9"], [], []), (7, ["9"], [], []), (8, ["9"], [], []), (9, [], ["8"], ["1.000000000"]),
                              (10, [], [], [])]


def test_pongs_in_order():
    capture, tcp = start()
    tcp.client(ping(b"1", mask=KEY), at=1.0).client(ping(b"2", mask=KEY), at=1.5)
    tcp.server(pong(b"1"), at=2.0).server(pong(b"2"), at=2.25)
    assert links(capture) == [(6, ["8"], [], []), (7, ["9"], [], []), (8, [], ["6"], ["1.000000000"]),
                              (9, [], ["7"], ["0.750000000"])]


def test_unsolicited_pongs():
    """No ping, other data, the wrong direction, another connection, or a ping that has had its answer."""
    capture, tcp = start()
    tcp.client(pong(b"alive", mask=KEY))
    tcp.server(ping(b"a")).client(pong(b"b", mask=KEY)).server(pong(b"a"))
    other = capture.tcp().upgrade()  # packets 10 to 14
    other.client(pong(b"a", mask=KEY))
    tcp.client(pong(b"a", mask=KEY)).client(pong(b"a", mask=KEY))
    assert [row[:3] for row in links(capture)] == [(6, [], []), (7, ["16"], []), (8, [], []), (9, [], []), (15, [], []),
                                                   (16, [], ["7"]), (17, [], [])]


def test_several_in_a_packet():
    capture, tcp = start()
    tcp.client(ping(b"1", mask=KEY) + ping(b"2", mask=KEY), at=1.0).server(pong(b"1") + pong(b"2"), at=1.5)
    layers = [layer for packet in dissect(save(capture), "-2") for layer in packet.ws if layer.get("ws.opcode")]
    assert [layer.get("ws.pong_in") for layer in layers] == ["7", "7", None, None]
    assert [layer.get("ws.ping_in") for layer in layers] == [None, None, "6", "6"]
    assert [layer.get("ws.rtt") for layer in layers] == [None, None, "0.500000000", "0.500000000"]


def test_many_pings():
    """A thousand, of which some have an answer."""
    capture, tcp = start()
    expected = []
    for i in range(1000):
        tcp.client(ping(b"%d" % i, mask=KEY))
        if i % 4 == 3:
            tcp.server(pong(b"%d" % i))
    rows = links(capture)
    packet = 6
    for group in range(250):
        expected += [(packet + i, [str(packet + 4)], []) for i in range(4)] + [(packet + 4, [], [str(packet + 3)])]
        packet += 5
    assert [row[:3] for row in rows] == expected
