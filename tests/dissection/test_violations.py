# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule that is checked: broken alone, on each side where it applies, and never found where nothing is broken."""

import json
import re

import pytest

from builder import (BINARY, CLOSE, CONTINUATION, KEY, NONCE, PING, PONG, TEXT, Capture, Deflater, accept, binary, close,
                     fragments, frame, ping, pong, request, response, text)
from support import CLIENT, PLAIN, ROOT, SERVER, Cases, Truth, save, tshark, run as run_program

MASKS = {CLIENT: KEY, SERVER: None}
EXTENSIONS = "Sec-WebSocket-Extensions"
DEFLATE = [(EXTENSIONS, "permessage-deflate")]
UNKNOWN = [(EXTENSIONS, "x-example")]
BITS_8 = [(EXTENSIONS, "permessage-deflate; client_max_window_bits=8; server_max_window_bits=8")]
OFFER_BITS = [(EXTENSIONS, "permessage-deflate; client_max_window_bits; server_max_window_bits=8")]
NO_TAKEOVER = [(EXTENSIONS, "permessage-deflate; client_no_context_takeover; server_no_context_takeover")]

cases = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2), (11, 1)])
covered = {}  # rule: the sides that some case lets break it


def name_of(rule, side, variant):
    return "-".join(filter(None, [rule, side, variant]))


# ---- frames -----------------------------------------------------------------

def breaks(rule, variant, data, messages=(), extension=(), offer=None, end=True, sides=(CLIENT, SERVER)):
    """Adds the cases of a rule that a frame breaks. data(mask) gives the bytes, messages is what they say nevertheless.

    end: a good message follows, and is found.
    """
    def conversation(side):
        def talk(tcp):
            mask = MASKS[side]
            tcp.upgrade(offer=offer or extension, accept=extension)
            send = getattr(tcp, side)
            send(text("before", mask=mask)).sleep(0.001)
            send(data(mask))
            if end:
                send(text("after", mask=mask))
            other = SERVER if side == CLIENT else CLIENT
            getattr(tcp, other)(text("other side", mask=MASKS[other]))
            said = ["before", *messages, *(["after"] if end else [])]
            return Truth(violations=rule.split("+"), **{side: said, other: ["other side"]})
        return talk

    for side in sides:
        for each in rule.split("+"):
            covered.setdefault(each, set()).add(side)
        cases.add(name_of(rule, side, variant), conversation(side))


for rsv in range(1, 8):
    breaks("rsv_set", f"bits_{rsv}", lambda mask, rsv=rsv: text("x", rsv=rsv, mask=mask), ["x"])
    breaks("rsv_set", f"ping_bits_{rsv}", lambda mask, rsv=rsv: ping(b"x", rsv=rsv, mask=mask))
for rsv in (1, 2, 3):
    breaks("rsv_set", f"beside_deflate_{rsv}", lambda mask, rsv=rsv: text("x", rsv=rsv, mask=mask), ["x"], DEFLATE)
breaks("rsv_set", "continuation", lambda mask: text("x", fin=False, mask=mask) + frame(CONTINUATION, b"y", rsv=4, mask=mask), ["xy"])
breaks("rsv_set", "declined_deflate", lambda mask: text("x", rsv=4, mask=mask), ["x"], offer=DEFLATE)
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    breaks("opcode_reserved", str(opcode), lambda mask, opcode=opcode: frame(opcode, b"payload", mask=mask))
breaks("opcode_reserved", "between_fragments", lambda mask: text("x", fin=False, mask=mask) + frame(11, mask=mask)
       + frame(CONTINUATION, b"y", mask=mask), ["xy"])
breaks("client_unmasked", "text", lambda mask: text("x"), ["x"], sides=[CLIENT])
breaks("client_unmasked", "empty", lambda mask: binary(b""), [b""], sides=[CLIENT])
breaks("client_unmasked", "ping", lambda mask: ping(b"x"), sides=[CLIENT])
breaks("client_unmasked", "close", lambda mask: close(1000), sides=[CLIENT], end=False)
breaks("server_masked", "text", lambda mask: text("x", mask=KEY), ["x"], sides=[SERVER])
breaks("server_masked", "empty", lambda mask: text("", mask=KEY), [""], sides=[SERVER])
breaks("server_masked", "pong", lambda mask: pong(b"x", mask=KEY), sides=[SERVER])
breaks("server_masked", "zero_key", lambda mask: text("x", mask=bytes(4)), ["x"], sides=[SERVER])
for size, encoding in [(0, 16), (125, 16), (0, 64), (125, 64), (126, 64), (400, 64)]:
    breaks("length_not_minimal", f"{size}_in_{encoding}", lambda mask, size=size, encoding=encoding:
           binary(bytes(size), length_encoding=encoding, mask=mask), [bytes(size)])
breaks("length_not_minimal", "ping", lambda mask: ping(b"x", length_encoding=16, mask=mask))
breaks("control_too_long", "ping_126", lambda mask: ping(b"x" * 126, mask=mask))
breaks("control_too_long", "pong_300", lambda mask: pong(b"x" * 300, mask=mask))
breaks("control_too_long", "close", lambda mask: close(1000, "r" * 124, mask=mask), end=False)
for opcode in (PING, PONG):
    breaks("control_fragmented", f"opcode_{opcode}", lambda mask, opcode=opcode: frame(opcode, b"x", fin=False, mask=mask))
    breaks("control_compressed", f"opcode_{opcode}", lambda mask, opcode=opcode: frame(opcode, b"x", rsv=4, mask=mask),
           extension=DEFLATE)
breaks("control_fragmented", "close", lambda mask: close(1000, fin=False, mask=mask), end=False)
breaks("control_fragmented", "in_a_message", lambda mask: text("x", fin=False, mask=mask) + ping(fin=False, mask=mask)
       + frame(CONTINUATION, b"y", mask=mask), ["xy"])
breaks("control_compressed", "close", lambda mask: close(1000, rsv=4, mask=mask), end=False, extension=DEFLATE)
breaks("continuation_unexpected", "last", lambda mask: frame(CONTINUATION, b"x", mask=mask))
breaks("continuation_unexpected", "not_last", lambda mask: frame(CONTINUATION, b"x", fin=False, mask=mask))
breaks("continuation_unexpected", "after_fragments", lambda mask: b"".join(fragments(TEXT, b"xy", [1], mask=mask))
       + frame(CONTINUATION, b"z", mask=mask), ["xy"])


def compressed_continuation(mask):
    payload = Deflater().message(b"compressed in two")
    return text(payload[:4], rsv=4, fin=False, mask=mask) + frame(CONTINUATION, payload[4:], rsv=4, mask=mask)


breaks("continuation_compressed", "of_compressed", compressed_continuation, ["compressed in two"], DEFLATE)
breaks("continuation_compressed", "of_plain", lambda mask: text("x", fin=False, mask=mask)
       + frame(CONTINUATION, b"y", rsv=4, mask=mask), ["xy"], DEFLATE)
for opcode in (TEXT, BINARY):
    breaks("data_interleaved", f"opcode_{opcode}", lambda mask, opcode=opcode: text("x", fin=False, mask=mask)
           + frame(opcode, b"y", mask=mask), ["y" if opcode == TEXT else b"y"])
breaks("data_interleaved", "fragments", lambda mask: text("x", fin=False, mask=mask)
       + b"".join(fragments(TEXT, b"yz", [1], mask=mask)), ["yz"])
breaks("text_not_utf8", "whole", lambda mask: text(b"\xff", mask=mask), [b"\xff"])
breaks("text_not_utf8", "cut_at_the_end", lambda mask: text(b"ok \xe2\x82", mask=mask), [b"ok \xe2\x82"])
breaks("text_not_utf8", "first_fragment", lambda mask: text(b"a\xff", fin=False, mask=mask)
       + frame(CONTINUATION, b"b", mask=mask), [b"a\xffb"])
breaks("text_not_utf8", "empty_last_fragment", lambda mask: text(b"\xc3", fin=False, mask=mask)
       + frame(CONTINUATION, b"", mask=mask), [b"\xc3"])
breaks("text_not_utf8", "compressed", lambda mask: text(Deflater().message(b"\xff"), rsv=4, mask=mask), [b"\xff"], DEFLATE)
breaks("close_length", "one_byte", lambda mask: frame(CLOSE, b"\x03", mask=mask), end=False)
breaks("close_code_invalid", "1005", lambda mask: close(1005, mask=mask), end=False)
breaks("close_code_invalid", "with_reason", lambda mask: close(999, "reason", mask=mask), end=False)
breaks("close_reason_not_utf8", "stray", lambda mask: close(1000, b"ok \xff", mask=mask), end=False)
breaks("close_reason_not_utf8", "cut", lambda mask: close(1000, b"\xe2\x82", mask=mask), end=False)
breaks("data_after_close", "text", lambda mask: close(1000, mask=mask) + text("late", mask=mask), ["late"], end=False)
breaks("data_after_close", "empty_binary", lambda mask: close(mask=mask) + binary(b"", mask=mask), [b""], end=False)
breaks("data_after_close", "rest_of_a_message", lambda mask: text("x", fin=False, mask=mask) + close(1000, mask=mask)
       + frame(CONTINUATION, b"y", mask=mask), ["xy"], end=False)
breaks("data_after_close", "after_a_ping", lambda mask: close(1000, mask=mask) + ping(mask=mask) + text("late", mask=mask),
       ["late"], end=False)
breaks("inflate_failed", "reserved_block", lambda mask: text(b"\x07\x00", rsv=4, mask=mask), [None], DEFLATE)
breaks("inflate_failed", "stored_length", lambda mask: text(b"\x00\x05\x00\x00\x00hello", rsv=4, mask=mask), [None], DEFLATE)
breaks("inflate_failed", "plain_text", lambda mask: binary(b"\xffnot compressed at all", rsv=4, mask=mask), [None], DEFLATE)


def far_back(mask):
    """Ends with a reference to its beginning, 1000 bytes back."""
    data = bytes(range(250)) + b"".join(b"%03d" % i for i in range(250)) + bytes(range(250))
    return binary(Deflater(wbits=15).message(data), rsv=4, mask=mask)


FAR_BACK = bytes(range(250)) + b"".join(b"%03d" % i for i in range(250)) + bytes(range(250))
breaks("window_exceeded", "within_a_message", far_back, [FAR_BACK], BITS_8, OFFER_BITS)


def huge(side):
    def talk(tcp):
        tcp.upgrade()
        getattr(tcp, side)(frame(BINARY, b"begin", declared_length=1 << 63, length_encoding=64, mask=MASKS[side]))
        return Truth(violations=["length_msb_set"], undecoded=["limit"] * 2, **{side: [None]})  # the frame, the message
    covered.setdefault("length_msb_set", set()).add(side)
    return talk


single = Cases(runs=[("asis", 1), ("asis", 2)])  # every further segment is said to be undecoded, too
for side in (CLIENT, SERVER):
    single.add(name_of("length_msb_set", side, ""), huge(side))

# Several faults in one frame, each of them found.
breaks("rsv_set+control_compressed+control_fragmented+control_too_long+length_not_minimal", "ping",
       lambda mask: ping(b"x" * 126, rsv=7, fin=False, length_encoding=64, mask=mask), extension=DEFLATE)
breaks("rsv_set+opcode_reserved+length_not_minimal", "data",
       lambda mask: frame(7, b"x", rsv=3, length_encoding=16, mask=mask))
breaks("client_unmasked+text_not_utf8+length_not_minimal", "text", lambda mask: text(b"\xff", length_encoding=64), [b"\xff"],
       sides=[CLIENT])
breaks("server_masked+close_code_invalid+close_reason_not_utf8", "close", lambda mask: close(1006, b"\xff", mask=KEY),
       end=False, sides=[SERVER])
breaks("data_after_close+continuation_unexpected", "continuation",
       lambda mask: close(mask=mask) + frame(CONTINUATION, b"x", mask=mask), end=False)
breaks("data_interleaved+text_not_utf8", "text", lambda mask: text("x", fin=False, mask=mask) + text(b"\xff", mask=mask), [b"\xff"])


# ---- handshake --------------------------------------------------------------

def shakes(rule, variant, side, request_options=None, response_options=None):
    """Adds a case of a rule that one half of the handshake breaks. Frames are found after it."""
    def talk(tcp):
        tcp.syn().client(request(**request_options or {})).server(response(**response_options or {}))
        tcp.client(text("to server", mask=KEY)).server(text("to client"))
        halves = [{"ws.handshake.type": 1, "ws.violation": []}, {"ws.handshake.type": 2, "ws.violation": []}]
        halves[side == SERVER]["ws.violation"] = [rule]
        # What such a request or response hints at besides.
        diagnosis = {("accept_wrong", SERVER): ["accept_mismatch"], ("upgrade_missing", CLIENT): ["upgrade_stripped"],
                     ("connection_missing", CLIENT): ["upgrade_stripped"]}.get((rule, side), [])
        return Truth(client=["to server"], server=["to client"], handshakes=halves, violations=[rule], diagnoses=diagnosis)
    covered.setdefault(rule, set()).add(side)
    cases.add(name_of(rule, side, variant), talk)


def header(name, value):
    return {"headers": [(name, value)]}


def extensions(offered, accepted):
    return [header(EXTENSIONS, value) if value else {} for value in (offered, accepted)]


shakes("accept_wrong", "other_key", SERVER, {}, header("Sec-WebSocket-Accept", accept("AAAAAAAAAAAAAAAAAAAAAA==")))
shakes("accept_wrong", "lower_case", SERVER, {}, header("Sec-WebSocket-Accept", accept().lower()))
shakes("accept_wrong", "the_key", SERVER, {}, header("Sec-WebSocket-Accept", NONCE))
shakes("accept_wrong", "empty", SERVER, {}, header("Sec-WebSocket-Accept", ""))
shakes("accept_missing", "", SERVER, {}, {"omit": ["Sec-WebSocket-Accept"]})
for variant, key in [("15_bytes", "AAAAAAAAAAAAAAAAAAAA"), ("17_bytes", "AAAAAAAAAAAAAAAAAAAAAAA="), ("text", "secret"),
                     ("bad_letter", "dGhlIHNhbXBsZSBub25jZ-=="), ("no_padding", NONCE[:-2]), ("empty", "")]:
    shakes("key_invalid", variant, CLIENT, {"key": key}, {"key": key})
shakes("key_missing", "", CLIENT, {"omit": ["Sec-WebSocket-Key"]})
for version in ("8", "7", "0", "14", "113"):
    shakes("version_unsupported", version, CLIENT, header("Sec-WebSocket-Version", version))
shakes("version_missing", "", CLIENT, {"omit": ["Sec-WebSocket-Version"]})
shakes("method_not_get", "post", CLIENT, {"method": "POST"})
shakes("method_not_get", "put", CLIENT, {"method": "PUT"})
shakes("http_version", "", CLIENT, {"version": "HTTP/1.0"})
shakes("host_missing", "", CLIENT, {"omit": ["Host"]})
for side, request_or_response in [(CLIENT, 0), (SERVER, 1)]:
    def on(options, at=request_or_response):
        return [{}, options] if at else [options, {}]
    shakes("upgrade_missing", "", side, *on({"omit": ["Upgrade"]}))
    shakes("upgrade_missing", "other", side, *on(header("Upgrade", "websockets")))
    shakes("connection_missing", "", side, *on({"omit": ["Connection"]}))
    shakes("connection_missing", "other", side, *on(header("Connection", "keep-alive")))
    shakes("connection_missing", "token_in_token", side, *on(header("Connection", "x-upgrade, upgraded")))
for name, value in [("Key", NONCE), ("Version", "13")]:
    shakes("header_repeated", name, CLIENT, {"headers": [(f"Sec-WebSocket-{name}", value)] * 2})
for name, value in [("Accept", accept()), ("Protocol", "chat"), ("Extensions", "x-example")]:
    shakes("header_repeated", name, SERVER, {"headers": [] if name == "Accept" else [(f"Sec-WebSocket-{name}", value)]},
           {"headers": [(f"Sec-WebSocket-{name}", value)] * 2})
for variant, name, value in [("key", "Sec-WebSocket-Key", NONCE), ("version", "Sec-WebSocket-Version", "13")]:
    shakes("header_repeated", variant, CLIENT, {"headers": [(name, value), (name, value)]})
shakes("header_repeated", "accept", SERVER, {}, {"headers": [("Sec-WebSocket-Accept", accept())] * 2})
shakes("header_repeated", "protocol", SERVER, header("Sec-WebSocket-Protocol", "chat"),
       {"headers": [("Sec-WebSocket-Protocol", "chat")] * 2})
shakes("header_repeated", "extensions", SERVER, header(EXTENSIONS, "x-a, x-b"),
       {"headers": [(EXTENSIONS, "x-a"), (EXTENSIONS, "x-b")]})
shakes("protocol_not_offered", "two", SERVER, header("Sec-WebSocket-Protocol", "chat, superchat"),
       header("Sec-WebSocket-Protocol", "chat, superchat"))
shakes("protocol_not_offered", "none", SERVER, {}, header("Sec-WebSocket-Protocol", "chat"))
shakes("protocol_not_offered", "others", SERVER, header("Sec-WebSocket-Protocol", "superchat, chat2"),
       header("Sec-WebSocket-Protocol", "chat"))
shakes("protocol_not_offered", "case", SERVER, header("Sec-WebSocket-Protocol", "Chat"), header("Sec-WebSocket-Protocol", "chat"))
shakes("extension_not_offered", "none", SERVER, *extensions(None, "x-example"))
shakes("extension_not_offered", "others", SERVER, *extensions("x-example-2; x-example", "x-example"))
shakes("extension_not_offered", "deflate", SERVER, *extensions("x-permessage-deflate", "permessage-deflate"))
OFFERED = {
    "bits_16": "permessage-deflate; client_max_window_bits=16",
    "bits_7": "permessage-deflate; server_max_window_bits=7",
    "bits_with_zero": "permessage-deflate; server_max_window_bits=08",
    "bits_empty": "permessage-deflate; server_max_window_bits",
    "bits_text": "permessage-deflate; client_max_window_bits=ten",
    "twice": "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "value": "permessage-deflate; client_no_context_takeover=1",
    "unknown": "permessage-deflate; window_bits=10",
    "no_name": "x-example; =1",
    "quote_not_closed": 'x-example; a="b',
    "quoted_blank": 'x-example; a="b c"',
    "no_semicolon": "x-example a",
}
for variant, offered in OFFERED.items():
    shakes("extension_parameter", variant, CLIENT, *extensions(offered, None))
ACCEPTED = {
    "bits_16": ("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=16"),
    "bits_without_value": ("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits"),
    "client_bits_not_offered": ("permessage-deflate", "permessage-deflate; client_max_window_bits=10"),
    "client_bits_grown": ("permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=10"),
    "server_bits_grown": ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=10"),
    "server_bits_lacking": ("permessage-deflate; server_max_window_bits=9", "permessage-deflate"),
    "takeover_lacking": ("permessage-deflate; server_no_context_takeover", "permessage-deflate"),
    "twice": ("permessage-deflate", "permessage-deflate; client_no_context_takeover; client_no_context_takeover"),
    "unknown": ("permessage-deflate", "permessage-deflate; level=9"),
}
for variant, (offered, accepted) in ACCEPTED.items():
    shakes("extension_parameter", variant, SERVER, *extensions(offered, accepted))


@cases.parametrize
def test_exactly_that_violation(case, run):
    cases.check(case, run)


@single.parametrize
def test_exactly_that_violation_of_a_huge_frame(case, run):
    single.check(case, run)


# ---- the table --------------------------------------------------------------

TABLE = re.findall(r'^WS_FINDING\((\w+), (\d+), "([\d.]+)", (\w+), "(.*)"\)$',
                   (ROOT / "dissector" / "findings.def").read_text(), re.MULTILINE)
RULES = {row[0]: row[1:] for row in TABLE}
# Which half of a conversation a rule is about, where it is not both.
ONE_SIDE = {CLIENT: {"client_unmasked", "key_invalid", "key_missing", "version_unsupported", "version_missing",
                     "method_not_get", "http_version", "host_missing"},
            SERVER: {"server_masked", "accept_wrong", "accept_missing", "protocol_not_offered", "extension_not_offered"}}
ALONE = {name.split("-")[0] for name in [*cases.functions, *single.functions] if "+" not in name}


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_covered(rule):
    sides = {side for side in (CLIENT, SERVER) if rule in ONE_SIDE[side]} or {CLIENT, SERVER}
    assert covered.get(rule) == sides
    assert rule in ALONE


def test_every_rule_is_a_field_with_its_sentence():
    lines = [line.split("\t") for line in run_program("tshark", "-G", "fields").stdout.decode().splitlines()]
    registered = {line[2]: line[1] for line in lines if line[0] == "F" and line[2].startswith("ws.violation.")}
    assert registered == {f"ws.violation.{rule}": sentence for rule, (_, _, _, sentence) in RULES.items()}


@pytest.mark.parametrize("rule", RULES)
def test_expert_info(rule):
    """Error, group Protocol, with the sentence and where it stands."""
    rfc, section, _, sentence = RULES[rule]
    name = next(name for name in [*cases.functions, *single.functions] if name.split("-")[0] == rule)
    stream = (cases if name in cases.functions else single).stream(name)
    trees = [tree for packet in stream.packets for tree in find_experts(packet.tree) if tree.pairs[0][0].startswith("ws.violation.")]
    assert [(tree.pairs[0][0], tree.get("_ws.expert.message"), int(tree.get("_ws.expert.severity")),
             int(tree.get("_ws.expert.group"))) for tree in trees] == [
        (f"ws.violation.{rule}", f"{sentence} (RFC {rfc}, {section})", 0x800000, 0x09000000)]


def find_experts(tree):
    for name, value in tree.pairs:
        if name == "_ws.expert":
            yield value
        elif hasattr(value, "pairs"):
            yield from find_experts(value)


def test_violations_can_be_filtered():
    capture, _ = Cases.build(cases)
    path = save(capture)
    wanted = {rule: [i for i, name in enumerate(cases.functions) if rule in name.split("-")[0].split("+")] for rule in RULES}
    for rule in ("rsv_set", "client_unmasked", "text_not_utf8", "accept_wrong"):
        for display_filter in (f"ws.violation.{rule}", f'ws.violation == "{rule}"'):
            out = tshark(path, "-Y", display_filter, "-T", "fields", "-e", "tcp.stream")
            assert sorted(map(int, out.split())) == wanted[rule], display_filter


def test_bytes_of_a_finding():
    """Each finding covers the bytes that it is about: (offset in the frame, length)."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()
    sent = {"rsv_set": (text("x", rsv=1), 0, 1), "server_masked": (text("x", mask=KEY), 1, 5),
            "length_not_minimal": (text("x", length_encoding=16), 1, 3), "text_not_utf8": (text(b"abc\xff."), 5, 2),
            "control_too_long": (ping(bytes(126)), 1, 3), "close_code_invalid": (close(1004), 2, 2),
            "close_reason_not_utf8": (close(1000, b"ab\xff"), 6, 1)}
    for data, _, _ in sent.values():
        tcp.server(data)
    out = tshark(save(capture), "-Y", "ws.violation", "-T", "json", "-x", "-J", "ws")
    places = {}
    for packet in json.loads(out):
        layer = packet["_source"]["layers"]["ws"]
        begin = packet["_source"]["layers"]["ws_raw"][1]
        _, offset, length, *_ = layer["ws.violation_raw"]
        places[layer["ws.violation"]] = offset - begin, length
    assert places == {rule: (offset, length) for rule, (_, offset, length) in sent.items()}


# ---- what is no violation ---------------------------------------------------

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


# ---- close codes ------------------------------------------------------------

CODES = {code: False for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2998, 2999, 5000, 5001, 65535)}
CODES |= {code: True for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999,
                                  4000, 4001, 4998, 4999)}
codes = Cases(runs=[PLAIN])
for code in CODES:
    codes.add(str(code), lambda tcp, code=code: tcp.upgrade().client(close(code, mask=KEY)).server(close(code)))


@pytest.mark.parametrize("code", CODES)
def test_close_code(code):
    stream = codes.stream(str(code))
    assert stream.all("ws.close.code") == [str(code)] * 2
    assert stream.all("ws.violation") == [] if CODES[code] else ["close_code_invalid"] * 2


# ---- UTF-8 ------------------------------------------------------------------

ILL_FORMED = [
    "80", "bf", "80 bf", "80 bf 80 bf 80",  # stray continuation
    "c0 80", "c0 af", "c1 bf", "e0 80 80", "e0 80 af", "e0 9f bf", "f0 80 80 80", "f0 80 80 af", "f0 8f bf bf",  # overlong
    "ed a0 80", "ed ad bf", "ed ae 80", "ed bf bf", "ed a0 80 ed b0 80",  # surrogates
    "f4 90 80 80", "f4 bf bf bf", "f5 80 80 80", "f7 bf bf bf",  # above U+10FFFF
    "f8 88 80 80 80", "fb bf bf bf bf", "fc 84 80 80 80 80", "fd bf bf bf bf bf", "fe", "ff", "fe fe ff ff",  # no lead byte
    "c2", "df", "e0", "e0 a0", "e1", "e1 80", "ec bf", "ed", "ed 80", "ed 9f", "ee 80", "ef bf", "f0", "f0 90", "f0 90 80",
    "f1", "f1 80", "f1 80 80", "f3 bf bf", "f4", "f4 80", "f4 8f bf",  # truncated at each position
    "c2 41", "e0 a0 41", "e1 41 80", "ed 9f c2 80", "f0 90 80 41", "f0 90 41 80", "f4 8f bf f4",  # interrupted
]
WELL_FORMED = [
    "00", "7f", "c2 80", "df bf", "e0 a0 80", "e0 bf bf", "e1 80 80", "ec bf bf", "ed 80 80", "ed 9f bf", "ee 80 80",
    "ef bf bf", "ef bf bd", "ef bb bf", "f0 90 80 80", "f0 bf bf bf", "f1 80 80 80", "f3 bf bf bf", "f4 80 80 80",
    "f4 8f bf bf",
]
SEQUENCES = [(bytes.fromhex(s), good) for group, good in [(ILL_FORMED, False), (WELL_FORMED, True)] for s in group]
TEXTS = [(before + sequence + after, good) for sequence, good in SEQUENCES
         for before, after in [(b"", b""), (b"before ", b""), (b"", b" after"), (b"\xc3\xa9", b"\xe2\x82\xac")]]

utf8 = Cases(runs=[("asis", 1), ("coalesced", 2)])


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def each_text(make, extension=()):
    def conversation(tcp):
        tcp.upgrade(offer=extension, accept=extension)
        for data, _ in TEXTS:
            tcp.client(b"".join(make(data, KEY))).server(b"".join(make(data, None)))
    return conversation


def compressed(data, mask, each=None):
    payload = Deflater().message(data)
    return fragments(TEXT, payload, [1] * (len(payload) - 1) if each else [], rsv=4, mask=mask)


utf8.add("whole", each_text(lambda data, mask: [text(data, mask=mask)]))
utf8.add("each_byte", each_text(lambda data, mask: fragments(TEXT, data, [1] * (len(data) - 1), mask=mask)))
utf8.add("each_byte_and_empty", each_text(lambda data, mask: fragments(TEXT, data, [1, 0] * len(data), mask=mask)))
utf8.add("two_halves", each_text(lambda data, mask: fragments(TEXT, data, [len(data) // 2], mask=mask)))
utf8.add("compressed", each_text(compressed, DEFLATE))
utf8.add("compressed_each_byte", each_text(lambda data, mask: compressed(data, mask, True), DEFLATE))


@utf8.parametrize
def test_utf8(case, run):
    stream = utf8.dissect(run)[0][case]
    for side in (CLIENT, SERVER):
        verdicts, violations = [], []
        for layer in stream.frames(side):
            violations += layer.all("ws.violation")
            if layer.get("ws.message.number"):
                verdicts.append(violations)
                violations = []
        assert verdicts == [[] if good else ["text_not_utf8"] for _, good in TEXTS]
        shown = [data.decode().replace("\0", "␀") if good else data for data, good in TEXTS]
        assert stream.messages(side) == shown


def test_classes_of_utf8():
    """The lists above, against Python's decoder."""
    assert all(is_text(data) == good for data, good in TEXTS)


reasons = Cases(runs=[("asis", 1), ("asis", 2)])
for data, _ in SEQUENCES:
    reasons.add(data.hex(), lambda tcp, data=data: tcp.upgrade().client(close(1000, data, mask=KEY)).server(close(4000, b"a" + data)))


@pytest.mark.parametrize("passes", [1, 2])
def test_utf8_of_a_reason(passes):
    found, _ = reasons.dissect(("asis", passes))
    verdicts = {name: stream.all("ws.violation") for name, stream in found.items()}
    assert verdicts == {data.hex(): [] if good else ["close_reason_not_utf8"] * 2 for data, good in SEQUENCES}
