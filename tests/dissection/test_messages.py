# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages (RFC 6455 5.4): frames joined per direction, whatever comes in between."""

import itertools

import pytest

from builder import (BINARY, CONTINUATION, KEY, TEXT, Capture, binary, close, fragments, frame, ping, pong, text)
from support import CLIENT, NUL, PLAIN, SERVER, Cases, Truth, fields, save, streams, tshark

cases = Cases()

LONG = "Fragmented: Grüße, 世界 👋. " * 8


def shown(number, opcode, payload, frames, compressed=False):
    """The message fields of the frame that completes a message sent as it is."""
    several = frames > 1 or None
    return {"ws.message.number": number, "ws.message.opcode": opcode, "ws.message.length": len(payload),
            "ws.message.wire_length": len(payload), "ws.message.compressed": compressed, "ws.message.frames": frames,
            "ws.fragment.count": several and frames, "ws.reassembled.length": several and len(payload),
            "ws.message.text": payload.decode() if opcode == TEXT else None,
            "ws.message.data": payload if opcode == BINARY else None}


INCOMPLETE = dict.fromkeys(["ws.message.number", "ws.message.text", "ws.message.data", "ws.message.length",
                            "ws.fragment.count", "ws.reassembled.length"])


@cases
def unfragmented(tcp):
    tcp.upgrade()
    sent = [(TEXT, b"one"), (BINARY, b"\x00\x01"), (TEXT, b""), (BINARY, b""), (TEXT, "é".encode())]
    truth = Truth(frames={CLIENT: [], SERVER: []})
    for number, (opcode, payload) in enumerate(sent, 1):
        tcp.client(frame(opcode, payload, mask=KEY)).server(frame(opcode, payload))
        for side in (CLIENT, SERVER):
            truth.frames[side].append(shown(number, opcode, payload, 1))
            getattr(truth, side).append(payload.decode() if opcode == TEXT else payload)
    return truth


def fragmented(opcode, payload, sizes):
    def conversation(tcp):
        tcp.upgrade()
        for data in fragments(opcode, payload, sizes, mask=KEY):
            tcp.client(data)
        for data in fragments(opcode, payload, sizes):
            tcp.server(data)
        frames = [INCOMPLETE] * len(sizes) + [shown(1, opcode, payload, len(sizes) + 1)]
        message = payload.decode() if opcode == TEXT else payload
        return Truth(client=[message], server=[message], frames={CLIENT: frames, SERVER: frames})
    return conversation


cases.add("two_fragments", fragmented(TEXT, b"Hello", [3]))  # RFC 6455 5.7
cases.add("fragments_of_one_byte", fragmented(BINARY, bytes(range(40)), [1] * 39))
cases.add("text_cut_within_characters", fragmented(TEXT, LONG.encode(), [1] * (len(LONG.encode()) - 1)))
cases.add("empty_first", fragmented(TEXT, b"abc", [0, 2]))
cases.add("empty_middle", fragmented(TEXT, b"abc", [1, 0, 0, 1]))
cases.add("empty_last", fragmented(TEXT, b"abc", [1, 2]))
cases.add("empty_first_and_last", fragmented(BINARY, b"abc", [0, 3]))
cases.add("all_empty", fragmented(TEXT, b"", [0, 0, 0]))
cases.add("all_empty_binary", fragmented(BINARY, b"", [0]))


@cases
def control_frames_between(tcp):
    tcp.upgrade()
    parts = fragments(TEXT, b"before and after", [4, 4, 4], mask=KEY)
    tcp.client(parts[0]).client(ping(b"1", mask=KEY)).server(pong(b"1"))
    tcp.client(parts[1] + pong(b"2", mask=KEY) + ping(mask=KEY) + parts[2]).client(ping(b"3", mask=KEY) + parts[3])
    opcodes = [TEXT, 9, CONTINUATION, 10, 9, CONTINUATION, 9, CONTINUATION]
    frames = [{"ws.opcode": opcode} for opcode in opcodes]
    frames[-1] |= shown(1, TEXT, b"before and after", 4)
    return Truth(client=["before and after"], frames={CLIENT: frames})


@cases
def close_between(tcp):
    """A Close ends the connection; what was unfinished stays so."""
    tcp.upgrade()
    tcp.client(text("unfinished", fin=False, mask=KEY) + close(1001, mask=KEY)).server(close(1001))
    return Truth(frames={CLIENT: [{"ws.opcode": TEXT, **INCOMPLETE}, {"ws.close.code": 1001}],
                         SERVER: [{"ws.close.code": 1001}]})


@cases
def several_end_in_one_packet(tcp):
    tcp.upgrade()
    tcp.client(text("begun ", fin=False, mask=KEY))
    tcp.client(frame(CONTINUATION, b"and done", mask=KEY) + text("whole", mask=KEY)
               + b"".join(fragments(BINARY, b"in two", [2], mask=KEY)) + binary(b"open", fin=False, mask=KEY))
    tcp.client(frame(CONTINUATION, b"ed", mask=KEY))
    tcp.server(b"".join(text(f"answer {i}") for i in range(5)))
    return Truth(client=["begun and done", "whole", b"in two", b"opened"], server=[f"answer {i}" for i in range(5)],
                 frames={CLIENT: [INCOMPLETE, {"ws.message.number": 1}, {"ws.message.number": 2}, INCOMPLETE,
                                  {"ws.message.number": 3}, INCOMPLETE, {"ws.message.number": 4}]})


@cases
def both_directions_at_once(tcp):
    tcp.upgrade()
    up, down = "up " * 20, b"down " * 13
    pairs = itertools.zip_longest(fragments(TEXT, up.encode(), [7] * 5, mask=KEY), fragments(BINARY, down, [3] * 15))
    for to_server, to_client in pairs:
        if to_server:
            tcp.client(to_server)
        if to_client:
            tcp.server(to_client)
    tcp.client(text("done", mask=KEY)).server(text("done"))
    return Truth(client=[up, "done"], server=[down, "done"])


@cases
def text_of_all_kinds(tcp):
    """Whatever is UTF-8 is shown as it is."""
    tcp.upgrade()
    texts = ["\x01\x02\t\r\n\x1b\x7f", 'quotes " and \\ backslash', "\u0080\u07ff\u0800\ud7ff\ue000\uffff",
             "\U00010000\U0010ffff", "\ufeffmark", "e\u0301", "<&>", "a\nb" * 100, " ", "%s%n"]
    for each in texts:
        tcp.client(text(each, mask=KEY)).server(text(each))
    return Truth(client=texts, server=texts)


@cases
def text_with_nul(tcp):
    """U+0000 may be anywhere in a text. Before 4.4 Wireshark's strings end there, so it is shown as its symbol, and the bytes beside it."""
    tcp.upgrade().server(text("a\0b\0")).client(text("\0", mask=KEY)).server(text("␀")).server(close(1000, "why\0not"))
    return Truth(client=[NUL], server=[f"a{NUL}b{NUL}", "␀"],
                 frames={SERVER: [{"ws.message.length": 4, "ws.payload": b"a\0b\0", "ws.message.data": b"a\0b\0"},
                                  {"ws.message.data": None}, {"ws.close.reason": f"why{NUL}not"}],
                         CLIENT: [{"ws.message.data": b"\0"}]})


@cases.parametrize
def test_message(case, run):
    cases.check(case, run)


@pytest.mark.parametrize("asked", [[], ["-Y", "ws.opcode"], ["-T", "fields", "-e", "ws.opcode"], ["-2", "-Y", "ws.close.code"]], ids=" ".join)
def test_text_with_nul_where_nobody_asks_for_it(asked):
    """Wireshark gives an item of another field, or of none, for one that is not asked for."""
    capture = Capture()
    text_with_nul(capture.tcp())
    assert tshark(save(capture), *asked)


def test_many_fragments():
    """As many as a message can have; the list of them is bounded, their number is not."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(b"".join(fragments(BINARY, bytes(5000), [1] * 4999, mask=KEY)))
    rows = fields(save(capture), ["ws.fragment.count", "ws.reassembled.length", "ws.message.frames", "ws.message.data"],
                  shown="ws.message.number")
    assert rows == [[["5000"], ["5000"], ["5000"], ["00" * 5000]]]


def test_fragments_name_their_packets():
    """ws.fragment on the packet that completes a message; ws.reassembled_in, known from the second pass, on the others."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()  # packets 1 to 5
    parts = fragments(TEXT, b"abcdef", [1, 2], mask=KEY)
    tcp.client(parts[0]).server(text("x", fin=False)).client(parts[1]).client(ping(mask=KEY))  # 6 to 9
    tcp.client(parts[2] + text("y", fin=False, mask=KEY)).server(frame(CONTINUATION, b""))  # 10 and 11
    path = save(capture)
    names = ["frame.number", "ws.fragment", "ws.fragment.count", "ws.reassembled_in"]
    once = [["6"], ["7"], ["8"], ["9"], ["10", "6", "8", "10", "3"], ["11", "7", "11", "2"]]
    found = fields(path, names, shown="ws.opcode")
    assert [sum(row, []) for row in found] == once
    found = fields(path, names, "-2", shown="ws.opcode")
    assert [sum(row[:3], []) for row in found] == once
    # The last fragment of packet 10 is of a message that nobody finished.
    assert [row[3] for row in found] == [["10"], ["11"], ["10"], [], [], []]


def test_frame_over_packets_names_its_end():
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(binary(bytes(2500), mask=KEY))
    rows = fields(save(capture, 1000), ["frame.number", "ws.reassembled_in", "ws.opcode"], "-2", shown="ws.direction == 0")
    assert [row[1:] for row in rows[1:]] == [[["8"], []], [["8"], []], [[], ["2"]]]


def test_messages_are_counted_over_passes():
    """A number names the same message in each run."""
    for run in cases.runs:
        numbers = [layer.get("ws.message.number") for layer in cases.stream("several_end_in_one_packet", run).frames(CLIENT)]
        assert [n for n in numbers if n] == ["1", "2", "3", "4"]
    assert cases.stream("unfragmented", PLAIN).all("ws.message.number") == [n for n in "12345" for _ in range(2)]


def test_lost_segment():
    """A gap is said, the message that lost something is not shown as if it were whole, and the rest decodes."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(text("one", mask=KEY)).client(text("two", mask=KEY), drop=True).client(text("three", mask=KEY))
    tcp.server(text("to"), drop=True).server(text("client"))
    parts = fragments(TEXT, b"abcdef", [2, 2], mask=KEY)
    tcp.client(parts[0]).client(parts[1], drop=True).client(parts[2]).client(text("four", mask=KEY))
    found = streams(save(capture))[0]
    whole = [message for message in found.messages(CLIENT) if message is not None]
    assert whole == ["one", "three", "four"]
    assert found.messages(SERVER) == ["client"]
    assert "gap" in found.all("ws.undecoded")
    assert not found.all("ws.violation") and not found.malformed()


def test_retransmitted_and_out_of_order():
    """TCP puts them in order."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()
    for i in range(20):
        tcp.client(text(f"message {i}", mask=KEY), duplicate=i % 3 == 0, late=1 if i % 5 == 2 else 0)
        tcp.server(b"".join(fragments(TEXT, f"answer {i}".encode(), [4])), duplicate=i % 4 == 1)
    path = save(capture)
    for arguments in ([], ["-2"]):
        found = streams(path, "-o", "tcp.reassemble_out_of_order:TRUE", *arguments)[0]
        assert found.messages(CLIENT) == [f"message {i}" for i in range(20)]
        assert found.messages(SERVER) == [f"answer {i}" for i in range(20)]
        assert not found.all("ws.violation") and not found.all("ws.undecoded")
