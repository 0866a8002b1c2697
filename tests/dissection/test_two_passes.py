# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets in any order: a GUI reads the file once, then shows the packet that is clicked on.

sharkd keeps its packets as the GUI does. Each packet is asked for forwards, backwards and in a random order.
"""

import hashlib
import json
import random

import pytest

import test_control
import test_deflate
import test_handshake
import test_messages
import test_second_upgrade
import test_tls_records
import test_tunnels
import test_violations
from builder import KEY, TEXT, Capture, Deflater, binary, fragments, frame, ping, text
from support import dissect, packets_matching, run, save, tshark
from test_recorded import NAMES, path_of
from tls import with_secrets

MODULES = [(test_messages.cases, 7), (test_messages.cases, "bytes"), (test_deflate.cases, "coalesced"), (test_deflate.cases, 11),
           (test_deflate.matrix, 5000), (test_control.cases, "asis"), (test_handshake.cases, "coalesced"),
           (test_handshake.wider, 40), (test_violations.cases, "coalesced"), (test_violations.cases, 30),
           (test_second_upgrade.cases, "asis"), (test_second_upgrade.cases, 60), (test_tunnels.cases, "coalesced"),
           (test_tunnels.cases, 60), (test_tunnels.socks, "asis"), (test_tls_records.cases, "asis"),
           (test_tls_records.cases, 100), (test_tunnels.inside_tls, "asis")]
MOST = 250  # packets of each capture: enough of every kind


def parts(tree):
    """The ws layers of a packet as lines, the way tshark -V prints them."""
    def lines(nodes, depth):
        for node in nodes:
            label = node["l"]
            yield "    " * depth + (f"[{label}]" if node.get("g") else label)
            yield from lines(node.get("n", ()), depth + 1)
    return [line for layer in tree if layer.get("f") == "ws" for line in lines([layer], 0)]


def ask(path, numbers):
    """[(lines of the ws layers, Info, digest of all data sources)] of packets in the order asked for."""
    requests = [{"method": "load", "params": {"file": str(path)}}]
    requests += [{"method": "frame", "params": {"frame": n, "proto": True, "columns": True, "bytes": True}} for n in numbers]
    stdin = "".join(json.dumps({"jsonrpc": "2.0", "id": i, **request}) + "\n" for i, request in enumerate(requests, 1))
    answers = run("sharkd", "-", stdin=stdin.encode()).stdout.decode(errors="replace").splitlines()
    assert len(answers) == len(requests)
    results = [json.loads(answer, strict=False)["result"] for answer in answers[1:]]
    return [(parts(result["tree"]), result["col"][-1],
             hashlib.sha256(json.dumps([result["bytes"], result.get("ds")]).encode()).hexdigest()) for result in results]


def assert_any_order(path, numbers):
    shuffled = random.Random(6455).sample(numbers, len(numbers))
    orders = [numbers, numbers[::-1], shuffled, numbers]
    answers = ask(path, sum(orders, []))
    assert all(lines for lines, _, _ in answers)
    seen = {}
    for number, answer in zip(sum(orders, []), answers):
        assert seen.setdefault(number, answer) == answer, f"packet {number}"
    return [seen[number] for number in numbers]


@pytest.mark.parametrize("cases, segmentation", MODULES, ids=lambda value: str(value) if not hasattr(value, "functions") else "")
def test_built(cases, segmentation):
    path = with_secrets(save(cases.build()[0], segmentation))
    numbers = packets_matching(path, "ws")
    assert numbers
    assert_any_order(path, random.Random(7692).sample(numbers, min(MOST, len(numbers))))


@pytest.mark.parametrize("name", NAMES)
def test_recorded(name):
    path = path_of(name)
    assert_any_order(path, packets_matching(path, "ws"))


def test_is_what_tshark_shows():
    """tshark -2 prints the same tree and Info column."""
    path = save(test_messages.cases.build()[0])
    numbers = packets_matching(path, "ws")
    shown = assert_any_order(path, numbers)
    tree = tshark(path, "-2", "-Y", "ws", "-O", "ws", "-V").split("\n\n")
    printed = [[line for line in packet.splitlines() if not line.startswith(("Frame", "Ethernet", "Internet", "Transmission", "["))]
               for packet in tree if packet.strip()]
    assert [[line for line in lines if line[0] != "H"] for lines in printed] == [lines for lines, _, _ in shown]


def long_conversation():
    """Compressed messages with context, more than is kept between two snapshots of the window."""
    extension = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    capture = Capture()
    tcp = capture.tcp().upgrade(offer=extension, accept=extension)
    rng = random.Random(1951)
    deflater, messages, words = Deflater(), [], [rng.randbytes(40).hex().encode() for _ in range(300)]
    for i in range(400):
        message = b" ".join(rng.choices(words, k=100))
        messages.append(message)
        payload = deflater.message(message)
        if i % 3:
            tcp.server(binary(payload, rsv=4))
        else:
            tcp.server(b"".join(fragments(2, payload, [len(payload) // 2], rsv=4)))
    return save(capture, 30000), messages


def test_context_is_made_again():
    """A message is inflated again from the middle of the conversation."""
    path, messages = long_conversation()
    numbers = packets_matching(path, "ws.message.number")
    assert_any_order(path, numbers)
    found = [layer for packet in dissect(path, "-2") for layer in packet.ws if layer.get("ws.message.number")]
    assert [layer.message() for layer in found] == messages


def test_limit_of_one_message_in_any_order():
    """A message that is not shown, and those after it that refer to it, are the same each time."""
    extension = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    capture = Capture()
    tcp = capture.tcp().upgrade(offer=extension, accept=extension)
    deflater = Deflater()
    for size in (100, 20 << 20, 100, 200, 20 << 20):
        tcp.server(binary(deflater.message(b"x" * size), rsv=4)).client(ping(mask=KEY))
    tcp.server(text("begun", fin=False)).client(text("x", mask=KEY)).server(frame(0, b" and done"))
    tcp.server(b"".join(fragments(TEXT, b"abc", [1, 1])))
    path = save(capture)
    assert_any_order(path, packets_matching(path, "ws"))
