# SPDX-License-Identifier: GPL-2.0-or-later
"""Extensions (RFC 6455 9.1) and compression (RFC 7692): the response decides, by the grammar."""

import functools
import itertools
import resource
import zlib

import pytest

from builder import (BINARY, CONTINUATION, KEY, TEXT, Capture, Deflater, binary, close, fragments, frame, ping, pong,
                     request, response, text)
from support import CLIENT, SERVER, Cases, Truth, fields, run, save, streams

EXTENSIONS = "Sec-WebSocket-Extensions"
RSV1 = 4

# Every message repeats the one before, so that each is decodable only with the context that it was compressed in.
MESSAGES = [b'{"type":"subscribe","symbol":"EURUSD","depth":5}', b'{"type":"subscribe","symbol":"GBPUSD","depth":5}',
            b'{"type":"tick","symbol":"EURUSD","bid":1.0850,"ask":1.0852}', b'{"type":"tick","symbol":"EURUSD","bid":1.0851}']


def offer(*lines):
    return [(EXTENSIONS, line) for line in lines]


def decoded(*messages):
    return [message.decode() for message in messages]


def converse(tcp, client, server, messages=MESSAGES):
    for message in messages:
        tcp.client(text(client.message(message), rsv=RSV1, mask=KEY)).server(text(server.message(message), rsv=RSV1))
    return Truth(client=decoded(*messages), server=decoded(*messages))


# ---- the matrix of parameters -----------------------------------------------

matrix = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2), (11, 2)])


def negotiated(client_bits, server_bits, client_takeover, server_takeover):
    parameters = ["permessage-deflate"]
    if client_bits:
        parameters.append(f"client_max_window_bits={client_bits}")
    if server_bits:
        parameters.append(f"server_max_window_bits={server_bits}")
    if not client_takeover:
        parameters.append("client_no_context_takeover")
    if not server_takeover:
        parameters.append("server_no_context_takeover")

    def conversation(tcp):
        tcp.upgrade(offer=offer("permessage-deflate; client_max_window_bits"), accept=offer("; ".join(parameters)))
        client, server = Deflater(client_bits or 15, client_takeover), Deflater(server_bits or 15, server_takeover)
        # Repeats at distances of up to the window: 128 bytes short of 2^bits.
        bits = max(client_bits or 15, server_bits or 15)
        filler = b"".join(b"%05d-" % (i * 7919 % 100003) for i in range((1 << bits) // 6))
        messages = [*MESSAGES, filler[:(1 << bits) // 2], filler[:(1 << bits) // 3], *MESSAGES]
        return converse(tcp, client, server, messages)
    return conversation


for client_bits in (None, *range(8, 16)):
    matrix.add(f"client_{client_bits}_bits", negotiated(client_bits, None, True, True))
for server_bits in range(8, 16):
    matrix.add(f"server_{server_bits}_bits", negotiated(None, server_bits, True, True))
for client_takeover, server_takeover in itertools.product((False, True), repeat=2):
    matrix.add(f"takeover_{client_takeover}_{server_takeover}", negotiated(9, 10, client_takeover, server_takeover))


@matrix.parametrize
def test_parameters(case, run):
    matrix.check(case, run)


# ---- single conversations ---------------------------------------------------

cases = Cases()
DEFLATE = offer("permessage-deflate")


def compressed(conversation):
    """A conversation after a handshake with plain permessage-deflate."""
    @functools.wraps(conversation)
    def talk(tcp):
        tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
        return conversation(tcp)
    return cases(talk)


@compressed
def fields_of_a_compressed_message(tcp):
    payload = Deflater().message(b"x" * 1000)
    tcp.server(binary(payload, rsv=RSV1))
    return Truth(server=[b"x" * 1000], frames={SERVER: [{
        "ws.payload": payload, "ws.payload_length": len(payload), "ws.message.compressed": True, "ws.message.length": 1000,
        "ws.message.wire_length": len(payload), "ws.message.opcode": BINARY}]})


@compressed
def examples_of_the_rfc(tcp):
    """RFC 7692 7.2.3.1 to 7.2.3.6."""
    once, again = bytes.fromhex("f248cdc9c90700"), bytes.fromhex("f200110000")
    stored, final = bytes.fromhex("000500faff48656c6c6f00"), bytes.fromhex("f348cdc9c9070000")
    two_blocks = bytes.fromhex("f248050000 00ffffcac9c90700".replace(" ", ""))
    tcp.client(text(once, rsv=RSV1, mask=KEY)).client(text(again, rsv=RSV1, mask=KEY))
    for payload in (once, stored, final, two_blocks):
        tcp.server(text(payload, rsv=RSV1))
    return Truth(client=["Hello", "Hello"], server=["Hello"] * 4)


@compressed
def mixed_with_plain(tcp):
    """Plain messages leave the context alone."""
    deflater, truth = Deflater(), Truth()
    for i, message in enumerate(MESSAGES * 2):
        if i % 3:
            tcp.client(text(deflater.message(message), rsv=RSV1, mask=KEY))
        else:
            tcp.client(text(message, mask=KEY))
        truth.client += decoded(message)
    truth.frames[CLIENT] = [{"ws.message.compressed": bool(i % 3), "ws.rsv1": bool(i % 3)} for i in range(8)]
    return truth


@compressed
def fragmented(tcp):
    """RSV1 on the first frame only; the cuts are anywhere in the compressed bytes."""
    up, down = Deflater(), Deflater()
    for message in MESSAGES:
        payload = up.message(message)
        for data in fragments(TEXT, payload, [1] * (len(payload) - 1), rsv=RSV1, mask=KEY):
            tcp.client(data)
        payload = down.message(message[:9], message[9:20], message[20:])
        for data in fragments(TEXT, payload, [0, 5, 0, len(payload) - 5], rsv=RSV1):
            tcp.server(data).client(ping(mask=KEY)).server(pong())
    return Truth(client=decoded(*MESSAGES), server=decoded(*MESSAGES))


@compressed
def final_blocks(tcp):
    """7.2.3.4: BFINAL ends a DEFLATE stream; the next message is a new one with the same window."""
    deflater = Deflater()
    for i, message in enumerate(MESSAGES):
        tcp.server(text(deflater.message(message, bfinal=i % 2 == 0), rsv=RSV1))
    return Truth(server=decoded(*MESSAGES))


@compressed
def several_final_blocks_in_a_message(tcp):
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = raw.compress(b"first ") + raw.flush(zlib.Z_FINISH)
    tcp.server(text(first + Deflater().message(b"second"), rsv=RSV1)).server(text(Deflater().message(b"third"), rsv=RSV1))
    return Truth(server=["first second", "third"])


@compressed
def stored_blocks(tcp):
    """7.2.3.3: blocks without compression."""
    deflater = Deflater()
    for i, message in enumerate(MESSAGES):
        tcp.server(text(deflater.message(message, stored=i % 2 == 0), rsv=RSV1))
    return Truth(server=decoded(*MESSAGES))


@compressed
def empty_messages(tcp):
    """7.2.3.6: a single byte, and other spellings of nothing."""
    deflater = Deflater()
    tcp.server(text(deflater.message(MESSAGES[0]), rsv=RSV1))
    for payload in (b"\x00", b"\x02\x00", b"\x03\x00\x00"):
        tcp.server(text(payload, rsv=RSV1)).server(binary(payload, rsv=RSV1))
    tcp.server(text(deflater.message(MESSAGES[1]), rsv=RSV1)).server(text(b""))
    return Truth(server=[*decoded(MESSAGES[0]), "", b"", "", b"", "", b"", *decoded(MESSAGES[1]), ""])


@compressed
def messages_without_a_byte(tcp):
    """As Mojolicious 9 sends empty ones. They are empty, and those after them are right."""
    server, client = Deflater(), Deflater()
    for message in MESSAGES:
        tcp.server(text(server.message(message), rsv=RSV1) + text(b"", rsv=RSV1))
        tcp.client(text(client.message(message), rsv=RSV1, mask=KEY))
        tcp.client(binary(b"", rsv=RSV1, fin=False, mask=KEY) + frame(CONTINUATION, mask=KEY))
    told = ["compressed_empty"] * len(MESSAGES)
    return Truth(server=[each for message in decoded(*MESSAGES) for each in (message, "")],
                 client=[each for message in decoded(*MESSAGES) for each in (message, b"")], diagnoses=told * 2)


@compressed
def flushed_inside(tcp):
    """Inner 00 00 ff ff markers belong to the data."""
    deflater = Deflater()
    tcp.server(text(deflater.message(*[bytes([c]) for c in b"each letter flushed"]), rsv=RSV1))
    tcp.server(text(deflater.message(b"each letter", b"", b" again"), rsv=RSV1))
    return Truth(server=["each letter flushed", "each letter again"])


@compressed
def both_directions_have_their_own_context(tcp):
    up, down = Deflater(), Deflater()
    for i in range(6):
        tcp.client(binary(up.message(b"up and up and up %d" % i), rsv=RSV1, mask=KEY))
        tcp.server(binary(down.message(b"down down down %d" % i), rsv=RSV1))
    return Truth(client=[b"up and up and up %d" % i for i in range(6)], server=[b"down down down %d" % i for i in range(6)])


@compressed
def levels(tcp):
    truth = Truth()
    for level in range(10):
        data = bytes(range(level, 200)) * 3
        tcp.server(binary(Deflater(level=level).message(data), rsv=RSV1))
        truth.server.append(data)
    return truth


@compressed
def close_is_never_compressed(tcp):
    tcp.server(text(Deflater().message(b"last"), rsv=RSV1) + close(1000, "bye"))
    return Truth(server=["last"], frames={SERVER: [{}, {"ws.close.reason": "bye"}]})


# ---- what was negotiated ----------------------------------------------------

def accepts(line, offered, **options):
    """The server accepts permessage-deflate among other things: what it sends is inflated."""
    def conversation(tcp):
        tcp.upgrade(offer=offer(*offered), accept=offer(line))
        return converse(tcp, Deflater(**options), Deflater(**options))
    return conversation


BOTH = ["permessage-deflate; client_max_window_bits, permessage-deflate"]
cases.add("accepted_quoted", accepts('permessage-deflate; client_max_window_bits="10"', offered=BOTH, wbits=10))
cases.add("accepted_quoted_with_escapes", accepts(r'permessage-deflate; client_max_window_bits="\1\0"', offered=BOTH, wbits=10))
cases.add("accepted_without_blanks", accepts("permessage-deflate;client_max_window_bits=10", offered=BOTH, wbits=10))
cases.add("accepted_with_blanks", accepts("permessage-deflate ;\t client_max_window_bits = 10 ", offered=BOTH, wbits=10))
cases.add("second_offer_accepted", accepts("permessage-deflate", offered=[
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits", "permessage-deflate"]))
cases.add("offered_as_a_quoted_value", accepts('permessage-deflate, x-foo; a="b"', offered=[
    'x-foo; a="b", permessage-deflate; client_max_window_bits="15"']))
cases.add("among_others", accepts("x-a; permessage-deflate, permessage-deflate, x-b", offered=[
    "x-a; permessage-deflate, permessage-deflate; client_max_window_bits, x-b"]))


def plain(accepted, offered="permessage-deflate"):
    """permessage-deflate is not accepted: what it sends is what it says, compressed or not."""
    def conversation(tcp):
        tcp.upgrade(offer=offer(offered), accept=offer(accepted) if accepted else ())
        looks_compressed = Deflater().message(b"Hello")
        tcp.client(binary(looks_compressed, mask=KEY)).server(binary(looks_compressed) + text("plain"))
        return Truth(client=[looks_compressed], server=[looks_compressed, "plain"],
                     frames={SERVER: [{"ws.message.compressed": False}] * 2})
    return conversation


cases.add("declined", plain(None))
cases.add("declined_with_parameters", plain(None, "permessage-deflate; client_max_window_bits, permessage-deflate"))
cases.add("another_accepted", plain("x-other", "permessage-deflate, x-other"))


def opaque(accepted):
    """An extension that is none of the known ones: with RSV1 the payload is shown as it is, and never as text."""
    def conversation(tcp):
        tcp.upgrade(offer=offer(accepted), accept=offer(accepted))
        payload = Deflater().message(b"Hello")
        tcp.server(text(payload, rsv=RSV1)).server(text("changed", rsv=2)).server(text("plain"))
        return Truth(server=[payload, b"changed", "plain"],
                     frames={SERVER: [{"ws.message.compressed": False, "ws.payload": payload}, {}, {}]})
    return conversation


for trap in ["x-permessage-deflate", "permessage-deflate-foo", "x-permessage-deflate-foo", "permessage_deflate",
             "x-foo; permessage-deflate", "x-foo; mode=permessage-deflate", 'x-foo; mode="permessage-deflate"',
             "permessage-deflat", "x-webkit-deflate-frame-2"]:
    cases.add(f"trap_{trap}", opaque(trap))


@cases
def deflate_frame(tcp):
    """x-webkit-deflate-frame: each frame by itself, with a context that goes on, RSV1 on any of them."""
    tcp.upgrade(offer=offer("x-webkit-deflate-frame"), accept=offer("x-webkit-deflate-frame"))
    deflater = Deflater()
    tcp.server(text(deflater.message(MESSAGES[0]), rsv=RSV1)).server(text(deflater.message(MESSAGES[1]), rsv=RSV1))
    tcp.server(text(deflater.message(b"one, "), rsv=RSV1, fin=False) + frame(CONTINUATION, b"two, ", fin=False)
               + frame(CONTINUATION, deflater.message(b"one, two, three"), rsv=RSV1))
    return Truth(server=[*decoded(*MESSAGES[:2]), "one, two, one, two, three"],
                 frames={SERVER: [{"ws.message.compressed": True}, {}, {}, {}, {"ws.message.frames": 3}]})


@cases.parametrize
def test_deflate(case, run):
    cases.check(case, run)


# ---- limits -----------------------------------------------------------------

BOMB = 64 << 20


def bomb_capture():
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    once = Deflater(takeover=False, level=9)
    zeros = once.message(bytes(BOMB))
    assert BOMB / len(zeros) > 1000
    tcp.server(binary(once.message(b"before"), rsv=RSV1)).server(binary(zeros, rsv=RSV1))
    tcp.server(binary(once.message(b"after"), rsv=RSV1)).server(text("plain"))
    for data in fragments(BINARY, zeros, [10000, 10000], rsv=RSV1):
        tcp.server(data)
    return save(tcp.server(text(once.message(b"end"), rsv=RSV1)).capture)


def test_bomb():
    """What inflates too far is not shown; all around it is, with memory that has a bound."""
    path = bomb_capture()

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    for passes in ([], ["-2"]):
        done = run("tshark", "-r", path, "-Y", "ws.opcode", "-T", "fields", "-e", "ws.message.data", "-e", "ws.message.text",
                   "-e", "ws.undecoded", "-e", "_ws.malformed", *passes, limit=limit)
        assert done.stdout.decode().splitlines() == [
            b"before".hex() + "\t\t\t", "\t\tlimit\t", b"after".hex() + "\t\t\t", "\tplain\t\t", "\t\t\t", "\t\t\t",
            "\t\tlimit\t", "\tend\t\t"]


@pytest.mark.parametrize("passes", [1, 2])
def test_limit_is_a_preference(passes):
    """In MiB of one inflated message; plain messages have none."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    once = Deflater(takeover=False)
    for size in ((1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20):
        tcp.server(binary(once.message(b"x" * size), rsv=RSV1))
    tcp.server(binary(bytes((1 << 20) + 1)))
    path = save(capture)
    names = ["ws.message.length", "ws.undecoded"]

    def rows(*arguments):
        found = fields(path, names, *arguments, *["-2"] * (passes - 1), shown="ws.message.number")
        return [sum(row, []) for row in found]
    sizes = [[str(size)] for size in ((1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, (1 << 20) + 1)]
    assert rows() == sizes
    assert rows("-o", "ws.limit:1") == [*sizes[:2], ["limit"], ["limit"], sizes[4]]
    assert rows("-o", "ws.limit:2") == sizes


def test_context_is_lost_with_a_segment():
    """What refers to bytes that were not captured is not guessed; what does not is decoded."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    deflater = Deflater()
    tcp.server(text(deflater.message(MESSAGES[0]), rsv=RSV1))
    tcp.server(text(deflater.message(MESSAGES[1]), rsv=RSV1), drop=True)
    tcp.server(text(deflater.message(MESSAGES[1]), rsv=RSV1))
    tcp.server(text(Deflater().message(MESSAGES[2]), rsv=RSV1)).server(text("plain"))
    found = streams(save(capture))[0]
    messages = found.messages(SERVER)
    assert messages[0] == MESSAGES[0].decode() and messages[-2:] == [MESSAGES[2].decode(), "plain"]
    assert MESSAGES[1].decode() not in messages and None in messages
    assert "no_context" in found.all("ws.undecoded")
    assert not found.all("ws.violation") and not found.malformed()


def test_only_the_response_is_believed():
    """Without an answer to the offer that was captured, RSV1 is taken for compression only if it inflates."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.syn().client(request(headers=DEFLATE)).server(response(headers=DEFLATE), drop=True)
    tcp.client(text(Deflater().message(b"really compressed"), rsv=RSV1, mask=KEY))
    tcp.client(text(b"\xff\xff not compressed", rsv=RSV1, mask=KEY))
    found = streams(save(capture))[0]
    assert found.messages(CLIENT) == ["really compressed", None]
    assert not found.all("ws.violation") and not found.malformed()
