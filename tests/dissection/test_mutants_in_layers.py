# SPDX-License-Identifier: GPL-2.0-or-later
"""The recordings inside TLS, HTTP/2 and proxies, with each packet in turn lost, repeated or late.

TLS, HTTP/2 and the proxies' dissectors stand between TCP and us here, each with its own way with a gap. Whatever they do, nothing may be
shown that was not sent, each message once at most, and no rule was broken. The truth are the recordings' lists of messages.
"""

import collections
import os
import struct

import pytest

from support import CLIENT, ROOT, SERVER, dissect, packets_matching, scratch
from test_mutants import MODES
from test_recorded import is_control, path_of, seen, told, truth

RECORDINGS = ["wss", "wss-tls12", "wss-http2", "http2-cleartext", "wss-connect-proxy", "wss-socks5-proxy"]
PACKET = 6  # the type of pcapng's enhanced packet block
ADDRESSES = 28 + 14 + 12  # where the two of IPv4 are in the block of an Ethernet packet


def lost(rows, i):
    return rows[:i] + rows[i + 1:]


def repeated(rows, i):
    return rows[:i + 1] + rows[i:]


def late(rows, i):
    return rows[:i] + rows[i + 1:i + 3] + [rows[i]] + rows[i + 3:]


def blocks(name):
    """(type, bytes) of each block of the recording."""
    data, at = (ROOT / "captures" / f"{name}.pcapng").read_bytes(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        yield kind, data[at:at + length]
        at += length


def at_address(block, number):
    """The packet between other hosts; a recording has all its ports on one."""
    assert block[28 + 12:28 + 14] == b"\x08\x00"
    return block[:ADDRESSES] + bytes([127, 1, *number.to_bytes(2, "big")]) * 2 + block[ADDRESSES + 8:]


def mutants(name, change):
    """A file with a mutant for each packet of the recording, each at an address of its own."""
    found = list(blocks(name))
    rows = [block for kind, block in found if kind == PACKET]
    path = scratch() / f"{name}-{change.__name__}-{os.getpid()}.pcapng"
    path.write_bytes(b"".join([block for kind, block in found if kind != PACKET] + [
        at_address(row, number) for number in range(len(rows)) for row in change(rows, number)]))
    path.chmod(0o644)
    return path, len(rows)


def messages_of(layers):
    """A count of what is shown, by side."""
    shown = {CLIENT: collections.Counter(), SERVER: collections.Counter()}
    for layer in layers:
        if layer.get("ws.opcode") and layer.message() is not None and (message := seen(layer)) and not is_control(message):
            shown[CLIENT if layer.get("ws.direction") == "0" else SERVER][message] += 1
    return shown


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("change", [lost, repeated, late])
@pytest.mark.parametrize("name", RECORDINGS)
def test_mutants_in_layers(name, change, mode, passes):
    sent = {side: collections.Counter(message for entry in truth(name) if entry["direction"] == side
                                      and not is_control(message := told(entry))) for side in (CLIENT, SERVER)}
    opened = max(packets_matching(path_of(name), "ws.handshake.type"))
    path, count = mutants(name, change)
    layers = collections.defaultdict(list)
    for packet in dissect(path, *MODES[mode], *["-2"] * (passes - 1), layers="frame ip ws", shown="ws"):
        layers[packet.tree.get("ip.src")] += packet.ws
    for number in range(count):
        mine = layers.get(f"127.1.{number >> 8}.{number & 255}", [])
        what = f"packet {number + 1} {change.__name__}"
        shown = messages_of(mine)
        for side in (CLIENT, SERVER):
            assert not shown[side] - sent[side], f"{what}: the {side} did not send {list(shown[side] - sent[side])[:3]}"
        assert [violation for layer in mine for violation in layer.all("ws.violation")] == [], what
        whole = [side for side in (CLIENT, SERVER) if shown[side] == sent[side]]
        if change is repeated or (change is late and mode == "in_order" and number >= opened and "socks" not in name):
            assert whole == [CLIENT, SERVER], what
        elif number >= opened:
            assert whole, what
