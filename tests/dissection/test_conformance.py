# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin finds in a client that misbehaves on purpose, beside what real servers answered it.

The captures have one connection for each misdeed; their truth says which rule it breaks, and with which close code the
library answered. It comes from the client, which has no dissector.
"""

import collections
import functools
import json

import pytest

from support import CLIENT, ROOT, SERVER, scratch, streams

LIBRARIES = ["websockets", "autobahn"]

# What a server says of a rule (RFC 6455 7.4.1): 1007 for data that is not what its type says, else 1002.
PROTOCOL_ERROR, INVALID_DATA, TOO_BIG = 1002, 1007, 1009
CODES = collections.defaultdict(lambda: {PROTOCOL_ERROR}, {
    "text_not_utf8": {INVALID_DATA},
    "close_reason_not_utf8": {INVALID_DATA},
    "inflate_failed": {PROTOCOL_ERROR, INVALID_DATA},  # RFC 7692 leaves the code open
    "window_exceeded": {PROTOCOL_ERROR, INVALID_DATA},
    "data_after_close": {1000},  # after the Close that it has had, the server answers that and reads no more
})

# Where a library and the RFCs differ, (library, deflate, misdeed): (its code, why). Everything else must agree.
DIFFERENT = {
    # Laxer than the RFC: these let it pass.
    ("websockets", False, "length 5 in 16 bits"): (None, "does not ask for the shortest length"),
    ("websockets", False, "length 5 in 64 bits"): (None, "does not ask for the shortest length"),
    ("websockets", False, "length 126 in 64 bits"): (None, "does not ask for the shortest length"),
    ("websockets", True, "further back than the window"): (None, "zlib allows it within one message"),
    ("autobahn", True, "further back than the window"): (None, "zlib allows it within one message"),
    ("autobahn", True, "no DEFLATE data"): (None, "falls silent: zlib's error ends its reader"),
    ("autobahn", True, "a DEFLATE block of reserved type"): (None, "falls silent: zlib's error ends its reader"),
    ("autobahn", True, "a reference to before the beginning"): (None, "falls silent: zlib's error ends its reader"),
    # Another reason than the RFC's.
    ("websockets", False, "length with its highest bit set"): (TOO_BIG, "judges it as a large message"),
    # Stricter than the RFC.
    ("autobahn", False, "close code 1014"): (PROTOCOL_ERROR, "registered after its list was made"),
}

# A compressed text message is judged when it is complete; a server that inflates piece by piece may know earlier.
NEVER_COMPLETE = {(True, "bad UTF-8 in the first fragment")}


def path_of(library, suffix):
    return ROOT / "captures" / f"misbehaving-{library}.{suffix}"


@functools.cache
def truth(library):
    return json.loads(path_of(library, "json").read_text())


@functools.cache
def found(library, passes=1):
    copy = scratch() / f"misbehaving-{library}-{passes}.pcapng"  # that any user may read
    copy.write_bytes(path_of(library, "pcapng").read_bytes())
    copy.chmod(0o644)
    return streams(copy, *["-2"] * (passes - 1), shown="ws")


def each(test):
    connections = [(library, entry) for library in LIBRARIES for entry in truth(library)]
    names = [f"{library}-{'deflate' if entry['deflate'] else 'plain'}-{entry['misdeed']}" for library, entry in connections]
    return pytest.mark.parametrize("library, entry", connections, ids=names)(test)


def violations(frames):
    """[(frame, rule)] of one side."""
    return [(index, rule) for index, frame in enumerate(frames) for rule in frame.all("ws.violation")]


@pytest.mark.parametrize("passes", [1, 2])
@each
def test_the_finding_is_the_rule_that_was_broken_on_the_frame_that_broke_it(library, entry, passes):
    stream = found(library, passes)[entry["stream"]]
    silent = entry["rule"] is None or (entry["deflate"], entry["misdeed"]) in NEVER_COMPLETE
    assert violations(stream.frames(CLIENT)) == ([] if silent else [(entry["frame"], entry["rule"])])
    assert violations(stream.frames(SERVER)) == []
    assert violations(stream.handshakes()) == []
    violated = [name for name in stream.experts() if not name.startswith("ws.diagnosis.")]  # the server may leave abruptly
    assert violated == ([] if silent else ["ws.violation." + entry["rule"]])
    assert not stream.malformed()


@each
def test_the_library_and_the_finding_agree_in_kind(library, entry):
    code = entry["code"]
    different = DIFFERENT.get((library, entry["deflate"], entry["misdeed"]))
    if different:
        assert code == different[0]
    elif entry["rule"]:
        assert code in CODES[entry["rule"]]
    elif "too big" in entry["misdeed"]:
        # autobahn cuts the inflated message to the size that it takes.
        assert code == TOO_BIG or (library == "autobahn" and entry["misdeed"].endswith("when inflated") and code is None)
    elif "lose" in entry["misdeed"]:
        sent = int(entry["misdeed"].split()[-1]) if "code" in entry["misdeed"] else 1005
        assert code in (sent, 1000)  # it answers a good Close with the same code, or with its own
    else:
        assert code is None


@each
def test_the_close_that_the_client_saw_is_the_close_that_is_shown(library, entry):
    codes = [int(frame.get("ws.close.code") or 1005) for frame in found(library)[entry["stream"]].frames(SERVER)
             if frame.get("ws.opcode") == "8"]
    if entry["code"] is not None:
        assert codes[:1] == [entry["code"]]
    else:
        assert codes in ([1000], [])  # the answer to the client's Close, or none


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_connection_is_there(library):
    assert list(found(library)) == [entry["stream"] for entry in truth(library)]
    assert {entry["rule"] for entry in truth(library)} >= {
        "rsv_set", "opcode_reserved", "client_unmasked", "length_not_minimal", "length_msb_set", "control_too_long",
        "control_fragmented", "control_compressed", "continuation_unexpected", "continuation_compressed",
        "data_interleaved", "text_not_utf8", "close_length", "close_code_invalid", "close_reason_not_utf8",
        "data_after_close", "inflate_failed", "window_exceeded"}


def test_differences_are_about_connections_that_exist():
    known = {(library, entry["deflate"], entry["misdeed"]) for library in LIBRARIES for entry in truth(library)}
    assert set(DIFFERENT) <= known
    assert {(deflate, misdeed) for _, deflate, misdeed in known} >= NEVER_COMPLETE
