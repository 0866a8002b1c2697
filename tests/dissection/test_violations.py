# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule that is checked: broken alone, on each side where it applies."""

import json
import re

import pytest

from builder import (BINARY, CLOSE, CONTINUATION, KEY, NONCE, PING, PONG, TEXT, Capture, Deflater, accept, binary, close,
                     fragments, frame, ping, pong, request, response, text)
from support import CLIENT, ROOT, SERVER, Cases, Truth, save, tshark, run as run_program

MASKS = {CLIENT: KEY, SERVER: None}
EXTENSIONS = "Sec-WebSocket-Extensions"
DEFLATE = [(EXTENSIONS, "permessage-deflate")]
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


def context_of_the_last_message(mask):
    deflater = Deflater()
    return b"".join(text(deflater.message(b"again and again"), rsv=4, mask=mask) for _ in range(2))


breaks("inflate_failed", "context_not_taken_over", context_of_the_last_message, ["again and again", None], NO_TAKEOVER)


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

TABLE = re.findall(r'^WS_VIOLATION\((\w+), (\d+), "([\d.]+)", (\w+), "(.*)"\)$',
                   (ROOT / "dissector" / "violations.def").read_text(), re.MULTILINE)
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
