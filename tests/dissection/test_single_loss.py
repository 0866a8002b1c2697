# SPDX-License-Identifier: GPL-2.0-or-later
"""Every loss of a single packet of a short conversation, and of halves of the handshake."""

import itertools
import random

import pytest

from builder import BINARY, CLOSE, PING, PONG, TEXT
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_recovered, check, recognised
from support import CLIENT, SERVER


def small(talk):
    """Question and answer."""
    for _ in range(5):
        talk.chat(1, sides=[CLIENT], controls=0).chat(1, sides=[SERVER], controls=0)
    talk.control(CLIENT, PING, b"are you there").control(SERVER, PONG, b"are you there")
    talk.chat(2, sides=[SERVER]).control(CLIENT, CLOSE, b"\x03\xe8done").control(SERVER, CLOSE, b"\x03\xe8done")
    return talk.segments()


def several(talk):
    """Several frames in a segment."""
    talk.chat(30, fragments=0.2)
    return talk.segments(join=3)


def large(talk):
    """Messages of several segments, then small ones."""
    talk.chat(2, sizes=(3000, 3000), sides=[SERVER], opcodes=[BINARY]).chat(2, sizes=(3000, 3000), sides=[CLIENT])
    talk.chat(6).chat(1, sizes=(3000, 3000), sides=[SERVER]).chat(6)
    return talk.segments(600)


def fragmented(talk):
    """Fragments with control frames between them."""
    for side in (SERVER, CLIENT, SERVER, CLIENT):
        talk.say(side, talk.words(side, 90), TEXT, [3, 6, 9], controls=1)
    return talk.chat(4).segments()


SCRIPTS = [small, several, large, fragmented]
EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}


@pytest.mark.parametrize("first", [True, False], ids=["first", "others"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_every_packet(script, first):
    """first: the first that a side sends after the handshake."""
    wire, lost = Wire(), {}
    for extension in EXTENSION:
        segments = script(Talk(Wire(), EXTENSION[extension], seed=script.__name__))
        firsts = {next(i for i, segment in enumerate(segments) if segment[0] == side) for side in (CLIENT, SERVER)}
        for i in range(len(segments)):
            if (i in firsts) == first:
                talk = Talk(wire, EXTENSION[extension], seed=script.__name__, name=f"{extension} without packet {i}")
                talk.capture(script(talk), lost={i})
                lost[talk] = segments[i]
        whole = Talk(wire, EXTENSION[extension], seed=script.__name__, name=f"{extension} without loss")
        whole.capture(script(whole))
    assert len(lost) >= (6 if first else 40)
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.recovered >= total.sent * 0.6
    for talk, score in scores.items():
        if talk not in lost:
            assert score.recovered == score.sent and not score.undecoded
        # Unless it was the last that its side sent, what is missing is said.
        elif any(begin > lost[talk][1] for begin, _, _ in talk.sides[lost[talk][0]].captured):
            assert "gap" in score.undecoded, talk.name


@pytest.mark.parametrize("port", [80, 8080, 41234])
@pytest.mark.parametrize("captured", [(False, True), (True, False), (False, False)],
                         ids=["response_only", "request_only", "neither"])
def test_handshake(captured, port):
    wire = Wire()
    for i, extension in itertools.product(range(8), EXTENSION):
        talk = Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {i}")
        talk.chat(1, sides=[random.Random(i).choice([CLIENT, SERVER])], controls=0).chat(20, fragments=0.1, reset=0.2)
        talk.capture(talk.segments(), handshake=captured)
        if captured == (False, False):
            recognised(talk)
    total = assert_recovered(check(wire))
    assert total.sent == 21 * len(wire.talks) and total.due > total.sent * 0.6
