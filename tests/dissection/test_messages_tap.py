# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark -z ws,messages[,FILE][,FILTER]: a JSON object a line."""

import base64
import hashlib
import json

import pytest

from builder import KEY, Capture, Deflater, binary, close, frame, ping, pong, text
from support import CLIENT, SERVER, run, save, scratch, tshark
from test_recorded import NAMES, path_of, told, truth

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]


def messages(path, *arguments, command="ws,messages"):
    return [json.loads(line) for line in tshark(path, "-q", "-z", command, *arguments).split("\n")[:-1]]


def content(line):
    return line["text"].encode() if "text" in line else base64.b64decode(line["base64"])


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("name", NAMES)
def test_messages_of_real_software(name, passes):
    entries, lines = truth(name), messages(path_of(name), *passes)
    assert {line["stream"] for line in lines} == {entry["stream"] for entry in entries}
    for stream, side in {(entry["stream"], entry["direction"]) for entry in entries}:
        listed = [told(entry) for entry in entries if (entry["stream"], entry["direction"]) == (stream, side)]
        seen = []
        for line in lines:
            if (line["stream"], line["direction"]) != (stream, side):
                continue
            data = (line.get("code"), line.get("reason", "")) if line["type"] == "close" else content(line)
            if line["type"] in ("text", "binary") and len(data) > 256:
                data = len(data), hashlib.sha256(data).hexdigest()
            seen.append((line["type"], data, line.get("frames", 1)))
        kinds = {kind for kind, _, _ in listed}
        assert sorted(map(str, (one for one in seen if one[0] not in ("pong", "close") or one[0] in kinds))) == sorted(map(str, listed))


def talk():
    capture = Capture(step=0.0015)
    tcp = capture.tcp().upgrade(path="/orders?id=1", offer=DEFLATE + [("Sec-WebSocket-Protocol", "a, b")],
                                accept=DEFLATE + [("Sec-WebSocket-Protocol", "b")])
    tcp.client(text("naïve", mask=KEY)).server(frame(1, b"one ", fin=False))
    tcp.server(ping(b"tick") + frame(0, b"two")).client(pong(b"tick", mask=KEY))
    tcp.server(frame(2, Deflater().message(b"\x00" * 1000), rsv=4))
    tcp.server(close(1011, "db \x1b pool")).client(close(1011, mask=KEY)).fin("server")
    return save(capture)


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_what_a_line_tells(passes):
    common = {"stream": 0, "url": "ws://example.com/orders?id=1", "client": "10.0.0.1:50000", "server": "10.0.0.2:80"}
    lines = messages(talk(), *passes)
    assert all(common.items() <= line.items() for line in lines)
    own = [{key: value for key, value in line.items() if key not in common and key != "time"} for line in lines]
    assert own[:4] == [
        {"frame": 6, "direction": "client", "type": "text", "text": "naïve", "length": 6, "wire_length": 6, "compressed": False,
         "frames": 1, "subprotocol": "b"},
        {"frame": 8, "direction": "server", "type": "ping", "text": "tick", "length": 4},
        {"frame": 8, "direction": "server", "type": "text", "text": "one two", "length": 7, "wire_length": 7, "compressed": False,
         "frames": 2, "subprotocol": "b"},
        {"frame": 9, "direction": "client", "type": "pong", "text": "tick", "length": 4, "rtt": 0.0015}]
    assert base64.b64decode(own[4].pop("base64")) == b"\x00" * 1000
    assert own[4].pop("wire_length") < 30 and own[4] == {
        "frame": 10, "direction": "server", "type": "binary", "length": 1000, "compressed": True, "frames": 1, "subprotocol": "b"}
    assert own[5:] == [{"frame": 11, "direction": "server", "type": "close", "code": 1011, "reason": "db \x1b pool", "length": 11},
                       {"frame": 12, "direction": "client", "type": "close", "code": 1011, "length": 2}]


def test_times_are_whole_nanoseconds():
    out = tshark(talk(), "-T", "fields", "-e", "frame.time_epoch", "-Y", "ws.close.code").split()
    lines = tshark(talk(), "-q", "-z", "ws,messages,ws.close.code").splitlines()
    assert [line.split('"time":')[1].split(",")[0] for line in lines] == out


def test_file_and_filter():
    path, folder = talk(), scratch() / "messages"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    alone = messages(path, command="ws,messages,ws.opcode in {8, 9}")
    assert {line["frame"] for line in alone} == {8, 11, 12}
    for given in (f"{folder}/all", f"{folder}/some,ws.close.code && frame.number in {{1..11}}"):
        assert tshark(path, "-q", "-z", f"ws,messages,{given}") == ""
    assert [json.loads(line) for line in (folder / "all").read_text().splitlines()] == messages(path)
    assert [json.loads(line)["code"] for line in (folder / "some").read_text().splitlines()] == [1011]
    assert messages(path, command="ws,messages,-,ws.close.code") == messages(path, command="ws,messages,ws.close.code")


@pytest.mark.parametrize(("given", "says"), [("/nowhere/file", "cannot be written"), ("-,ws.opcode ==", "ilter"),
                                             ("-,no.such.field", "no.such.field")])
def test_what_cannot_be_done_is_said(given, says):
    done = run("tshark", "-q", "-r", talk(), "-z", f"ws,messages,{given}", check=False)
    assert done.returncode == 1 and says in done.stderr.decode() and done.stdout == b""


def test_a_full_disk_is_said():
    done = run("tshark", "-q", "-r", talk(), "-z", "ws,messages,/dev/full", check=False)
    assert "could not be written" in done.stderr.decode()


def test_holes_and_faults():
    capture = Capture()
    tcp = capture.tcp().upgrade(offer=DEFLATE, accept=DEFLATE)
    tcp.server(text("before")).server(text("lost"), drop=True).server(frame(1, b"\xff\xff\xff", rsv=4))
    tcp.client(frame(1, b"un", fin=False)).client(frame(0, b"masked", mask=KEY)).client(text(b"\xff\x00", mask=KEY))
    tcp.client(text("nul\0", mask=KEY)).client(frame(11, b"odd", mask=KEY)).client(close(1000, b"\xff".decode("latin-1"), mask=KEY))
    lines = [{key: value for key, value in line.items() if key in ("type", "text", "base64", "undecoded", "violations", "length", "reason", "opcode")}
             for line in messages(save(capture))]
    assert lines[:3] == [{"type": "text", "text": "before", "length": 6}, {"type": "missing", "undecoded": "gap", "length": 6},
                         {"type": "missing", "undecoded": "gap", "length": 5}]  # nothing proves that it is a frame
    assert lines[3:] == [
        {"type": "text", "text": "unmasked", "length": 8, "violations": ["client_unmasked"]},
        {"type": "text", "base64": base64.b64encode(b"\xff\x00").decode(), "length": 2, "violations": ["text_not_utf8"]},
        {"type": "text", "text": "nul\0", "length": 4},
        {"type": "reserved", "opcode": 11, "text": "odd", "length": 3, "violations": ["opcode_reserved"]},
        {"type": "close", "reason": "ÿ", "length": 4}]


def test_hostile_names():
    """Whatever the names are, a line is a line of JSON."""
    capture = Capture()
    odd = 'a"b\\c</script>\u2028\x7f'
    tcp = capture.tcp().upgrade(path="/" + odd.replace(" ", "") + "x" * 5000, offer=[("Sec-WebSocket-Protocol", odd)],
                                accept=[("Sec-WebSocket-Protocol", odd)])
    tcp.client(text(odd, mask=KEY)).server(binary(bytes(range(256)))).server(close(4000, odd[:20]))
    lines = messages(save(capture))
    assert [line["type"] for line in lines] == ["text", "binary", "close"]
    assert lines[0]["text"] == odd and content(lines[1]) == bytes(range(256))
