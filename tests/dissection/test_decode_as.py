# SPDX-License-Identifier: GPL-2.0-or-later
"""A port that the user says carries WebSocket: Decode As, and the preference."""

import itertools

import pytest

from builder import BINARY, TEXT
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_clean, assert_recovered, check
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}
PORTS = [80, 443, 3306, 41234]
WAYS = {"decode_as": [argument for port in PORTS for argument in ("-d", f"tcp.port=={port},ws")],
        "preference": ["-o", f"ws.port:{','.join(map(str, PORTS))}"]}
BY_WAYS = pytest.mark.parametrize("way", WAYS)


def talks(wire, count):
    for i, port, extension in itertools.product(range(count), PORTS, EXTENSION):
        yield i, Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {i} on {port}")


@BY_WAYS
def test_with_handshake(way):
    wire = Wire()
    for i, talk in talks(wire, 3):
        talk.chat(20, opcodes=[TEXT, BINARY], fragments=0.1)
        talk.capture(talk.segments(join=1 + i))
    total = assert_recovered(check(wire, *WAYS[way]))
    assert total.recovered == total.sent == 20 * len(wire.talks) and not total.undecoded
    assert total.handshakes == 2 * len(wire.talks)


@BY_WAYS
def test_without_handshake(way):
    """Less evidence is enough: no text has to prove anything."""
    wire = Wire()
    for i, talk in talks(wire, 6):
        talk.chat(20, opcodes=[TEXT, BINARY], fragments=0.1, reset=0.3)
        talk.capture(talk.segments(join=1 + i % 3), lost=range(i), handshake=(False, False), syn=i % 2 == 0)
    total = assert_recovered(check(wire, *WAYS[way]))
    assert total.due > total.sent * 0.6 and not total.handshakes


@BY_WAYS
def test_single_frame(way):
    """Of either side, with nothing in it that would prove anything."""
    wire = Wire()
    for (side, opcode), port in itertools.product([(SERVER, TEXT), (SERVER, BINARY), (CLIENT, TEXT), (CLIENT, BINARY)], PORTS):
        talk = Talk(wire, server_port=port, name=f"{side} {opcode} on {port}")
        talk.say(side, b"x", opcode).capture(handshake=(False, False), syn=False)
    total = assert_clean(check(wire, *WAYS[way]))
    assert total.recovered == total.sent == len(wire.talks)


@BY_WAYS
def test_refused(way):
    """On such a port HTTP is spoken too."""
    wire = Wire()
    for _, talk in talks(wire, 1):
        talk.capture([], handshake=(True, False))
        wire.put(talk, SERVER, 0, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        wire.put(talk, CLIENT, talk.sides[CLIENT].head, b"GET /elsewhere HTTP/1.1\r\nHost: example.com\r\n\r\n")
    scores = check(wire, *WAYS[way])
    assert assert_clean(scores).handshakes == 2 * len(wire.talks)
    assert not any(score.shown for score in scores.values())


def test_several_ports():
    """The preference takes ranges; other ports are as ever."""
    wire = Wire()
    for port in (41000, 41010, 41020, 42000):
        talk = Talk(wire, server_port=port)
        talk.chat(10, sides=[SERVER], opcodes=[BINARY], sizes=(5, 60), controls=0)  # nobody would guess what it is
        talk.capture(handshake=(False, False), syn=False)
    scores = check(wire, "-o", "ws.port:41000-41010,42000")
    assert_clean(scores)
    assert [scores[talk].recovered for talk in wire.talks] == [10, 10, 0, 10]
