# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames (RFC 6455 5.2): header bits, lengths, masks, and where their bytes lie in packets."""

import hashlib

import pytest

from builder import (BINARY, CONTINUATION, KEY, PING, PONG, TEXT, Capture, binary, close, frame, ping, pong, request,
                     response, text)
from support import CLIENT, SERVER, Cases, Truth, assert_fields, fields, save, streams, tshark

cases = Cases()
UNKNOWN = [("Sec-WebSocket-Extensions", "x-example")]  # it may define any RSV bit


def header(opcode, length, fin=True, rsv=0, mask=None, **more):
    """The fields of a frame's header, all of them."""
    return {"ws.fin": fin, "ws.rsv": rsv, "ws.rsv1": bool(rsv & 4), "ws.rsv2": bool(rsv & 2), "ws.rsv3": bool(rsv & 1),
            "ws.opcode": opcode, "ws.mask": mask is not None, "ws.payload_length": length,
            "ws.masking_key": None if mask is None else int.from_bytes(mask, "big"), **more}


@cases
def each_opcode(tcp):
    tcp.upgrade()
    sent = [(TEXT, b"text"), (BINARY, b"\x00\xff"), (PING, b"ping"), (PONG, b"pong")]
    shown = {"ws.ping": {PING: b"ping"}, "ws.pong": {PONG: b"pong"}}
    truth = Truth(client=["text", b"\x00\xff"], server=["text", b"\x00\xff"], frames={CLIENT: [], SERVER: []})
    for side, mask in [(CLIENT, KEY), (SERVER, None)]:
        for opcode, payload in sent:
            getattr(tcp, side)(frame(opcode, payload, mask=mask))
            truth.frames[side].append(header(opcode, len(payload), mask=mask, **{"ws.payload": payload},
                                             **{name: values.get(opcode) for name, values in shown.items()}))
        getattr(tcp, side)(close(1001, "reason", mask=mask))
        truth.frames[side].append(header(8, 8, mask=mask, **{
            "ws.close.code": 1001, "ws.close.reason": "reason", "ws.payload": b"\x03\xe9reason"}))
    return truth


@cases
def fin(tcp):
    tcp.upgrade()
    tcp.client(frame(TEXT, b"a", fin=False, mask=KEY) + frame(CONTINUATION, b"b", mask=KEY))
    tcp.server(frame(BINARY, b"c", fin=False)).server(frame(CONTINUATION, b"d"))
    return Truth(client=["ab"], server=[b"cd"], frames={
        CLIENT: [header(TEXT, 1, fin=False, mask=KEY), header(CONTINUATION, 1, mask=KEY)],
        SERVER: [header(BINARY, 1, fin=False), header(CONTINUATION, 1)]})


@cases
def rsv_bits(tcp):
    """Each combination, on each side, where an extension that nobody here knows may define them all."""
    tcp.upgrade(offer=UNKNOWN, accept=UNKNOWN)
    truth = Truth(frames={CLIENT: [], SERVER: []})
    for rsv in range(8):
        payload = bytes([ord("a") + rsv])
        for side, mask in [(CLIENT, KEY), (SERVER, None)]:
            getattr(tcp, side)(text(payload, rsv=rsv, mask=mask))
            truth.frames[side].append(header(TEXT, 1, rsv=rsv, mask=mask, **{"ws.payload": payload}))
            getattr(truth, side).append(payload if rsv else payload.decode())
    return truth


@cases
def masking_keys(tcp):
    tcp.upgrade()
    keys = [bytes(4), b"\xff" * 4, b"\x00\x00\x00\x01", b"\x80\x00\x00\x00", b"\x12\x34\x56\x78"]
    payload = b"not a multiple of four!"
    for key in keys:
        tcp.client(binary(payload, mask=key))
    return Truth(client=[payload] * len(keys),
                 frames={CLIENT: [header(BINARY, len(payload), mask=key, **{"ws.payload": payload}) for key in keys]})


def lengths(tcp, sizes):
    tcp.upgrade()
    payloads = [hashlib.shake_128(str(size).encode()).digest(size) for size in sizes]
    for payload in payloads:
        tcp.client(binary(payload, mask=KEY)).server(binary(payload))
    shown = [{"ws.payload_length": len(payload), "ws.payload": payload or None, "ws.message.length": len(payload)}
             for payload in payloads]
    return Truth(client=payloads, server=payloads, frames={CLIENT: shown, SERVER: shown})


cases.add("short_lengths", lambda tcp: lengths(tcp, [0, 1, 2, 3, 4, 5, 124, 125]))
cases.add("16_bit_lengths", lambda tcp: lengths(tcp, [126, 127, 128, 255, 256, 1000]))


@cases
def control_frame_of_125_bytes(tcp):
    tcp.upgrade()
    tcp.client(ping(b"i" * 125, mask=KEY)).server(pong(b"i" * 125)).server(close(1000, "r" * 123))
    return Truth(frames={CLIENT: [header(PING, 125, mask=KEY, **{"ws.ping": b"i" * 125})],
                         SERVER: [{"ws.pong": b"i" * 125}, {"ws.close.reason": "r" * 123}]})


@cases
def many_in_a_segment(tcp):
    tcp.upgrade()
    tcp.client(b"".join(text(f"message {i}", mask=KEY) for i in range(100)))
    tcp.server(b"".join(text(f"answer {i}") + ping() for i in range(100)))
    return Truth(client=[f"message {i}" for i in range(100)], server=[f"answer {i}" for i in range(100)])


@cases
def with_the_response(tcp):
    tcp.syn().client(request()).server(response() + text("first") + binary(b"second"))
    tcp.server(text("third")).client(text("now", mask=KEY))
    return Truth(client=["now"], server=["first", b"second", "third"])


@cases
def across_the_segment_of_the_response(tcp):
    tcp.syn().client(request()).server(response() + text("first")[:1]).server(text("first")[1:] + text("second"))
    return Truth(server=["first", "second"])


large = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), (1448, 1), (1448, 2)])


@large
def cut_everywhere(tcp):
    """A frame of each header size, with each of its first 16 bytes as the last of a segment."""
    tcp.upgrade()
    truth = Truth()
    for encoding in (0, 16, 64):
        for at in range(1, 16):
            payload = b"p" * {0: 20, 16: 126, 64: 65536}[encoding]
            whole = binary(payload, mask=KEY)
            tcp.client(whole[:at]).client(whole[at:])
            truth.client.append(payload)
    return truth


large.add("64_bit_lengths", lambda tcp: lengths(tcp, [65535, 65536, 65537, 300 * 1024]))
large.add("3_MiB", lambda tcp: lengths(tcp, [3 << 20]))


@large
def long_text(tcp):
    tcp.upgrade()
    long = "Grüße, 世界 👋 " * 20000
    tcp.client(text(long, mask=KEY)).server(text(long)).server(text("after"))
    return Truth(client=[long], server=[long, "after"])


# ---- addresses and links ----------------------------------------------------

def conversation(tcp):
    tcp.upgrade()
    tcp.client(text("to the server", mask=KEY)).server(text("to the client"))
    return Truth(client=["to the server"], server=["to the client"])


cases.add("ipv4", conversation)
cases.add("ipv6", conversation, ip=6)
cases.add("vlan", conversation, vlan=7)
cases.add("ipv6_in_vlan", conversation, ip=6, vlan=4094)
cases.add("same_address", conversation, client=("127.0.0.1", 40000), server=("127.0.0.1", 8080))
cases.add("same_address_and_lower_client_port", conversation, client=("::1", 1500), server=("::1", 8080))
cases.add("sequence_numbers_wrap", conversation, isn=(2**32 - 160, 2**32 - 5))


@pytest.mark.parametrize("link", ["null", "loop", "raw"])
def test_link(link):
    capture = Capture(link=link)
    truths = [conversation(capture.tcp(**options)) for options in [{}, {"ip": 6}]]
    found = streams(save(capture))
    for i, truth in enumerate(truths):
        truth.check(found[i])


def test_snap_length():
    """What the capture lacks of a payload is said, and the next frame is found."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(binary(bytes(1000), mask=KEY), snap=200).client(text("after", mask=KEY))
    stream = streams(save(capture))[0]
    assert stream.messages(CLIENT) == [None, "after"]
    assert stream.all("ws.undecoded") and set(stream.all("ws.undecoded")) == {"truncated"}
    assert_fields(stream.frames(CLIENT)[0], {"ws.payload_length": 1000})
    assert not stream.all("ws.violation") and not stream.malformed()


# ---- lengths beyond any buffer ----------------------------------------------

HUGE = [2**32 - 1, 2**32, 2**32 + 5, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


def announce(length):
    def talk(tcp):
        """The client announces a length and sends a beginning; the server goes on."""
        tcp.upgrade().client(text("before", mask=KEY))
        tcp.client(frame(BINARY, b"begin", declared_length=length, length_encoding=64, mask=KEY))
        tcp.server(text("one")).client(b"z" * 50).server(text("two") + ping(b"?")).client(b"z" * 50)
        shown = header(BINARY, length, mask=KEY)
        return Truth(client=["before", None], server=["one", "two"], frames={CLIENT: [{}, shown]},
                     violations=["length_msb_set"] if length >> 63 else [])
    return talk


huge = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("bytes", 1), ("bytes", 2)])
for length in HUGE:
    huge.add(f"length_{length:#x}", announce(length))


@huge.parametrize
def test_huge_length(case, run):
    found, truths = huge.dissect(run)
    stream, truth = found[case], truths[case]
    assert stream.messages(CLIENT) == truth.client
    assert stream.messages(SERVER) == truth.server
    for layer, expected in zip(stream.frames(CLIENT), truth.frames[CLIENT], strict=True):
        assert_fields(layer, expected)
    assert stream.all("ws.violation") == truth.violations
    assert set(stream.all("ws.undecoded")) == {"limit"}  # as often as there are segments
    assert not stream.malformed()


@cases.parametrize
def test_frame(case, run):
    cases.check(case, run)


@large.parametrize
def test_large_frame(case, run):
    large.check(case, run)


def test_parts_of_a_frame_name_their_connection():
    """A packet without the end of a frame is a part of the conversation, too."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(binary(bytes(3000), mask=KEY)).server(binary(bytes(3000)))
    rows = fields(save(capture, 1000), ["frame.number", "ws.stream", "ws.direction", "ws.opcode"], shown="tcp.len > 0")
    # request, response, four segments each way: the last completes the frame
    assert [row[1] for row in rows] == [["0"]] * 10
    assert [row[2][0] for row in rows] == ["0", "1"] + ["0"] * 4 + ["1"] * 4
    assert [len(row[3]) for row in rows] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]


def test_header_bytes_are_highlighted():
    """Each field covers its own bytes of the packet."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().server(binary(bytes(300))).server(close(1000, "bye"))
    out = tshark(save(capture), "-Y", "ws.opcode", "-T", "json", "-x", "-J", "ws")
    assert '"ws.payload_length_raw": [\n            "7e012c",\n            55,\n            3,' in out
    assert '"ws.close.code_raw": [\n            "03e8",\n            56,\n            2,' in out
