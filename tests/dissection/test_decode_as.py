# SPDX-License-Identifier: GPL-2.0-or-later
"""A port that the user says carries WebSocket: Decode As."""

import itertools

from builder import BINARY, TEXT
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_clean, assert_recovered, check
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}
PORTS = [80, 443, 3306, 41234]
DECODE_AS = [argument for port in PORTS for argument in ("-d", f"tcp.port=={port},ws")]


def talks(wire, count):
    for i, port, extension in itertools.product(range(count), PORTS, EXTENSION):
        yield i, Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {i} on {port}")


def test_with_handshake():
    wire = Wire()
    for i, talk in talks(wire, 3):
        talk.chat(20, opcodes=[TEXT, BINARY], fragments=0.1)
        talk.capture(talk.segments(join=1 + i))
    total = assert_recovered(check(wire, *DECODE_AS))
    assert total.recovered == total.sent == 20 * len(wire.talks) and not total.undecoded
    assert total.handshakes == 2 * len(wire.talks)


def test_refused():
    """On such a port HTTP is spoken too."""
    wire = Wire()
    for _, talk in talks(wire, 1):
        talk.capture([], handshake=(True, False))
        wire.put(talk, SERVER, 0, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        wire.put(talk, CLIENT, talk.sides[CLIENT].head, b"GET /elsewhere HTTP/1.1\r\nHost: example.com\r\n\r\n")
    scores = check(wire, *DECODE_AS)
    assert assert_clean(scores).handshakes == 2 * len(wire.talks)
    assert not any(score.shown for score in scores.values())
