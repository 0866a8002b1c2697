# SPDX-License-Identifier: GPL-2.0-or-later
"""A frame that is shorter than it says does not swallow the connection; one that is long is not taken apart."""

import itertools

import pytest

from builder import BINARY, PING, TEXT, frame, ping, text
from score import NO_TAKEOVER, OTHER, Talk, Wire, assert_clean, assert_recovered, check
from support import CLIENT, SERVER

MIB = 1 << 20
ABSURD = [(1 << 32) + 5, 1 << 62, 1 << 63, (1 << 64) - 1]  # no message is so long


@pytest.mark.parametrize("length", [MIB, 100 * MIB, *ABSURD])
def test_lie(length):
    wire = Wire()
    for side, extension, i in itertools.product([CLIENT, SERVER], [None, NO_TAKEOVER], range(10)):
        other = OTHER[side]
        talk = Talk(wire, extension, server_port=(80, 41234)[i % 2], name=f"{side} {extension} {i}")
        for _ in range(i % 3):
            talk.chat(1, sides=[side], controls=0)
        talk.lie(side, length, payload=b"so much for that"[:4 * (i % 5)])
        lied = len(talk.sides[side].messages)
        for _ in range(8):
            talk.chat(1, sides=[side], controls=0).chat(1, sides=[other], controls=0)
        talk.capture()
        # With more than one in question, two packets of whole frames one after the other decide; the second is shown.
        first = lied + (length not in ABSURD)
        talk.due = {side: [*range(lied), *range(first, lied + 8)], other: range(8)}
    scores = check(wire)
    msb = length >> 63
    for talk, score in scores.items():
        assert {violation for _, violation in score.violations} <= ({"length_msb_set"} if msb else set())
        score.violations = []
    total = assert_recovered(scores)
    assert total.due >= 15 * len(scores)


@pytest.mark.parametrize("length", [100 * MIB, *ABSURD])
def test_payload_of_a_long_frame(length):
    """What looks like a frame, or a few, in the payload of a frame that is longer than any decoder waits for, was not sent."""
    wire = Wire()
    for side, count, apart in itertools.product([CLIENT, SERVER], [1, 2, 20], [False, True]):
        if apart and count > 2:
            continue  # in so many segments they are frames
        mask = b"\x37\xfa\x21\x3d" if side == CLIENT else None
        inside = [text(f"a text that nobody sent {i}", mask=mask) for i in range(count)]
        talk = Talk(wire, server_port=(80, 41234)[count % 2], name=f"{side} {count} {apart}")
        talk.chat(2, controls=0)
        talk.lie(side, length, payload=b"hello" if apart else b"hello" + b"".join(inside))
        for part in inside if apart else []:
            begin = len(talk.sides[side].bytes)
            talk.sides[side].bytes += part
            talk.sends.append((side, begin, begin + len(part)))
            talk.chat(1, sides=[OTHER[side]], controls=0)
        talk.capture()
        talk.due = {who: range(len(sent.messages)) for who, sent in talk.sides.items()}
    scores = check(wire)
    for score in scores.values():
        score.violations = [v for v in score.violations if v[1] != "length_msb_set" or not length >> 63]
    assert_recovered(scores)


def test_lie_before_control_frames():
    """A packet that is a ping alone says little, and takes nothing away from what those before it said."""
    wire = Wire()
    for side, port in itertools.product([CLIENT, SERVER], [80, 41234]):
        talk = Talk(wire, server_port=port, name=f"{side} on {port}")
        talk.chat(2, sides=[side], controls=0)
        talk.lie(side, 100 * MIB)
        for i in range(6):
            talk.chat(1, sides=[side], controls=0).control(side, PING, b"%d" % i)
        talk.capture()
        talk.due = {side: range(8), OTHER[side]: []}
    total = assert_recovered(check(wire))
    assert total.recovered == total.sent == 8 * len(wire.talks)


def tunnelled(count, each=40):
    """WebSocket within WebSocket: what a server would send."""
    return b"".join(text(b'{"n":%d,"name":"%s"}' % (i, b"x" * (i * 7 % each))) + (ping(b"%d" % i) if i % 9 == 0 else b"")
                    for i in range(count))


def aligned(size, segments):
    """A frame begins in each segment's first byte, and none ends with it."""
    part = text(b"a" * (size // 2)) + text(b"b" * 30) + text(b"c" * size)
    return b"".join(part[:size] for _ in range(segments))


def now_and_then(size, segments):
    """A segment of exactly one frame, now and then."""
    def whole(letter):
        return text(letter * (size - 4))
    return b"".join(whole(b"z") if i % 4 == 3 else bytes([i & 0x7F | 0x20]) * size for i in range(segments))


PAYLOADS = {
    "tunnelled": lambda head: tunnelled(6000),
    "masked": lambda head: b"".join(frame(TEXT, b'{"i":%d}' % i, mask=b"\1\2\3\4") for i in range(8000)),
    "aligned": lambda head: bytes(1460 - head) + aligned(1460, 100),
    "now_and_then": lambda head: b"q" * (1460 - head) + now_and_then(1460, 100),
    "zeros": lambda head: bytes(150000),
    "empty_frames": lambda head: b"\x81\x00" * 70000,
    "text": lambda head: b"only text, " * 15000,
}


@pytest.mark.parametrize("cut", [1460, 8000, -3000], ids=["1460", "8000", "random"])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_truly_long(side, cut):
    wire = Wire()
    for name, payload in PAYLOADS.items():
        talk = Talk(wire, name=name, server_port=80)
        talk.chat(3, controls=0)
        first = len(talk.sends)
        talk.say(side, payload(10 if side == SERVER else 14), BINARY)
        del talk.sends[:first]
        segments = talk.segments(cut)
        begun = talk.sides
        talk.capture([(who, f.begin, f.end) for who in (CLIENT, SERVER) for f in begun[who].frames
                      if f.end <= (segments[0][1] if who == side else len(begun[who].bytes))] + segments)
        del talk.sends[:]
        talk.chat(6)
        for segment in talk.segments():
            talk.put(*segment)
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.recovered == total.sent == 10 * len(PAYLOADS)
    assert not total.undecoded


def test_long_with_another_direction():
    """The answers do not disturb it."""
    wire = Wire()
    for name, payload in PAYLOADS.items():
        talk = Talk(wire, name=name)
        talk.say(SERVER, payload(10), BINARY)
        segments = talk.segments(1460)
        del talk.sends[:]
        talk.chat(len(segments) // 3, sides=[CLIENT])
        answers = talk.segments()
        talk.capture([s for i, segment in enumerate(segments) for s in [segment, *answers[i // 3:i // 3 + (i % 3 == 2)]]])
        del talk.sends[:]
        talk.chat(3, sides=[SERVER])
        for segment in talk.segments():
            talk.put(*segment)
    total = assert_clean(scores := check(wire))
    assert total.recovered == sum(len(talk.sides[SERVER].messages) for talk in scores) \
        + sum(sum(f.end <= max(end for _, end, _ in talk.sides[CLIENT].captured) and bool(f.completes)
                  for f in talk.sides[CLIENT].frames) for talk in scores)
