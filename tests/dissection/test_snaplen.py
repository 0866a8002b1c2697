# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets cut by the snap length: every length from none of the payload to all of it."""

import itertools

import pytest

from builder import CLOSE, PING, PONG, TEXT
from score import HEADERS, NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_clean, assert_recovered, by_evidence, check, recognised
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}


def conversation(talk):
    """Short messages and longer ones, a frame a packet, and several."""
    for size in (20, 60, 130, 40):
        talk.say(CLIENT, talk.words(CLIENT, size)).say(SERVER, talk.words(SERVER, size))
    talk.control(CLIENT, PING, b"?").control(SERVER, PONG, b"?")
    talk.say(SERVER, talk.words(SERVER, 80), TEXT, [5]).say(CLIENT, talk.words(CLIENT, 80), TEXT, [5], controls=1)
    return talk.chat(4).control(CLIENT, CLOSE, b"\x03\xe8over and out").control(SERVER, CLOSE, b"\x03\xe8over and out")


@pytest.mark.parametrize("extension", EXTENSION)
@pytest.mark.parametrize("join", [1, 3])
def test_every_snap_length(join, extension):
    """After a whole handshake."""
    wire = Wire()
    model = conversation(Talk(Wire(), EXTENSION[extension], seed=1))
    longest = HEADERS + max(end - begin for _, begin, end in model.segments(join=join))
    for snap in range(HEADERS, longest + 1):
        talk = Talk(wire, EXTENSION[extension], seed=1, name=f"snap {snap}")
        segments = conversation(talk).segments(join=join)
        talk.capture([])
        for segment in segments:
            talk.put(*segment, keep=snap)
    assert len(wire.talks) > 80
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.due > total.sent * 0.4 and total.undecoded <= {"truncated", "resynchronised", "no_context", "gap"}
    whole = scores[wire.talks[-1]]
    assert whole.recovered == whole.sent and not whole.undecoded
    assert_cut_frames(scores)


def assert_cut_frames(scores):
    """Of a frame that was cut, what was captured is shown unmasked, and why it is not all."""
    checked = 0
    for talk, score in scores.items():
        for name, side in talk.sides.items():
            for since, stop in side.in_step(by_evidence):
                # Headers that were captured, of frames that go on behind the end of what was captured.
                for i, f in enumerate(side.frames):
                    if since <= f.begin and f.payload_at <= stop < f.end:
                        payload, reasons = score.frames[name].get(i, (None, None))
                        assert payload == f.payload[:stop - f.payload_at], f"{talk.name}: frame {i} of the {name}"
                        assert "truncated" in reasons, f"{talk.name}: frame {i} of the {name}: {reasons}"
                        checked += 1
    assert checked > 400


@pytest.mark.parametrize("extension", EXTENSION)
def test_handshake_cut_too(extension):
    """One snap length for all packets: a head that was cut says nothing."""
    wire = Wire()
    for snap, port in itertools.product([*range(HEADERS, HEADERS + 150, 4), *range(HEADERS + 150, HEADERS + 260, 3)], [80, 41234]):
        talk = Talk(wire, EXTENSION[extension], seed=1, server_port=port, name=f"snap {snap} on {port}")
        talk.capture(conversation(talk).segments(), snap=snap)
        if any(snap < HEADERS + side.head for side in talk.sides.values()):
            for side in talk.sides.values():
                side.captured = [part for part in side.captured if part[0]]
            talk.order = [part for part in talk.order if part[1]]
            recognised(talk)
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.due > len(scores) * 8 and scores[wire.talks[-1]].recovered == scores[wire.talks[-1]].sent


@pytest.mark.parametrize("extension", EXTENSION)
def test_response_cut(extension):
    """Its first lines say enough: frames follow, and even those that prove nothing are shown."""
    wire = Wire()
    for snap, port in itertools.product([110, 128, 160], [80, 41234]):
        talk = Talk(wire, EXTENSION[extension], server_port=port, name=f"snap {snap} on {port}")
        for i in range(4):
            talk.control(SERVER, PING, b"%d" % i).control(CLIENT, PONG, b"%d" % i)
        talk.capture(snap=snap)
        assert all(HEADERS + side.head > snap for side in talk.sides.values())
    scores = check(wire)
    assert_clean(scores)
    assert all(len(shown) == 4 for score in scores.values() for shown in score.controls.values())
