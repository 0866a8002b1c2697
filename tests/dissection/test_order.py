# SPDX-License-Identifier: GPL-2.0-or-later
"""Segments more than once, in pieces, and in any order; sequence numbers that wrap."""

import itertools

import pytest

from builder import BINARY, TEXT
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_clean, assert_recovered, check
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}
# What Wireshark's TCP hands over of segments that it takes for retransmissions or late: none (its default), each as it comes, or
# all in order.
MODES = {"default": [], "handed_over": ["-o", "tcp.no_subdissector_on_error:FALSE"],
         "reassembled": ["-o", "tcp.reassemble_out_of_order:TRUE"]}
IN_MODES = pytest.mark.parametrize("mode", MODES)


def small(talk):
    talk.chat(14, fragments=0.2)
    return talk.segments()


def large(talk):
    talk.chat(4, sizes=(300, 1500), opcodes=[TEXT, BINARY]).chat(6)
    return talk.segments(500)


def repeat_all(talk, segments):
    """Each segment twice."""
    return [part for segment in segments for part in (segment, segment)]


def repeat_later(talk, segments):
    return [part for i, segment in enumerate(segments) for part in (segment, *segments[max(0, i - 3):i - 2])]


def repeat_longer(talk, segments):
    """Again with more: the retransmission joins two."""
    out = []
    for side, begin, end in segments:
        earlier = [s for s in out if s[0] == side]
        out.append((side, earlier[-1][1] if earlier and talk.rng.random() < 0.5 else begin, end))
    return out


def repeat_part(talk, segments):
    out = []
    for side, begin, end in segments:
        out.append((side, begin, end))
        if end - begin > 2:
            at = talk.rng.randrange(begin + 1, end)
            out.append((side, *talk.rng.choice([(begin, at), (at, end)])))
    return out


def overlap(talk, segments):
    """Each begins with some bytes of the one before it."""
    first = {side: talk.sides[side].head for side in (CLIENT, SERVER)}
    return [(side, max(first[side], begin - talk.rng.randrange(30)), end) for side, begin, end in segments]


def keep_alive(talk, segments):
    """The last byte of what was sent before, again, from either side."""
    out = []
    for side, begin, end in segments:
        out += [(side, begin, end), (side, end - 1, end)]
    return out


def talks(wire, count, what):
    """Of each kind of traffic and each extension some."""
    for script, extension, i in itertools.product([small, large], EXTENSION, range(count)):
        yield i, script, Talk(wire, EXTENSION[extension], name=f"{what} {script.__name__} {extension} {i}")


@IN_MODES
def test_repeated(mode):
    wire = Wire()
    # Of those that bring new bytes with old ones TCP hands over nothing, unless it reassembles.
    ways = [repeat_all, repeat_later, repeat_part, keep_alive, repeat_longer, overlap]
    for way in ways:
        for _, script, talk in talks(wire, 3, way.__name__):
            talk.capture(way(talk, script(talk)))
    scores = check(wire, *MODES[mode], ordered=False)
    total = assert_recovered(scores)
    assert total.recovered == total.sent >= 180 * len(ways) and not total.undecoded


@IN_MODES
def test_other_bytes(mode):
    """What is sent again says something else: the first is what the other side got."""
    wire = Wire()
    for i, extension in itertools.product(range(10), EXTENSION):
        talk = Talk(wire, EXTENSION[extension], name=f"{extension} {i}")
        liar = Talk(Wire(), EXTENSION[extension], seed=i)
        segments = small(talk)
        small(liar)
        talk.capture([])
        for side, begin, end in segments:
            talk.put(side, begin, end)
            if talk.rng.random() < 0.5:
                other = liar.sides[side]
                size = min(end - begin, talk.rng.randrange(1, 80), len(other.bytes) - other.head) or 1
                wire.put(talk, side, begin, (bytes(other.bytes[other.head:]) or b"\0")[:size])
                talk.order.pop()
                talk.sides[side].captured.pop()
    total = assert_recovered(check(wire, *MODES[mode], ordered=False))
    assert total.recovered == total.sent == 14 * len(wire.talks)


@pytest.mark.parametrize("handshake", [False, True], ids=["frames", "handshake"])
@IN_MODES
def test_every_swap(mode, handshake):
    """Two packets after each other change places, also the request with its response and that with what follows it."""
    wire = Wire()
    for script, extension in itertools.product([small, large], EXTENSION):
        at, segments = 0 if handshake else 3, [None] * 9
        while at < (min(3, len(segments)) if handshake else len(segments) - 1):
            talk = Talk(wire, EXTENSION[extension], seed=7, name=f"{script.__name__} {extension} packets {at} and {at + 1}")
            segments = talk.handshake + script(talk)
            segments[at:at + 2] = segments[at + 1], segments[at]
            wire.put_syn(talk)
            for segment in segments:
                talk.put(*segment)
            at += 1
    assert len(wire.talks) == 18 if handshake else len(wire.talks) > 40
    scores = check(wire, *MODES[mode], ordered=False)
    if mode == "reassembled":
        total = assert_recovered(scores)
        assert total.recovered == total.sent and not total.undecoded
    else:
        total = assert_clean(scores)
        assert total.sent > total.recovered > total.sent / 2


@pytest.mark.parametrize("extension", EXTENSION)
@pytest.mark.parametrize("between", [0, 1])
def test_response_before_its_request(extension, between):
    """As captures of two interfaces have it: one connection all the same."""
    wire = Wire()
    talk = Talk(wire, EXTENSION[extension])
    talk.chat(4).say(CLIENT, b"the client after all").chat(4)
    early = [segment for segment in talk.segments() if segment[0] == SERVER][:between]
    wire.put_syn(talk)
    for segment in [talk.handshake[1], *early, talk.handshake[0], *(s for s in talk.segments() if s not in early)]:
        talk.put(*segment)
    score = check(wire)[talk]
    assert score.recovered == score.sent and not score.false and not score.undecoded
    assert score.streams == {"0"} and score.handshakes == 2


@IN_MODES
def test_shuffled(mode):
    """Within a window of some packets any order."""
    wire = Wire()
    for i, script, talk in talks(wire, 8, "shuffled"):
        segments = script(talk)
        order = sorted(range(len(segments)), key=lambda at: at + talk.rng.random() * (2 + i % 5))
        talk.capture([segments[at] for at in order])
    scores = check(wire, *MODES[mode], ordered=False)
    if mode == "reassembled":
        total = assert_recovered(scores)
        assert total.recovered == total.sent and not total.undecoded
    else:
        total = assert_clean(scores)
        assert total.sent > total.recovered > total.sent / 5


def test_wrap():
    """Sequence numbers go round at each place: within the handshake, at a border, in a frame; with losses too."""
    wire = Wire()
    for i, extension in itertools.product(range(31), EXTENSION):
        before = 5 + 33 * i
        talk = Talk(wire, EXTENSION[extension], isn=(2**32 - before, 2**32 - before - 100), name=f"{before} bytes before")
        talk.chat(20, fragments=0.1)
        segments = talk.segments(join=1 + i % 2)
        first = 1 + max(next(at for at, segment in enumerate(segments) if segment[0] == side) for side in (CLIENT, SERVER))
        talk.capture(segments, lost=set(talk.rng.sample(range(first, len(segments)), i % 3)))
    scores = check(wire)
    total = assert_recovered(scores)
    whole = [score for talk, score in scores.items()
             if all([run[:2] for run in side.runs()] == [[0, len(side.bytes)]] for side in talk.sides.values())]
    assert len(whole) >= 30 and all(score.recovered == score.sent and not score.undecoded for score in whole)
    assert total.sent == 20 * len(scores)
