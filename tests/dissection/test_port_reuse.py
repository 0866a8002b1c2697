# SPDX-License-Identifier: GPL-2.0-or-later
"""The same ports used again by a new connection, with other extensions."""

import itertools

import pytest

from score import NO_TAKEOVER, TAKEOVER, Talk, Wire, assert_recovered, check


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
