# SPDX-License-Identifier: GPL-2.0-or-later
"""How WebSocket lies in TLS records, and those in segments."""

import functools

import pytest

from builder import KEY, RSV1, Deflater, binary, close, fragments, request, response, text
from support import Cases, Truth
from tls import Tls, secrets

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
KEY2 = "x3JJHMbDL1EzLkh9GBhXDw=="
VERSIONS = ["1.2", "1.3"]

cases = Cases(preferences=[f"tls.keylog_file:{secrets()}"],
              runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2), (100, 1), (100, 2)])


def case(function):
    """On a port of TLS, in either version of it."""
    for version in VERSIONS:
        cases.add(f"{function.__name__}_{version}",
                  lambda tcp, version=version: function(Tls(tcp.syn(), version)), server=("10.0.0.2", 443))


def upgrade(tls):
    return tls.client(request(headers=DEFLATE)).server(response(headers=DEFLATE))


def finish(tls):
    tls.client(close(1000, mask=KEY)).server(close(1000)).fin()


@case
def several_records_in_a_segment(tls):
    upgrade(tls)
    client, server = Deflater(), Deflater()
    sent = [f"record {i} record" for i in range(5)]
    tls.client(*(text(client.message(message.encode()), rsv=RSV1, mask=KEY) for message in sent))
    tls.server(*(text(server.message(message.encode()), rsv=RSV1) for message in sent))
    finish(tls)
    return Truth(client=sent, server=sent)


@case
def frames_after_the_response_in_the_same_segment(tls):
    server = Deflater()
    sent = [f"at once {i} at once" for i in range(4)]
    tls.client(request(headers=DEFLATE))
    tls.server(response(headers=DEFLATE), *(text(server.message(message.encode()), rsv=RSV1) for message in sent))
    tls.server(text(server.message(sent[0].encode()), rsv=RSV1))
    finish(tls)
    return Truth(server=[*sent, sent[0]])


@case
def frames_in_the_record_of_the_response_and_the_next(tls):
    tls.client(request()).server(response() + text("same"), text("next"), text("last")).server(text("later"))
    finish(tls)
    return Truth(server=["same", "next", "last", "later"])


@case
def messages_that_look_like_frames_after_the_response(tls):
    """What a message inflates to is no record."""
    server, inner = Deflater(), text("inner\n")
    frames = [binary(server.message(inner), rsv=RSV1) for _ in range(3)]
    tls.client(request(headers=DEFLATE)).server(response(headers=DEFLATE) + frames[0], frames[1], frames[2])
    finish(tls)
    return Truth(server=[inner] * 3)


@case
def frame_cut_after_the_response(tls):
    """Its end is in the next segment."""
    frame = text("x" * 200)
    tls.client(request()).server(response(), frame[:50]).server(frame[50:]).server(text("on"))
    finish(tls)
    return Truth(server=["x" * 200, "on"])


@case
def head_in_several_records(tls):
    ask, answer = request(), response()
    tls.client(ask[:3], ask[3:70], ask[70:]).server(answer[:5], answer[5:60], answer[60:], text("first"))
    tls.client(text("second", mask=KEY))
    finish(tls)
    return Truth(client=["second"], server=["first"])


@case
def frames_across_records(tls):
    upgrade(tls)
    frame = text("y" * 300, mask=KEY)
    tls.client(frame[:1], frame[1:5], frame[5:100], frame[100:] + text("next", mask=KEY)[:3], text("next", mask=KEY)[3:])
    tls.server(b"".join(fragments(1, b"in fragments", [3, 4])))
    finish(tls)
    return Truth(client=["y" * 300, "next"], server=["in fragments"])


@case
def message_longer_than_a_record(tls):
    upgrade(tls)
    tls.client(text("z" * 40000, mask=KEY)).server(text("w" * 40000))
    finish(tls)
    return Truth(client=["z" * 40000], server=["w" * 40000])


@case
def second_upgrade(tls):
    """With other extensions; its request shares record and segment with the last Close, its response the segment with frames."""
    upgrade(tls)
    client, server, again = Deflater(), Deflater(), Deflater()
    tls.client(text(client.message(b"first"), rsv=RSV1, mask=KEY)).server(text(server.message(b"one"), rsv=RSV1))
    tls.server(close(1000))
    tls.client(close(1000, mask=KEY) + request("/second", key=KEY2)).server(response(KEY2), text("two"), text("three"))
    tls.client(text("second", mask=KEY)).client(close(1000, mask=KEY)).server(close(1000))
    tls.client(request("/third", headers=DEFLATE)).server(response(headers=DEFLATE) + text(again.message(b"four"), rsv=RSV1))
    tls.server(text(again.message(b"four"), rsv=RSV1))
    finish(tls)
    return Truth(client=["first", "second"], server=["one", "two", "three", "four", "four"])


@case
def second_request_in_pieces(tls):
    upgrade(tls)
    ask, answer = request("/second", key=KEY2), response(KEY2)
    tls.client(text("a", mask=KEY), ask[:1], ask[1:4], ask[4:90], ask[90:])
    tls.server(text("late"), answer[:2], answer[2:80], answer[80:] + text("new"))
    finish(tls)
    return Truth(client=["a"], server=["late", "new"])


@cases.parametrize
def test_case(case, run):
    cases.check(case, run)


@pytest.mark.parametrize("run", cases.runs, ids=str)
@pytest.mark.parametrize("version", VERSIONS)
def test_second_upgrade_has_streams_of_its_own(version, run):
    stream = cases.stream(f"second_upgrade_{version}", run)
    of = {layer.get("ws.stream"): [] for layer in stream.handshakes()}
    assert len(of) == 3
    for layer in stream.layers:
        if layer.get("ws.message.number"):
            of[layer.get("ws.stream")].append(layer.message())
    assert [sorted(messages) for messages in of.values()] == [["first", "one"], ["second", "three", "two"], ["four", "four"]]
