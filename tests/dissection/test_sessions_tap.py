# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark -z ws,sessions[,FILTER]: a row for each connection."""

import re
import unicodedata

import pytest

from builder import KEY, Capture, close, ping, pong, request, response, text
from support import ROOT, WIRESHARK, fields, run, save, scratch, tshark

TITLES = ["Stream", "Client", "Server", "URL", "Subprotocol", "Start", "Duration", "Messages →", "Messages ←", "Bytes →", "Bytes ←",
          "Ratio", "RTT", "Closed by", "Code", "Diagnosis"]
NUMBERS = {"Stream", "Start", "Duration", "Messages →", "Messages ←", "Bytes →", "Bytes ←", "Ratio", "RTT"}
CAPTURES = sorted(path.stem for path in (ROOT / "captures").glob("*.pcapng") if WIRESHARK >= (4, 6) or "http3" not in path.stem)


def width(character):
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(line, begin, end):
    """The part of a line on a terminal."""
    at, part = 0, ""
    for character in line:
        if begin <= at < end:
            part += character
        at += width(character)
    return part.strip()


def sessions(path, *arguments, command="ws,sessions"):
    """[{title: cell}]: each cell stands under, or for numbers to the left under, its title."""
    title, head, *lines = tshark(path, "-q", "-z", command, *arguments).split("\n")[:-1]
    assert title.startswith("WebSocket sessions")
    assert re.split(r" {2,}", head.strip()) == TITLES
    begins, at = {}, 0
    for name in TITLES:
        at = head.index(name, at)
        begins[name] = at
        at += len(name)
    rows = []
    for line in lines:
        row = {}
        for number, name in enumerate(TITLES):
            if name in NUMBERS:
                begin = begins[TITLES[number - 1]] + len(TITLES[number - 1]) if number else 0
                if number and TITLES[number - 1] not in NUMBERS:  # what stands at the left there may be longer than its title
                    begin = begins[name] - 12
                row[name] = cut(line, begin, begins[name] + len(name)).split("  ")[-1].strip()
            else:
                follows = [begins[other] for other in TITLES[number + 1:]]
                row[name] = cut(line, begins[name], follows[0] if follows else 10000).split("  ")[0].strip()
        rows.append(row)
    return rows


def path_of(name):
    copy = scratch() / f"{name}.pcapng"
    if not copy.exists():
        copy.write_bytes((ROOT / "captures" / f"{name}.pcapng").read_bytes())
        copy.chmod(0o644)
    return copy


OF_FIELDS = {"Messages →": "ws.session.messages.client", "Messages ←": "ws.session.messages.server",
             "Bytes →": "ws.session.bytes.client", "Bytes ←": "ws.session.bytes.server"}


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("name", CAPTURES)
def test_rows_say_what_the_summaries_say(name, passes):
    path = path_of(name)
    rows = {row["Stream"]: row for row in sessions(path, *passes)}
    told = fields(path, ["ws.stream", "ws.session.duration", *OF_FIELDS.values()], "-2", shown="ws.session.state")
    assert rows
    for streams, durations, *numbers in told:
        row = rows[streams[-1]]
        assert [row[title] or "0" for title in OF_FIELDS] == [(number or ["0"])[0] for number in numbers]
        if passes:
            assert float(row["Duration"]) == pytest.approx(float(durations[0]), abs=0.00051)


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_cells(passes):
    capture = Capture(step=0.0015)
    tcp = capture.tcp().upgrade(path="/orders", offer=[("Sec-WebSocket-Protocol", "chat")], accept=[("Sec-WebSocket-Protocol", "chat")])
    tcp.client(text("naïve", mask=KEY)).server(ping(b"t")).client(pong(b"t", mask=KEY)).sleep(2)
    tcp.server(close(1011, "gone")).client(close(1011, mask=KEY)).fin("server")
    capture.tcp(server=("10.0.0.9", 8080)).syn().client(request("/x")).server(response(status="403 Forbidden", omit=["Upgrade", "Connection"])).fin()
    capture.tcp(ip=6).upgrade().server(text("still open"))
    rows = sessions(save(capture), *passes)
    assert rows[0] == {
        "Stream": "0", "Client": "10.0.0.1:50000", "Server": "10.0.0.2:80", "URL": "ws://example.com/orders", "Subprotocol": "chat",
        "Start": "0.004" if passes else rows[0]["Start"], "Duration": rows[0]["Duration"], "Messages →": "1", "Messages ←": "0",
        "Bytes →": "6", "Bytes ←": "0", "Ratio": "", "RTT": "1.5 ms", "Closed by": "Server", "Code": "1011 Internal Error",
        "Diagnosis": "server_error"}
    assert 2 < float(rows[0]["Duration"]) < 2.02
    refused = rows[1]
    assert (refused["Server"], refused["URL"], refused["Closed by"], refused["Diagnosis"]) == (
        "10.0.0.9:8080", "ws://example.com/x", "", "forbidden")
    assert rows[2]["Client"].startswith("[") and rows[2]["Closed by"] == "Nobody" and rows[2]["Bytes ←"] == "10"


def test_filter():
    capture = Capture()
    for path in ("/one", "/two", "/three"):
        capture.tcp().upgrade(path=path).server(text("x"))
    path = save(capture)
    assert [row["URL"] for row in sessions(path, command='ws,sessions,ws.stream in {0, 2}')] == ["ws://example.com/one", "ws://example.com/three"]
    assert sessions(path, command="ws,sessions,ws.close.code") == []
    done = run("tshark", "-q", "-r", path, "-z", "ws,sessions,ws.stream ==", check=False)
    assert done.returncode == 1 and b"ilter" in done.stderr and done.stdout == b""


def test_hostile_names_stay_in_their_cells():
    capture = Capture()
    for odd in ("/\x1b[31m\x07", "/\u202eabc", "/\u2028x", "/世界", "/" + "x" * 3000, "/\udcff".encode("utf-8", "surrogateescape").decode("latin-1")):
        capture.tcp().upgrade(path=odd, offer=[("Sec-WebSocket-Protocol", odd)], accept=[("Sec-WebSocket-Protocol", odd)]).server(close(1000))
    out = tshark(save(capture), "-q", "-z", "ws,sessions")
    assert len(out.split("\n")) == 2 + 6 + 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029]", out)
    assert {row["Closed by"] for row in sessions(save(capture))} == {"Server"}


def table(path, *arguments, command="ws,session_table"):
    """[{title: cell}] of the GUI's table, as tshark prints such."""
    lines = tshark(path, "-q", "-z", command, *arguments).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Stream |"))
    assert [cell.strip() for cell in lines[head].split("|")[:-1]] == TITLES
    return [dict(zip(TITLES, (cell.strip() for cell in line.split("|")))) for line in lines[head + 1:] if line.count("|") == len(TITLES)]


@pytest.mark.parametrize("name", CAPTURES)
def test_the_table_of_the_gui_says_the_same(name):
    path = path_of(name)
    rows = tshark(path, "-q", "-z", "ws,sessions").splitlines()[2:]
    assert [[word for cell in row.values() for word in cell.split()] for row in table(path)] == [row.split() for row in rows]


def test_the_table_takes_a_filter():
    path = path_of("nginx-failing")
    assert [row["Stream"] for row in table(path, command="ws,session_table,ws.stream in {1,4}")] == ["1", "4"]
