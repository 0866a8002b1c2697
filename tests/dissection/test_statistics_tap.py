# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark -z ws,tree, -z conv,ws and -z endpoints,ws."""

import re

import pytest

from builder import KEY, Capture, Deflater, close, frame, ping, pong, response, request, text
from support import packets_matching, save, tshark

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
PASSES = pytest.mark.parametrize("passes", [[], ["-2"]])


def sample():
    capture = Capture(step=0.002)
    tcp = capture.tcp().upgrade(offer=DEFLATE, accept=DEFLATE)
    tcp.client(text("x" * 100, mask=KEY)).server(frame(1, Deflater().message(b"y" * 2000), rsv=4))
    tcp.server(ping(b"t")).client(pong(b"t", mask=KEY)).client(text("bare")).server(frame(3, b"z"))
    tcp.server(close(1011)).client(close(mask=KEY)).fin("server")
    capture.tcp().syn().client(request()).server(response(status="403 Forbidden", omit=["Upgrade", "Connection"])).fin()
    capture.tcp(ip=6).upgrade().server(text("open"))
    return save(capture)


def tree(path, *arguments, command="ws,tree"):
    """{(branch, item): (count, average)}."""
    found, branch = {}, ""
    for line in tshark(path, "-q", "-z", command, *arguments).splitlines():
        cells = re.match(r"( ?)(\S.*?)  +([0-9]+)  +([0-9.]+|-)?", line)
        if cells:
            branch = branch if cells[1] else cells[2]
            found[branch, cells[2] if cells[1] else ""] = int(cells[3]), cells[4]
    return found


@PASSES
def test_tree(passes):
    found = tree(sample(), *passes)
    counts = {key: count for key, (count, _) in found.items()}
    assert counts["Connections", ""] == 2
    assert {item: count for (branch, item), count in counts.items() if branch == "Handshakes" and item} == {
        "Requests": 3, "Responses with status 101": 2, "Responses with status 403": 1}
    assert {item: count for (branch, item), count in counts.items() if branch == "Frames" and item} == {
        "Text": 4, "Close": 2, "Ping": 1, "Pong": 1, "Reserved opcode 3": 1}
    sizes = {item: count for (branch, item), count in counts.items() if branch == "Message size (bytes)"}
    assert (sizes[""], sizes["0-125"], sizes["1024-4095"], sizes["4096-65535"]) == (4, 3, 1, 0)
    assert {item: count for (branch, item), count in counts.items() if branch == "Messages compressed" and item} == {
        "Compressed": 1, "Not compressed": 3}
    assert counts["Close codes", "1011 Internal Error"] == counts["Close codes", "None"] == 1
    assert counts["Violations", "client_unmasked"] == counts["Violations", "opcode_reserved"] == 1
    assert counts["Diagnoses", "server_error"] == counts["Diagnoses", "forbidden"] == 1
    assert float(found["Round-trip time (ms)", ""][1]) == pytest.approx(2, abs=0.01)


def test_each_row_is_there_once():
    """Of several values the mean."""
    tcp = Capture().tcp().upgrade()
    for seconds in (1, 2, 6):
        tcp.server(ping(b"x")).sleep(seconds - 0.001).client(pong(b"x", mask=KEY))
    lines = tshark(save(tcp.capture), "-q", "-z", "ws,tree").splitlines()
    rows = [re.split(r"  +", line)[:3] for line in lines if re.match(r"\S.*  [0-9]", line)]
    assert len({name for name, *_ in rows}) == len(rows)
    assert ["Round-trip time (ms)", "3", "3000.00"] in rows


def test_tree_of_a_filter():
    found = tree(sample(), command="ws,tree,ws.stream == 2")
    assert found["Connections", ""][0] == 1 and found["Frames", ""][0] == 1


@PASSES
def test_conversations(passes):
    out = tshark(sample(), "-q", "-z", "conv,ws", *passes)
    first = re.search(r"10\.0\.0\.1:50000 +<-> 10\.0\.0\.2:80 +(\d+) (\d+) bytes +(\d+) (\d+) bytes +(\d+) (\d+) bytes", out)
    server, client = 4, 4
    assert [int(first[i]) for i in (1, 3, 5)] == [server, client, server + client]
    assert int(first[4]) == 106 + 7 + 6 + 6  # the client's frames with their headers
    assert len(re.findall("<->", out)) == 2 and re.search(r"^\[.*\]:80 +<-> \[.*\]:\d+", out, re.M)


@PASSES
def test_endpoints(passes):
    out = tshark(sample(), "-q", "-z", "endpoints,ws", *passes)
    assert re.search(r"10\.0\.0\.2:80 +8 ", out) and re.search(r"10\.0\.0\.1:50000 +8 ", out)


def test_what_the_tables_filter_by():
    path = sample()
    first = packets_matching(path, 'ws.stream == 0')
    assert packets_matching(path, 'ws.endpoint=="10.0.0.1:50000" && ws.endpoint=="10.0.0.2:80"') == first
    assert packets_matching(path, 'ws.endpoint=="10.0.0.1:50000"') == first
    assert packets_matching(path, 'ws.endpoint contains "[" && ws.message.text') == packets_matching(path, "ws.stream == 2 && ws.message.text")


def test_streams_of_one_tcp_connection_are_apart():
    from test_recorded import path_of
    assert len(re.findall("<->", tshark(path_of("http2-cleartext"), "-q", "-z", "conv,ws"))) == 2
