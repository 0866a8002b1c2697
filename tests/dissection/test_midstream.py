# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that begin in the middle of a connection: at each packet, and at each byte, on any port."""

import itertools
import random

import pytest

from builder import BINARY, PING, TEXT
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_recovered, check, recognised
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "no_takeover": NO_TAKEOVER, "takeover": TAKEOVER}


def mixed(talk):
    """A frame a packet, and several; fragments, and control frames between them."""
    talk.chat(10, fragments=0.3, reset=0.3).control(SERVER, PING, b"?")
    first = talk.segments()
    del talk.sends[:]
    talk.chat(12, opcodes=[TEXT, TEXT, BINARY], fragments=0.1, reset=0.3)
    return first + talk.segments(join=3)


def large(talk):
    """Messages of several segments with small ones between them."""
    for size in (200, 5000):
        talk.chat(2, sides=[SERVER], reset=1).say(SERVER, talk.words(SERVER, size)).chat(3, reset=1)
        talk.say(CLIENT, talk.noise(CLIENT, size), BINARY).chat(3, sides=[CLIENT], reset=1)
    return talk.segments(1460)


ON_PORTS = pytest.mark.parametrize("ports", [[41234], [80, 8080, 443]], ids=["odd", "known"])


@ON_PORTS
@pytest.mark.parametrize("script", [mixed, large], ids=lambda script: script.__name__)
def test_every_packet(script, ports):
    wire = Wire()
    for extension in EXTENSION:
        count = len(script(Talk(Wire(), EXTENSION[extension], seed=script.__name__)))
        assert count >= 9
        for first, port in itertools.product(range(count), ports):
            talk = Talk(wire, EXTENSION[extension], server_port=port, seed=script.__name__,
                        name=f"{extension} from packet {first} on {port}")
            talk.capture(script(talk), lost=range(first), handshake=(False, False), syn=False)
            recognised(talk)
    total = assert_recovered(check(wire))
    assert total.due > total.sent * 0.3
    assert total.undecoded <= {"gap", "resynchronised", "no_context"}


def cut_at(talk, side, segments, offset):
    """The segments from where one side's stream has this offset."""
    at = next(i for i, (who, _, end) in enumerate(segments) if who == side and end > offset)
    return [(side, max(segments[at][1], offset), segments[at][2]), *segments[at + 1:]]


def big_frame(talk, side, size):
    """One frame of a size with small ones before and after it, and answers between."""
    other = CLIENT if side == SERVER else SERVER
    for _ in range(2):
        talk.chat(1, sides=[side], controls=0, reset=1).chat(1, sides=[other], controls=0, reset=1)
    talk.say(side, talk.words(side, size), TEXT, compress=False)
    for _ in range(4):
        talk.chat(1, sides=[other], controls=0, reset=1).chat(1, sides=[side], controls=0, reset=1)
    return talk.segments(1460)


def offsets(talk, side, size):
    """All that matter: each byte of small frames, and near borders of frames and segments; others by chance."""
    first = talk.sides[side].head
    stop = talk.sides[side].frames[4].end  # with two small ones after the big one
    if size <= 200:
        return range(first, stop)
    near = {f.begin + d for f in talk.sides[side].frames[:5] for d in range(-2, 15)}
    near |= {begin + d for who, begin, _ in talk.segments(1460) for d in (-1, 0, 1) if who == side and size < 10000}
    near |= set(random.Random(size).sample(range(first, stop), 15))
    return sorted(x for x in near if first <= x < stop)[::1 if size < 10000 else 2]


@ON_PORTS
@pytest.mark.parametrize("size, side", [(60, SERVER), (200, CLIENT), (200, SERVER), (5000, CLIENT), (5000, SERVER),
                                        (70000, CLIENT), (70000, SERVER)])
def test_every_byte(size, side, ports):
    wire = Wire()
    for extension in ("plain", "no_takeover"):
        model = Talk(Wire(), EXTENSION[extension], seed=size)
        big_frame(model, side, size)
        for i, offset in enumerate(offsets(model, side, size)[::1 if extension == "plain" else 4]):
            port = ports[i % len(ports)]
            talk = Talk(wire, EXTENSION[extension], server_port=port, seed=size, name=f"{extension} from byte {offset} on {port}")
            segments = big_frame(talk, side, size)
            talk.capture(cut_at(talk, side, segments, offset), handshake=(False, False), syn=False)
            recognised(talk)
    assert len(wire.talks) >= 60
    total = assert_recovered(check(wire))
    assert total.due > 6 * len(wire.talks)
    assert total.undecoded <= {"gap", "resynchronised", "no_context"}


@ON_PORTS
def test_bulk(ports):
    """No segment begins with a frame, until one does after a pause."""
    wire = Wire()
    for i, port, extension, side in itertools.product(range(6 // len(ports)), ports, ["plain", "no_takeover"], [CLIENT, SERVER]):
        talk = Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {side} {i} on {port}")
        talk.chat(25, sizes=(500, 4000), opcodes=[TEXT, BINARY][:1 + i % 2], sides=[side], controls=0)
        borders = {f.begin for f in talk.sides[side].frames}
        segments = [s for s in talk.segments(1460) if s[1] not in borders]
        del talk.sends[:]
        talk.chat(20, sides=[side], reset=0.5)
        talk.capture(segments + talk.segments(), lost={0, 1}, handshake=(False, False), syn=False)
        recognised(talk)
    total = assert_recovered(check(wire))
    assert total.due >= len(wire.talks) * 20


@pytest.mark.parametrize("sizes, extensions", [((8, 30), ["plain", "no_takeover"]), ((60, 300), ["plain", "no_takeover"]),
                                               ((1000, 4000), ["plain"])], ids=str)
def test_bulk_without_pause(sizes, extensions):
    """No segment begins with a frame at all, and only one side sends."""
    wire = Wire()
    for port, extension, side in itertools.product([41234, 80, 8080], extensions, [CLIENT, SERVER]):
        talk = Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {side} on {port}")
        talk.chat(40 if sizes[1] > 1000 else 200, sizes=sizes, sides=[side], controls=0)
        borders = {f.begin for f in talk.sides[side].frames}
        segments = [s for s in talk.segments(1460) if s[1] not in borders]
        talk.capture(segments, lost={0}, handshake=(False, False), syn=False)
        _, begin, end = segments[1]
        talk.due = {end: [i for i, m in enumerate(talk.sides[end].messages) if end == side and m.frames[0].begin >= begin]
                    for end in (CLIENT, SERVER)}
    total = assert_recovered(check(wire))
    assert total.due >= 30 * len(wire.talks)


def test_first_packet_on_any_port():
    """A short message is enough where no other protocol was seen, and as much in the second pass as in the first."""
    wire = Wire()
    for port in (80, 8080, 3128, 25, 53, 5672, 1935, 5222, 41234):
        talk = Talk(wire, server_port=port, name=f"on {port}")
        for side in (SERVER, CLIENT, SERVER, CLIENT):
            talk.say(side, b'{"n":%d,"word":"abcdefghijklmnopqrstuvw"}' % len(talk.sides[side].messages))
        talk.capture(handshake=(False, False), syn=False)
    total = assert_recovered(check(wire))  # compares the passes packet by packet
    assert total.recovered == total.sent == 4 * len(wire.talks)


@pytest.mark.parametrize("handshake", [True, False], ids=["handshake", "midstream"])
@pytest.mark.parametrize("port", [80, 41234])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_one_direction(side, port, handshake):
    wire, known = Wire(), []
    for i, extension in itertools.product(range(9), EXTENSION):
        talk = Talk(wire, EXTENSION[extension], server_port=port, name=f"{extension} {i}")
        talk.chat(30, sizes=(20, 60) if i % 3 else (20, 3000), fragments=0.1, reset=0.3)
        segments = [s for s in talk.segments("asis" if i % 3 else 1460, join=1 + i % 2 * 3) if s[0] == side]
        talk.capture(segments, handshake=(handshake and side == CLIENT, handshake and side == SERVER), syn=False)
        if not handshake:
            recognised(talk)
        elif extension == "plain" or side == SERVER:  # only the response says what was agreed
            known.append(talk)
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.due >= len(scores) * 5
    assert all(scores[talk].recovered == len(talk.sides[side].messages) for talk in known)
    assert total.undecoded <= {"gap", "resynchronised", "no_context"}


def test_packet_that_proves_it():
    """The text that makes a connection known is itself shown, whatever letters it has."""
    wire = Wire()
    for port, words in itertools.product([8080, 41234], ["Grüße, 世界 👋", "Здравствуйте, мир", "日本語のテキスト"]):
        talk = Talk(wire, server_port=port, name=f"{words} on {port}")
        talk.say(SERVER, words.encode()).say(CLIENT, b"answer")
        talk.capture(handshake=(False, False), syn=False)
    total = assert_recovered(check(wire))
    assert total.recovered == total.sent == 2 * len(wire.talks)
