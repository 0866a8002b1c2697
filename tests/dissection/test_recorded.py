# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and servers: captures/*.pcapng, against what the applications said they sent (captures/*.json)."""

import collections
import hashlib
import json

import pytest

from support import CLIENT, ROOT, SERVER, WIRESHARK, Stream, dissect, packets_matching, scratch, unhex

CAPTURES = sorted(path.stem for path in (ROOT / "captures").glob("*.pcapng"))
OPCODES = {"8": "close", "9": "ping", "10": "pong"}


def truth(name):
    return json.loads((ROOT / "captures" / f"{name}.json").read_text())


# The captures of peers that talk; those of handshakes that fail and of clients that misbehave have tests of their own.
TALKS = [name for name in CAPTURES if any("type" in entry for entry in truth(name))]
HTTP3 = [name for name in TALKS if "http3" in name]  # only from 4.6 on Wireshark hands it over
NAMES = TALKS if WIRESHARK >= (4, 6) else [name for name in TALKS if name not in HTTP3]
MULTIPLEXED = [name for name in NAMES if "http2" in name or "http3" in name]


def path_of(name):
    """A copy that any user may read."""
    copy = scratch() / f"{name}.pcapng"
    if not copy.exists():
        copy.write_bytes((ROOT / "captures" / f"{name}.pcapng").read_bytes())
        copy.chmod(0o644)
    return copy


dissected = {}


def connections(name, passes=1):
    """The WebSocket connections by ws.stream."""
    if (name, passes) not in dissected:
        found = collections.defaultdict(list)
        for packet in dissect(path_of(name), *["-2"] * (passes - 1), layers="frame tcp http ws tls _ws.malformed"):
            for number in {int(layer.get("ws.stream")) for layer in packet.ws}:
                found[number].append(packet.only(number))
        dissected[name, passes] = {number: Stream(packets) for number, packets in found.items()}
    return dissected[name, passes]


def told(entry):
    """A message of the truth: (type, content, number of frames)."""
    if entry["type"] == "close":
        return "close", (entry.get("code"), entry.get("reason") or ""), 1
    if "text" in entry:
        content = entry["text"].encode()
    elif "hex" in entry:
        content = bytes.fromhex(entry["hex"])
    else:
        content = entry["length"], entry["sha256"]
    return entry["type"], content, entry.get("frames", 1)


def seen(layer):
    """The same of a frame; None if it completes nothing."""
    kind = OPCODES.get(layer.get("ws.opcode"))
    if kind == "close":
        code = layer.get("ws.close.code")
        return kind, (code and int(code), layer.get("ws.close.reason") or ""), 1
    if kind:
        return kind, unhex(layer.get(f"ws.{kind}") or ""), 1
    if not layer.get("ws.message.number"):
        return None
    message = layer.message()
    kind = "text" if isinstance(message, str) else "binary"
    content = message.encode() if kind == "text" else message
    if len(content) > 256:
        content = len(content), hashlib.sha256(content).hexdigest()
    return kind, content, int(layer.get("ws.message.frames"))


def is_control(message):
    return message[0] in OPCODES.values()


def sent(stream, side, listed):
    """What one side sent. Libraries send pongs and the answer to a Close by themselves: left out unless they are listed."""
    kinds = {kind for kind, _, _ in listed}
    messages = filter(None, (seen(layer) for layer in stream.frames(side)))
    return [m for m in messages if m[0] not in ("pong", "close") or m[0] in kinds]


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_messages_are_those_that_were_sent(name, passes):
    entries = truth(name)
    found = connections(name, passes)
    assert set(found) == {entry["stream"] for entry in entries}
    for number, stream in found.items():
        for side in (CLIENT, SERVER):
            listed = [told(entry) for entry in entries if entry["stream"] == number and entry["direction"] == side]
            # A ping among the fragments of a message was sent after the message's beginning, and is complete before its end.
            assert sorted(sent(stream, side, listed), key=is_control) == sorted(listed, key=is_control)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong(name, passes):
    for stream in connections(name, passes).values():
        assert stream.all("ws.violation") == [] and stream.all("ws.undecoded") == []
        assert stream.malformed() == []
        assert [expert for expert in stream.experts() if expert.startswith("ws.")] == []


@pytest.mark.parametrize("name", NAMES)
def test_handshake_is_complete(name):
    """Each connection has a request and a 101 response whose Accept fits."""
    for stream in connections(name).values():
        request, response = stream.handshakes()
        assert request.get("ws.handshake.version") == "13"
        assert request.get("ws.handshake.url").startswith("wss://" if name.startswith("wss") else "ws://")
        if name in MULTIPLEXED:  # has neither key nor accept
            assert response.get("ws.handshake.status") == "200" and response.get("ws.handshake.negotiated")
        else:
            assert request.get("ws.handshake.key.valid") == "1"
            assert response.get("ws.handshake.status") == "101" and response.get("ws.handshake.accept.valid") == "1"
        if name not in HTTP3:  # tells nothing before the first frame
            assert response.get("ws.handshake.request_in") and float(response.get("ws.handshake.time")) > 0


@pytest.mark.parametrize("name", NAMES)
def test_both_passes_agree(name):
    once, twice = connections(name, 1), connections(name, 2)
    assert {number: stream.facts() for number, stream in once.items()} == \
           {number: stream.facts() for number, stream in twice.items()}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MULTIPLEXED])
def test_every_packet_of_a_connection_is_shown(name):
    """All payload from the request on is WebSocket: nothing is left to other dissectors."""
    payload = "tls.app_data" if name.startswith("wss") else "tcp.len > 0"
    for packets in connections(name).values():
        request = packets.handshakes()[0] and packets.packets[0]
        after = f"tcp.stream == {request.stream} and frame.number >= {request.number} and {payload}"
        assert packets_matching(path_of(name), f"{after} and not ws and not tls.handshake and not tls.alert_message") == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("mqtt")])
def test_mqtt_is_decoded(name):
    assert packets_matching(path_of(name), "ws and mqtt.msgtype == 1")
    assert packets_matching(path_of(name), "ws and mqtt.msgtype == 3")


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", HTTP3)
def test_http3_is_left_alone_where_nothing_is_handed_over(name, passes):
    shown = packets_matching(path_of(name), "ws", *["-2"] * (passes - 1))
    assert bool(shown) == (WIRESHARK >= (4, 6))
    assert packets_matching(path_of(name), "_ws.malformed or ws.violation", *["-2"] * (passes - 1)) == []


def test_there_are_captures():
    """Each with its truth."""
    assert len(NAMES) >= 12
    assert {path.stem for path in (ROOT / "captures").glob("*.json")} == set(CAPTURES)
