# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that the capture lost after the handshake: few and many, one by one and in bursts, in all kinds of traffic."""

import itertools

import pytest

from builder import BINARY, TEXT
from score import NO_TAKEOVER, OTHER, TAKEOVER, Talk, Wire, assert_recovered, check
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}
RATES = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]


def chat(talk):
    talk.chat(60, reset=0.2)
    return talk.segments()


def several(talk):
    """Several frames in a segment."""
    talk.chat(110, opcodes=[TEXT, BINARY], reset=0.2)
    return talk.segments(join=4)


def streaming(talk):
    """Small frames in full segments, from one side."""
    talk.chat(250, sides=[SERVER], sizes=(20, 90), reset=0.2)
    return talk.segments(1460)


def large(talk):
    talk.chat(25, sizes=(50, 12000), opcodes=[TEXT, BINARY], controls=0.3, reset=0.5)
    return talk.segments(1460)


def fragmented(talk):
    """Fragments with control frames between them."""
    talk.chat(30, fragments=0.7, reset=0.3)
    return talk.segments()


def random_sizes(talk):
    talk.chat(80, opcodes=[TEXT, BINARY], fragments=0.1, reset=0.2)
    return talk.segments(-120)


def cyrillic(talk):
    """Text in whose letters are the bytes of headers: a segment that begins within "с" begins like a text frame."""
    words = ["с", "с ", "сс", "список", "все", "России", "час ", "б", "т"]
    for i in range(25):
        text = f"{i} " + "".join(talk.rng.choice(words) for _ in range(talk.rng.randrange(10, 900)))
        talk.say(talk.rng.choice([CLIENT, SERVER]), text.encode(), compress=bool(talk.sides[CLIENT].deflater) and i % 2 == 0)
    return talk.segments(-400)


def sparse(talk):
    """Compressed and not, by turns."""
    talk.chat(60, compress=0.5, reset=0.3)
    return talk.segments(join=2)


TRAFFIC = [chat, several, streaming, large, fragmented, random_sizes, cyrillic, sparse]


def lost(talk, segments, rate, bursts):
    """The indices of lost segments, after both sides have begun."""
    count, sides = len(segments), [side for side, _, _ in segments]
    first = 1 + max(sides.index(side) for side in set(sides))
    goal, out = max(1, round((count - first) * rate)), set()
    while len(out) < goal:
        at = talk.rng.randrange(first, count)
        out |= set(range(at, min(count, at + (talk.rng.randrange(2, 8) if bursts else 1))))
    return out


@pytest.mark.parametrize("extension", EXTENSION)
@pytest.mark.parametrize("traffic", TRAFFIC, ids=lambda traffic: traffic.__name__)
def test_loss(traffic, extension):
    wire = Wire()
    # Of tiny segments so few are whole frames, or three in a row, that one in five lost leaves messages which nothing confirms.
    for rate in RATES[:-1] if traffic is random_sizes else RATES:
        for bursts in (False, True):
            talk = Talk(wire, EXTENSION[extension], name=f"{rate:.1%}{' in bursts' * bursts}")
            segments = traffic(talk)
            assert len(segments) > 6
            talk.capture(segments, lost(talk, segments, rate, bursts))
    whole = Talk(wire, EXTENSION[extension], name="without loss")
    whole.capture(traffic(whole))
    scores = check(wire)
    total = assert_recovered(scores)
    assert scores[whole].recovered == scores[whole].sent and not scores[whole].undecoded
    assert len(total.missed) == 0 and total.recovered > total.sent * (0.75 if extension != "takeover" else 0.5)
    assert total.undecoded >= {"gap", "resynchronised"} and total.undecoded <= {"gap", "resynchronised", "no_context"}
    if extension == "takeover":
        assert "no_context" in total.undecoded


@pytest.mark.parametrize("handshake", [True, False], ids=["handshake", "midstream"])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_pattern(side, handshake):
    """A payload of zeros, behind a mask too, or of another pattern, whose header was lost: whatever it looks like, it is no frame."""
    wire = Wire()
    patterns = [b"\0", b"\0\0\1", b"\x80\0", b"\x81\0", b"\x89\0\x8a\0", b"\x82\x01\0", b"\x81\x80\x37\xd0\0\0", b"\x81\x05hello"]
    keys = [b"\x82\x86\x13\xd0", b"\x81\x80\x81\x82", b"\xc1\x81\x80\xff"] if side == CLIENT else [None]
    for pattern, key, extension, size, cut in itertools.product(patterns, keys, ["plain", "takeover"], [2001, 2004], [804, 1460]):
        talk = Talk(wire, EXTENSION[extension], name=f"{pattern} {key} {extension} {size} in {cut}")
        talk.key = lambda who, random=talk.key, fixed=key: fixed if fixed and who == CLIENT else random(who)
        talk.say(side, b"the first message", compress=False)
        talk.say(side, (pattern * size)[:size], BINARY, compress=False)
        segments = talk.segments(cut)
        del talk.sends[:]
        for i in range(3):
            talk.say(side, b'{"after":"the pattern %d"}' % i, compress=False).say(OTHER[side], b"answer %d" % i, compress=False)
        first, end = segments[0][1], talk.sides[side].frames[0].end
        segments = [(side, first, end), (side, end, segments[0][2]), *segments[1:]]
        talk.capture(segments + talk.segments(), lost={1}, handshake=(handshake, handshake), syn=handshake)
        talk.due = {side: [0, *range(2, 5)], OTHER[side]: range(3)}
    total = assert_recovered(check(wire))
    assert total.recovered == 7 * len(wire.talks)
    assert total.undecoded <= {"gap", "resynchronised"}
