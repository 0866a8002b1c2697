# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark -z ws,har,FILE[,FILTER]: an HTTP Archive with the messages of each connection."""

import base64
import datetime
import hashlib
import json
import os
import tempfile

import pytest

from builder import KEY, Capture, binary, close, frame, ping, pong, request, response, text
from support import CLIENT, NOBODY, SERVER, run, save, scratch, tshark
from test_recorded import NAMES, path_of, told, truth

# The members that HAR 1.2 asks for.
ENTRY = {"startedDateTime", "time", "request", "response", "cache", "timings"}
REQUEST = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
RESPONSE = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"}


def archive(path, *arguments, display_filter=""):
    folder = tempfile.mkdtemp(dir=scratch())
    os.chown(folder, NOBODY, NOBODY)
    assert tshark(path, "-q", "-z", f"ws,har,{folder}/x.har{display_filter}", *arguments) == ""
    assert os.listdir(folder) == ["x.har"]
    with open(f"{folder}/x.har", encoding="utf-8") as file:
        log = json.load(file)["log"]
    assert log["version"] == "1.2" and {"name", "version"} == set(log["creator"])
    for entry in log["entries"]:
        assert ENTRY < set(entry) and REQUEST == set(entry["request"]) and RESPONSE == set(entry["response"])
        assert entry["_resourceType"] == "websocket" and {"size", "mimeType"} == set(entry["response"]["content"])
        assert all(set(header) == {"name", "value"} for half in ("request", "response") for header in entry[half]["headers"])
        datetime.datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00"))
    return log["entries"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("name", NAMES)
def test_messages_of_real_software(name, passes):
    entries = {entry["_wsStream"]: entry for entry in archive(path_of(name), *passes)}
    listed = truth(name)
    assert set(entries) == {entry["stream"] for entry in listed}
    for stream, entry in entries.items():
        for kind, side in (("send", CLIENT), ("receive", SERVER)):
            seen = []
            for message in entry["_webSocketMessages"]:
                if message["type"] == kind:
                    data = message["data"].encode() if message["opcode"] == 1 else base64.b64decode(message["data"])
                    seen.append(data if len(data) <= 256 else (len(data), hashlib.sha256(data).hexdigest()))
            assert seen == [told(one)[1] for one in listed
                            if (one["stream"], one["direction"]) == (stream, side) and one["type"] in ("text", "binary")]


def test_an_entry():
    capture = Capture(step=0.0015)
    tcp = capture.tcp().upgrade(path="/orders", offer=[("Origin", "https://example.com")])
    tcp.client(text("naïve", mask=KEY)).server(binary(b"\x00\xff")).server(ping(b"t")).client(pong(b"t", mask=KEY))
    tcp.client(text("bare")).server(text("lost"), drop=True).server(text("after")).server(close(1011)).fin("server")
    entry, = archive(save(capture))
    assert (entry["request"]["method"], entry["request"]["url"], entry["request"]["httpVersion"]) == (
        "GET", "ws://example.com/orders", "HTTP/1.1")
    assert {"name": "Origin", "value": "https://example.com"} in entry["request"]["headers"]
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (101, "Switching Protocols")
    assert entry["timings"]["wait"] == 1.5
    sent, received = entry["_webSocketMessages"][:2]
    assert (sent["type"], sent["opcode"], sent["data"]) == ("send", 1, "naïve")
    assert (received["type"], received["opcode"], received["data"]) == ("receive", 2, "AP8=")
    assert received["time"] - sent["time"] == pytest.approx(0.0015, abs=1e-6)
    assert [frame_["opcode"] for frame_ in entry["_wsControlFrames"]] == [9, 10, 8]
    assert entry["_wsControlFrames"][1]["rtt"] == 0.0015
    assert [hole["length"] for hole in entry["_wsMissing"]] == [6]
    assert [message.get("_wsViolations") for message in entry["_webSocketMessages"]] == [None, None, ["client_unmasked"], None]
    assert "server_error" in [found["name"] for found in entry["_wsDiagnoses"]]


def test_refused_and_unknown_handshakes_and_a_filter():
    capture = Capture()
    capture.tcp().syn().client(request("/x")).server(response(status="403 Forbidden", omit=["Upgrade", "Connection"])).fin()
    tcp = capture.tcp().upgrade(path="/y")
    tcp.server(text("x"))
    path = save(capture)
    refused, accepted = archive(path)
    assert refused["response"]["status"] == 403 and refused["_webSocketMessages"] == []
    assert [found["name"] for found in refused["_wsDiagnoses"]] == ["forbidden"]
    assert archive(path, display_filter=",ws.stream == 1") == [accepted]
    assert archive(path, display_filter=",ws.stream == 7") == []


def test_hostile_content():
    capture = Capture()
    odd = 'a"b\\c</script>\u2028\x7f'
    tcp = capture.tcp().upgrade(path="/" + odd, offer=[("X-Odd", odd), ("Cookie", "x" * 60000)])
    tcp.client(text(odd, mask=KEY)).server(text(b"\xff")).server(frame(1, b"\x00")).server(close(4000, odd[:20]))
    entry, = archive(save(capture))
    assert [message["data"] for message in entry["_webSocketMessages"]] == [odd, base64.b64encode(b"\xff").decode(), "\0"]


def test_a_file_is_needed():
    done = run("tshark", "-q", "-r", save(Capture().tcp().upgrade().capture), "-z", "ws,har", check=False)
    assert done.returncode == 1 and "FILE" in done.stderr.decode()
