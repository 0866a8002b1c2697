# SPDX-License-Identifier: GPL-2.0-or-later
"""Close codes and UTF-8, each value and each class (RFC 6455 7.4 and 8.1, RFC 3629)."""

import pytest

from builder import KEY, TEXT, Deflater, close, fragments, text
from support import CLIENT, NUL, PLAIN, SERVER, Cases

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]

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
        shown = [data.decode().replace("\0", NUL) if good else data for data, good in TEXTS]
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
