# SPDX-License-Identifier: GPL-2.0-or-later
"""Both sides of a proxy in one file: ws.leg, and what one leg tells of the other."""

import shutil
import time

import pytest

from builder import KEY, TEXT, Capture, Deflater, close, frame, request, response, text
from support import ROOT, fields, save, scratch

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
KEYS = ["AAAAAAAAAAAAAAAAAAAAAA==", "AQEBAQEBAQEBAQEBAQEBAQ=="]
CLIENT_LEG, SERVER_LEG = {"server": ("10.0.0.2", 80)}, {"client": ("10.0.0.2", 40000), "server": ("10.0.0.3", 8080)}


def legs(headers=(), omit=(), upstream_key=None, status="101 Switching Protocols"):
    """A request, and the same as a proxy sends it on: packets 4 and 8; the server answers in 9, the proxy in 10."""
    capture = Capture()
    outer, inner = capture.tcp(**CLIENT_LEG), capture.tcp(**SERVER_LEG)
    key = upstream_key or KEYS[0]
    outer.syn().client(request(key=KEYS[0], headers=headers))
    inner.syn().client(request(key=key, omit=omit))
    inner.server(response(key, status=status))
    outer.server(response(KEYS[0], status=status))
    return capture, outer, inner


def leg_fields(capture, *arguments):
    return [(int(number[0]), int(leg[0])) for number, leg in fields(save(capture), ["frame.number", "ws.leg"], *arguments, shown="ws.leg")]


def test_legs_are_linked():
    capture, _, _ = legs()
    assert leg_fields(capture) == [(8, 4), (9, 4), (10, 8)]  # the first request is not known to be passed on yet
    assert leg_fields(capture, "-2") == [(4, 8), (8, 4), (9, 4), (10, 8)]


def test_the_legs_of_a_real_proxy():
    """captures/nginx: nginx asks its server with its clients' own keys."""
    path = scratch() / "legs-nginx.pcapng"
    shutil.copy(ROOT / "captures" / "nginx.pcapng", path)
    asked = fields(path, ["frame.number", "http.sec_websocket_key"], shown="http.sec_websocket_key")
    (outer, key), (inner, passed_on) = [(int(number[0]), keys) for number, keys in asked]
    assert key == passed_on
    rows = fields(path, ["frame.number", "tcp.stream", "ws.leg"], "-2", shown="ws.leg")
    assert {(int(stream[0]), int(leg[0])) for _, stream, leg in rows} == {(0, inner), (1, outer)}
    assert {outer, inner} < {int(number[0]) for number, _, _ in rows}


def test_another_key_is_another_connection():
    assert leg_fields(legs(upstream_key=KEYS[1])[0], "-2") == []


def test_a_key_used_again_is_another_connection():
    """As by a client that has no source of chance: the first request has its answer."""
    capture = Capture()
    for _ in range(3):
        capture.tcp().upgrade().client(close(1000, mask=KEY)).server(close(1000)).fin("server")
    assert leg_fields(capture, "-2") == []


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize(("omit", "headers", "status", "name", "says"), [
    (["Upgrade", "Connection"], [], "400 Bad Request", "upgrade_stripped", "dropped Upgrade and Connection"),
    (["Upgrade", "Connection"], [], "400 Bad Request", "bad_request", "dropped Upgrade and Connection"),
    ([], [("Cookie", "session=s3cr3t")], "401 Unauthorized", "unauthorized", "dropped Cookie"),
    ([], [("Origin", "https://a.example")], "403 Forbidden", "forbidden", "dropped Origin")])
def test_what_the_proxy_dropped(omit, headers, status, name, says, passes):
    capture, _, _ = legs(headers=headers, omit=omit, status=status)
    rows = fields(save(capture), ["ws.diagnosis.cause", "ws.diagnosis.about"], *["-2"] * (passes - 1), shown=f"ws.diagnosis == {name}")
    assert rows and all(any(says in cause for cause in causes) for causes, _ in rows)
    assert {about for _, packets in rows for about in packets} <= {"4", "8"}
    assert not any("s3cr3t" in cause for causes, _ in rows for cause in causes)


@pytest.mark.parametrize("passes", [1, 2])
def test_who_ended_first(passes):
    capture, outer, inner = legs()
    outer.client(text("question", mask=KEY))
    inner.client(text("question", mask=KEY)).sleep(0.3).fin("server")
    outer.fin("server")
    rows = fields(save(capture), ["frame.number", "ws.diagnosis.cause"], *["-2"] * (passes - 1),
                  shown="ws.diagnosis == closed_without_close_frame")
    assert [cause[0][:76] for _, cause in rows] == [
        "The other leg of the proxy (request in #4) was still open then: this side, o", "The other leg of the proxy (request in #8) was closed 0.003 s before by its "]


def test_one_key_for_all():
    """Ten thousand requests to one server that wait, all with one key: no proxy, and linear time."""
    def capture(count):
        made = Capture(step=0.00001)
        for i in range(count):
            made.tcp(client=(f"10.1.{i >> 8}.{i & 255}", 40000)).syn().client(request(key=KEYS[0]))
        return save(made)

    def seconds(path):
        begin = time.monotonic()
        assert fields(path, ["ws.leg"], "-2", shown="ws.leg") == []
        return time.monotonic() - begin

    small, large = capture(1000), capture(10000)
    assert seconds(large) < 20 * seconds(small) + 1


# ---- a proxy that makes a handshake of its own -------------------------------

def passed_on(by_client=("subscribe", "ask 1", "ask 2"), by_server=("welcome", "answer 1", "answer 2"), **changed):
    """Two handshakes, and each message on both legs, first on that it came by."""
    capture = Capture()
    outer, inner = capture.tcp(**CLIENT_LEG), capture.tcp(**SERVER_LEG | changed)
    outer.syn().client(request(key=KEYS[0]))
    inner.syn().client(request(key=KEYS[1], path="/upstream"))
    inner.server(response(KEYS[1]))
    outer.server(response(KEYS[0]))
    for said in by_client:
        outer.client(text(said, mask=KEY))
        inner.client(text(said, mask=b"\x01\x02\x03\x04"))
    for said in by_server:
        inner.server(text(said))
        outer.server(text(said))
    return capture, outer, inner


@pytest.mark.parametrize("said", [{}, {"by_client": ()}, {"by_server": ()}])
def test_the_same_messages_in_order_link_legs(said):
    assert leg_fields(passed_on(**said)[0], "-2") == [(4, 8), (8, 4), (9, 4), (10, 8)]


def test_legs_of_a_proxy_that_compresses():
    capture = Capture()
    outer, inner = capture.tcp(**CLIENT_LEG), capture.tcp(**SERVER_LEG)
    outer.upgrade(key=KEYS[0], offer=DEFLATE, accept=DEFLATE)
    inner.upgrade(key=KEYS[1])
    deflater = Deflater()
    for said in ("one", "two", "three"):
        inner.server(text(said))
        outer.server(frame(TEXT, deflater.message(said.encode()), rsv=4))
    assert leg_fields(capture, "-2") == [(4, 9), (5, 9), (9, 4), (10, 4)]


@pytest.mark.parametrize("alone", [
    passed_on(by_client=("a", "b"), by_server=("c", "d")),  # too few
    passed_on(client=("10.0.0.9", 40000)),  # not from the first's server
    passed_on(client=("10.0.0.2", 40000), server=("10.0.0.2", 80))], ids=["few", "other", "same-server"])
def test_other_messages_link_nothing(alone):
    assert leg_fields(alone[0], "-2") == []


def test_messages_that_come_too_early_link_nothing():
    """What a feed sends to the proxy's host and to its clients alike."""
    capture = Capture()
    outer, inner = capture.tcp(**CLIENT_LEG).upgrade(key=KEYS[0]), capture.tcp(**SERVER_LEG).upgrade(key=KEYS[1])
    for said in ("tick 1", "tick 2", "tick 3"):
        outer.server(text(said))
        inner.server(text(said))
    assert leg_fields(capture, "-2") == []


@pytest.mark.parametrize("passes", [1, 2])
def test_which_leg_ended_first_of_a_proxy_with_its_own_key(passes):
    capture, outer, inner = passed_on()
    inner.sleep(0.3).fin("server")
    outer.fin("server")
    rows = fields(save(capture), ["ws.diagnosis.cause", "ws.diagnosis.about"], *["-2"] * (passes - 1),
                  shown="ws.diagnosis == closed_without_close_frame")
    assert [(cause[0][:76], about) for cause, about in rows] == [
        ("The other leg of the proxy (request in #4) was still open then: this side, o", ["4"]),
        ("The other leg of the proxy (request in #8) was closed 0.003 s before by its ", ["8"])]


def test_a_broadcast_to_many():
    """Ten thousand clients of one server are sent the same: no proxy, and linear time."""
    capture = Capture(step=0.00001)
    for i in range(10000):
        tcp = capture.tcp(client=(f"10.1.{i >> 8}.{i & 255}", 40000)).upgrade()
        for said in ("a", "b", "c"):
            tcp.server(text(said))
    assert fields(save(capture), ["ws.leg"], shown="ws.leg") == []
