# SPDX-License-Identifier: GPL-2.0-or-later
"""Handshakes of which a part is lost, late or in another segment, and the frames that come first after them."""

import itertools

import pytest

from builder import BINARY, PING
from score import TAKEOVER, Talk, Wire, assert_clean, assert_recovered, check
from support import CLIENT, SERVER

EXTENSION = {"plain": None, "takeover": TAKEOVER}
IN_ORDER = ["-o", "tcp.reassemble_out_of_order:TRUE"]


def talk_of(wire, extension, name, key=None):
    """Text of both sides, the client's first. key: of all the client's frames."""
    talk = Talk(wire, EXTENSION[extension], seed=5, name=name)
    if key:
        talk.key = lambda side: key if side == CLIENT else None
    for _ in range(4):
        talk.chat(1, sides=[CLIENT], sizes=(30, 50), controls=0).chat(1, sides=[SERVER], sizes=(30, 50), controls=0)
    return talk


def split(segment, offset):
    """One segment in two, after so many bytes."""
    side, begin, end = segment
    return [(side, begin, begin + offset), (side, begin + offset, end)]


@pytest.mark.parametrize("handshake", [(True, True), (False, True)], ids=["whole", "no_request"])
@pytest.mark.parametrize("extension", EXTENSION)
def test_first_bytes_of_the_client(extension, handshake):
    """Lost, or late: the response acknowledges the request, and what comes behind that is a gap, though no request was captured."""
    wire = Wire()
    for late, at in itertools.product([False, True], range(1, 45, 2)):
        talk = talk_of(wire, extension, f"{at} bytes {'late' if late else 'lost'}")
        first, *segments = talk.segments()
        begin, rest = split(first, at)
        order = [rest, segments[0], *([begin] if late else []), *segments[1:]]
        talk.capture(order, handshake=handshake)
        if late:  # by default TCP hands over nothing that is late
            talk.sides[CLIENT].captured.remove((begin[1], begin[2], begin[2]))
    scores = check(wire)
    total = assert_recovered(scores)
    assert all("gap" in score.undecoded for score in scores.values())
    assert total.recovered >= (7 if extension == "plain" else 4) * len(wire.talks)


@pytest.mark.parametrize("extension", EXTENSION)
def test_first_header_of_the_client_without_response(extension):
    """It may come in pieces, of which the second looks like a header itself."""
    wire = Wire()
    keys = [None, b"\x02\xa7\x41\x42", b"\x81\x85\x37\xfa", b"\x89\x80\x13\xd0"]
    for key, at, lost in itertools.product(keys, range(1, 8), [False, True]):
        talk = talk_of(wire, extension, f"{key} in pieces of {at}{' lost' * lost}", key)
        first, *segments = talk.segments()
        talk.capture([*split(first, at), *segments], lost={0} if lost else (), handshake=(True, False))
        if not lost:
            talk.due = {CLIENT: range(4 if extension == "plain" else 1), SERVER: []}
    scores = check(wire)
    total = assert_recovered(scores)
    assert total.recovered >= (6 if extension == "plain" else 3) * len(wire.talks)


@pytest.mark.parametrize("port", [80, 41234])
@pytest.mark.parametrize("first", ["text", "ping", "later"])
def test_end_of_the_response(first, port):
    """The beginning of the response was lost; frames begin in the segment that it ends in, or in the next one."""
    wire = Wire()
    model = Talk(Wire())
    for at in range(1, model.sides[SERVER].head):
        talk = Talk(wire, server_port=port, seed=at, name=f"from byte {at} on")
        if first == "ping":
            talk.control(SERVER, PING, b"?")
        talk.say(SERVER, b'{"hello":"you there"}').say(SERVER, b"\1\2\3", BINARY)
        end = talk.sides[SERVER].frames[-1].end if first != "later" else talk.sides[SERVER].head
        del talk.sends[:]
        for i in range(3):
            talk.say(CLIENT, b"question %d" % i).say(SERVER, b'{"answer":%d}' % i)
        segments = talk.segments()
        if first == "later":
            segments = [(SERVER, f.begin, f.end) for f in talk.sides[SERVER].frames[:2]] + segments
        talk.capture([(SERVER, at, end), *segments], handshake=(True, False))
        talk.due = {CLIENT: range(3), SERVER: [0, 1, 2, 3, 4] if first != "later" else [0, 2, 3, 4]}
    scores = check(wire)
    assert_recovered(scores)


def test_end_of_a_refusal():
    """What follows it is a body."""
    wire = Wire()
    for body in (b"<html>no such thing</html>\n", b"\x81\x02\x03\x04", b"{}", bytes(300)):
        talk = Talk(wire, name=repr(body))
        side = talk.sides[SERVER]
        side.bytes[:] = b"HTTP/1.1 403 Forbidden\r\nServer: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        side.head = len(side.bytes)
        talk.capture([(SERVER, 20, side.head)], handshake=(True, False))
    total = assert_clean(scores := check(wire))
    assert not total.undecoded and all(score.handshakes == 1 and not score.shown for score in scores.values())


@pytest.mark.parametrize("options", [[], IN_ORDER], ids=["default", "in_order"])
@pytest.mark.parametrize("port", [80, 8080, 41234])
@pytest.mark.parametrize("half", [0, 1], ids=["request", "response"])
def test_cut_anywhere(half, port, options):
    """A head in two segments is shown once, as it is; also where its second part looks like a head of its own."""
    wire = Wire()
    for at in range(1, len(Talk(Wire()).sides[(CLIENT, SERVER)[half]].bytes)):
        talk = Talk(wire, server_port=port, seed=3, name=f"after {at} bytes")
        talk.chat(4)
        handshake = list(talk.handshake)
        handshake[half:half + 1] = split(handshake[half], at)
        wire.put_syn(talk)
        for segment in [*handshake, *talk.segments()]:
            talk.put(*segment)
    scores = check(wire, *options)
    total = assert_recovered(scores)
    assert total.recovered == total.sent
    assert {talk.name: score.handshakes for talk, score in scores.items() if score.handshakes != 2} == {}


@pytest.mark.parametrize("port", [80, 8080, 41234])
@pytest.mark.parametrize("early", [0, 1], ids=["request", "request_and_frame"])
def test_request_out_of_order_without_response(early, port):
    """Its beginning comes last, perhaps behind a frame: it does not end where the last segment does."""
    wire = Wire()
    for extension, at in itertools.product(EXTENSION, range(2, 120, 9)):
        talk = talk_of(wire, extension, f"{extension} after {at} bytes")
        begin, rest = split(talk.handshake[0], at)
        segments = talk.segments()
        wire.put_syn(talk)
        for segment in [rest, *segments[:early], begin, *segments[early:]]:
            talk.put(*segment)
        if not early:
            talk.due = {CLIENT: range(4), SERVER: []}
    assert_recovered(check(wire, *IN_ORDER, ordered=False))


@pytest.mark.parametrize("port", [80, 8080, 41234])
@pytest.mark.parametrize("half", [0, 1], ids=["request", "response"])
def test_out_of_order(half, port):
    """Put in order by TCP: nothing is missing."""
    wire = Wire()
    for extension, at, together in itertools.product(EXTENSION, range(2, 120, 9), [False, True]):
        talk = talk_of(wire, extension, f"{extension} after {at} bytes {'with frames' * together}")
        begin, rest = split(talk.handshake[half], at)
        side, segments = begin[0], talk.segments()
        if together and half:  # the response and what the server says first, in one segment
            segments = [s for s in segments if s != (SERVER, rest[2], s[2])]
            rest = (SERVER, rest[1], talk.sides[side].frames[0].end)
        handshake = [talk.handshake[0]] * half + [rest, begin] + [talk.handshake[1]] * (1 - half)
        wire.put_syn(talk)
        for segment in [*handshake, *segments]:
            talk.put(*segment)
    scores = check(wire, *IN_ORDER, ordered=False)
    total = assert_recovered(scores)
    assert total.recovered == total.sent and not total.undecoded
    assert all(score.handshakes == 2 for score in scores.values())


@pytest.mark.parametrize("extension", EXTENSION)
def test_request_after_the_frames(extension):
    """Put in order by TCP: the frames behind it were captured before it, and are in one piece with it."""
    wire = Wire()
    for late in range(2, 7):
        talk = talk_of(wire, extension, f"late by {late}")
        order = talk.handshake + talk.segments()
        wire.put_syn(talk)
        for segment in [*order[1:late + 1], order[0], *order[late + 1:]]:
            talk.put(*segment)
    scores = check(wire, *IN_ORDER, ordered=False)
    total = assert_recovered(scores)
    assert total.recovered == total.sent and not total.undecoded
