# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks no rule, however odd it looks, is never said to (and what a capture lacks is not either)."""

from builder import (BINARY, CONTINUATION, KEY, TEXT, Deflater, binary, close, fragments, frame, ping, pong, request, response,
                     text)
from support import CLIENT, SERVER, Cases
from test_violations import BITS_8, DEFLATE, EXTENSIONS, MASKS, NO_TAKEOVER, OFFER_BITS

UNKNOWN = [(EXTENSIONS, "x-example")]

good = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), (11, 1), ("bytes", 2)])


def fine(name, talk, offer=(), accept=()):
    """Adds a conversation without fault, in each direction: talk(mask) gives its bytes."""
    for side in (CLIENT, SERVER):
        def conversation(tcp, side=side):
            tcp.upgrade(offer=offer, accept=accept)
            getattr(tcp, side)(talk(MASKS[side]))
        good.add(f"{name}-{side}", conversation)


fine("unsolicited_pong", lambda mask: pong(mask=mask) + pong(b"nobody asked", mask=mask))
fine("unanswered_ping", lambda mask: ping(b"1", mask=mask) + ping(b"1", mask=mask))
fine("empty_frames", lambda mask: text("", mask=mask) + binary(b"", mask=mask) + b"".join(fragments(TEXT, b"", [0], mask=mask)))
fine("close_without_body", lambda mask: close(mask=mask))
fine("close_without_reason", lambda mask: close(1000, mask=mask))
fine("close_twice", lambda mask: close(1000, mask=mask) + close(1000, mask=mask))
fine("control_after_close", lambda mask: close(1000, mask=mask) + ping(mask=mask) + pong(mask=mask))
fine("nothing_at_all", lambda mask: b"")
fine("unfinished_message", lambda mask: text(b"\xe2\x82", fin=False, mask=mask))
fine("unfinished_frame", lambda mask: text("cut by the end of the capture", mask=mask)[:-3])
fine("longest_control_frame", lambda mask: ping(bytes(125), mask=mask) + close(1000, "r" * 123, mask=mask))
fine("shortest_long_frames", lambda mask: binary(bytes(126), mask=mask) + binary(bytes(127), mask=mask))
fine("split_utf8", lambda mask: b"".join(fragments(TEXT, "Grüße 世界 👋".encode(), [1] * 15, mask=mask)))
fine("binary_is_not_text", lambda mask: binary(b"\xff\xfe\x80", mask=mask)
     + b"".join(fragments(BINARY, b"\xc0\x80", [1], mask=mask)))
fine("control_between_fragments", lambda mask: text("a", fin=False, mask=mask) + ping(mask=mask) + pong(mask=mask)
     + frame(CONTINUATION, b"b", mask=mask))
fine("mixed", lambda mask: text(Deflater().message(b"deflated"), rsv=4, mask=mask) + text("plain", mask=mask), DEFLATE, DEFLATE)
fine("rsv_of_an_unknown_extension", lambda mask: b"".join(text("x", rsv=rsv, mask=mask) for rsv in range(8))
     + ping(rsv=7, mask=mask), UNKNOWN, UNKNOWN)
fine("text_changed_by_an_unknown_extension", lambda mask: text(b"\xff", rsv=1, mask=mask), UNKNOWN, UNKNOWN)
fine("window_kept", lambda mask: b"".join(binary(Deflater(8).message(bytes(range(250)) * 5), rsv=4, mask=mask)
                                          for _ in range(2)), OFFER_BITS, BITS_8)
fine("no_takeover", lambda mask: b"".join(text(Deflater().message(b"again and again"), rsv=4, mask=mask) for _ in range(3)),
     NO_TAKEOVER, NO_TAKEOVER)
for code in (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3001, 3003, 3008, 3999, 4000, 4999):
    fine(f"close_{code}", lambda mask, code=code: close(code, "reason", mask=mask))
fine("compressed_in_fragments", lambda mask: b"".join(
    fragments(TEXT, Deflater().message("Grüße".encode()), [2, 2], rsv=4, mask=mask)), DEFLATE, DEFLATE)


@good
def answer_until_closed(tcp):
    """After the other side's Close one may go on until one's own."""
    tcp.upgrade().client(close(1000, mask=KEY)).server(text("still") + text("here") + close(1000))


@good
def refused_without_websocket_headers(tcp):
    tcp.syn().client(request()).server(response(status="403 Forbidden", body=b"no"))


@good
def version_refused(tcp):
    tcp.syn().client(request())
    tcp.server(response(status="426 Upgrade Required", headers=[("Sec-WebSocket-Version", "13, 8, 7")]))


@good
def nothing_selected(tcp):
    tcp.upgrade(offer=[("Sec-WebSocket-Protocol", "chat, superchat"), (EXTENSIONS, "permessage-deflate, x-example")])


@good
def offers_narrowed(tcp):
    tcp.upgrade(offer=[(EXTENSIONS, "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")],
                accept=[(EXTENSIONS, "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11; "
                                     "client_no_context_takeover; server_no_context_takeover")])


@good.parametrize
def test_no_violation(case, run):
    found, _ = good.dissect(run)
    stream = found[case]
    assert stream.handshakes()
    assert stream.all("ws.violation") == [] and stream.experts() == [] and stream.malformed() == []
    assert stream.facts() == good.stream(case).facts()
