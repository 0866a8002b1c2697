# SPDX-License-Identifier: GPL-2.0-or-later
"""Export Objects (tshark --export-objects ws,FOLDER) and Export PDUs (tshark -U "OSI layer 7")."""

import collections
import gzip
import hashlib
import os
import re
import tempfile

import pytest

from builder import KEY, Capture, Deflater, binary, frame, ping, text
from support import NOBODY, fields, run, save, scratch, tshark
from test_recorded import NAMES, path_of, told, truth

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]


def exported(path, *arguments):
    """{name: content}; nothing is written elsewhere."""
    outer = tempfile.mkdtemp(dir=scratch())
    folder = f"{outer}/objects"
    os.mkdir(folder)
    for one in (outer, folder):
        os.chown(one, NOBODY, NOBODY)
    tshark(path, "-q", "--export-objects", f"ws,{folder}", *arguments)
    assert os.listdir(outer) == ["objects"]
    return {name: open(f"{folder}/{name}", "rb").read() for name in os.listdir(folder)}


@pytest.mark.parametrize("passes", [[], ["-2"]])
@pytest.mark.parametrize("name", NAMES)
def test_objects_of_real_software(name, passes):
    listed = collections.defaultdict(list)
    for entry in truth(name):
        if entry["type"] in ("text", "binary"):
            listed[entry["stream"], entry["direction"]].append(told(entry)[1])
    seen = collections.defaultdict(list)
    for file, data in sorted(exported(path_of(name), *passes).items()):
        stream, side, number = re.fullmatch(r"stream(\d+)-(client|server)-(\d{6})\.\w+", file).groups()
        seen[int(stream), side].append(data if len(data) <= 256 else (len(data), hashlib.sha256(data).hexdigest()))
        assert int(number) == len(seen[int(stream), side])
    assert seen == listed


def test_the_content_makes_the_name():
    capture = Capture()
    tcp = capture.tcp().upgrade(path="/../../etc/passwd", offer=DEFLATE, accept=DEFLATE)
    contents = [(text, b'{"a": [1]}', "json"), (text, b'{"a": [1}', "txt"), (text, b"plain", "txt"), (binary, b"\x89PNG\r\n\x1a\n...", "png"),
                (binary, b"\xff\xd8\xff\xe0..", "jpg"), (binary, b"%PDF-1.7", "pdf"), (binary, gzip.compress(b"x"), "gz"),
                (binary, b"\0asm\1", "wasm"), (binary, b"\0as", "bin"), (binary, b"", "bin"), (text, b"", "txt"), (text, b"\xff", "bin")]
    for make, content, _ in contents:
        tcp.server(make(content))
    tcp.server(frame(1, Deflater().message(b"in", b"flated"), rsv=4)).server(ping(b"no object")).server(frame(1, b"\xff", rsv=4))
    names = exported(save(capture))
    assert names == {f"stream0-server-{number:06}.{extension}": content for number, (_, content, extension) in enumerate(contents, 1)} | {
        f"stream0-server-{len(contents) + 1:06}.txt": b"inflated"}


def test_many_objects():
    """Wireshark itself stops telling equal names apart after 1,000."""
    capture = Capture(segmentation="coalesced")
    tcp = capture.tcp().upgrade()
    tcp.server(b"".join(text(f"message {i}") for i in range(1, 10001)))
    found = exported(save(capture, segmentation=1400))
    assert len(found) == 10000 and found["stream0-server-010000.txt"] == b"message 10000"


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_pdus(passes):
    capture = Capture()
    offer = [("Sec-WebSocket-Protocol", "mqtt")]
    capture.tcp().upgrade(offer=offer, accept=offer).client(binary(bytes.fromhex("c000"), mask=KEY)).server(binary(bytes.fromhex("d000")))
    capture.tcp().upgrade().server(text('{"b": 1}')).client(text("plain", mask=KEY)).server(frame(2, b"\1\2", fin=False) + ping() + frame(0, b"\3"))
    out = f"{scratch()}/pdus-{len(passes)}.pcapng"
    open(out, "w").close()
    os.chmod(out, 0o666)
    run("tshark", "-r", save(capture), "-U", "OSI layer 7", "-w", out, *passes)
    rows = fields(out, ["frame.protocols", "exported_pdu.ipv4_src", "exported_pdu.src_port"], shown="frame")
    assert [row[0][0].split(":")[-1] for row in rows] == ["mqtt", "mqtt", "json", "data-text-lines", "data"]
    assert [row[1:] for row in rows][:2] == [[["10.0.0.1"], ["50000"]], [["10.0.0.2"], ["80"]]]
    assert fields(out, ["data.data"], shown="data") == [[["010203"]]]
