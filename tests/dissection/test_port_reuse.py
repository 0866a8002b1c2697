# SPDX-License-Identifier: GPL-2.0-or-later
"""The same ports used again by a new connection, with other extensions."""

import itertools
import random

import pytest

from builder import KEY, Capture, text
from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_recovered, check
from support import fields, packets_matching, save
from test_two_passes import assert_any_order


@pytest.mark.parametrize("ended", [True, False], ids=["fin", "no_fin"])
@pytest.mark.parametrize("port", [80, 41234])
def test_reuse(port, ended):
    wire = Wire()
    pairs = list(itertools.product([None, NO_TAKEOVER, TAKEOVER], repeat=2))
    for i, pair in enumerate(pairs):
        for j, extension in enumerate(pair):
            talk = Talk(wire, extension, server_port=port, client_port=50001 + i, isn=(1000 + j * 10**6, 5000 + j * 10**7),
                        name=f"{pair} {j}")
            talk.chat(12, fragments=0.1)
            segments = talk.segments(join=1 + j)
            if j == 0 and i % 2:  # its last frame is not finished
                side, begin, end = segments[-1]
                segments[-1] = side, begin, end - 3
            talk.capture(segments)
            if ended and not j:
                wire.put_fin(talk)
    scores = check(wire)
    total = assert_recovered(scores)
    assert not total.undecoded and total.handshakes == 2 * 2 * len(pairs)
    assert total.recovered >= total.sent - len(pairs)
    assert len({number for score in scores.values() for number in score.streams}) == 2 * len(pairs)


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one", "two"])
def test_many_connections_whose_look_ups_collide(passes):
    """Interleaved, over ports that differ by 64 and addresses that differ alone; each pair of ends is used twice."""
    capture = Capture()
    expected = []
    for again in range(2):
        ends = [((f"10.0.{host}.1", 20000 + 64 * port), ("10.0.0.2", 80)) for host in range(4) for port in range(20)]
        talks = [capture.tcp(client, server, isn=(1000 + again * 10**6, 5000 + again * 10**7)).upgrade() for client, server in ends]
        for number in range(3):
            for i, tcp in enumerate(talks):
                said = f"{again} {i} {number}"
                tcp.client(text("c " + said, mask=KEY)).server(text("s " + said))
                expected += [["c " + said], ["s " + said]]
        for tcp in talks:
            tcp.fin()
    path = save(capture)
    rows = fields(path, ["ws.message.text", "ws.stream"], *passes, shown="ws.message.text")
    assert [texts for texts, _ in rows] == expected
    of = {}
    for (said,), (stream,) in rows:
        of.setdefault(stream, set()).add(tuple(said.split()[1:3]))
    assert len(of) == 160 and all(len(talk) == 1 for talk in of.values())
    assert packets_matching(path, "ws.undecoded || ws.violation", *passes) == []
    if passes:
        numbers = packets_matching(path, "ws.message.text")
        assert_any_order(path, random.Random(64).sample(numbers, 200))
