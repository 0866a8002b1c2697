# SPDX-License-Identifier: GPL-2.0-or-later
"""--split: whole connections in each part, balanced, nothing lost."""

import collections
import os
import random
import subprocess

import pytest
from builder import Capture, text
from conftest import ORDINARY, packets, run, tshark


def many_connections(path, count=40):
    random.seed(4)
    capture = Capture()
    connections = []
    for number in range(count):
        tcp = capture.tcp(client=("10.0.0.1", 20000 + number))
        if number % 5 == 4:
            tcp.syn().client(b"\0" * 200)
        else:
            tcp.upgrade()
        connections.append(tcp)
    for _ in range(1500):
        number = random.randrange(count)
        if number % 5 != 4:
            connections[number].server(text("x" * random.randrange(10, 100 * (number + 1) % 900 + 20)))
    for tcp in connections:
        tcp.fin()
    capture.write(path)


def client_port(packet):
    return max(int.from_bytes(packet.data[34:36], "big"), int.from_bytes(packet.data[36:38], "big"))


@pytest.mark.parametrize("words", [[], ["--all"]])
@pytest.mark.parametrize("parts", [1, 4, 7])
def test_whole_connections_balanced_and_nothing_lost(tmp_path, words, parts):
    many_connections(tmp_path / "in.pcap")
    run("-r", tmp_path / "in.pcap", *words, "-w", tmp_path / "whole.pcapng")
    run("-r", tmp_path / "in.pcap", *words, "--split", parts, "-w", tmp_path / "part.pcapng")
    files = sorted(tmp_path.glob("part_*"))
    assert [file.name for file in files] == [f"part_{number:05}.pcapng" for number in range(1, parts + 1)]
    whole = packets(tmp_path / "whole.pcapng")
    where = collections.defaultdict(set)
    sizes = []
    for file in files:
        part = packets(file)
        sizes.append(sum(len(packet.data) for packet in part))
        for packet in part:
            where[client_port(packet)].add(file)
        # In the order of the capture, bit by bit: the part is what remains of the whole without the others' ports.
        ports = {client_port(packet) for packet in part}
        assert part == [packet for packet in whole if client_port(packet) in ports]
    assert sum(map(len, map(packets, files))) == len(whole)
    assert all(len(files) == 1 for files in where.values())
    assert len(where) == (40 if words else 32)
    assert max(sizes) - min(sizes) < 0.1 * max(sizes)


def test_more_parts_than_connections(tmp_path):
    many_connections(tmp_path / "in.pcap", 2)
    run("-r", tmp_path / "in.pcap", "--split", 5, "-w", tmp_path / "part.pcapng")
    assert sorted(bool(packets(file)) for file in tmp_path.glob("part_*")) == [False] * 3 + [True] * 2


def test_truncated_input(tmp_path):
    many_connections(tmp_path / "in.pcap")
    data = (tmp_path / "in.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(data[:len(data) // 2 + 1])
    done = run("-r", tmp_path / "cut.pcap", "--split", 3, "-w", tmp_path / "part.pcapng", check=False)
    assert done.returncode == 1 and b"what came before is kept" in done.stderr
    run("-r", tmp_path / "cut.pcap", "-w", tmp_path / "whole.pcapng", check=False)
    assert sum(len(packets(file)) for file in tmp_path.glob("part_*")) == len(packets(tmp_path / "whole.pcapng")) > 100


def test_parts_decode_to_the_same_messages_as_the_whole(tmp_path, home):
    """As docs/scale.md shows: tshark on each part, by GNU parallel, joined by sort."""
    many_connections(home / "in.pcap")
    words = ["-Y", "websocket.payload.text", "-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.srcport",
             "-e", "tcp.dstport", "-e", "websocket.payload.text"]
    whole = tshark(home, "-r", home / "in.pcap", *words)
    os.chmod(home, 0o777)
    run("-r", home / "in.pcap", "--split", 3, "-w", home / "part.pcapng", "-Z", "root")
    parts = sorted(home.glob("part_*"))
    for part in parts:
        part.chmod(0o644)
    joined = subprocess.run([*ORDINARY, "parallel", "--keep-order", "-j", "2", "tshark", "-r", "{}", *words, ":::", *parts],
                            env={"HOME": str(home), "PATH": os.environ["PATH"]}, capture_output=True, check=True)
    assert sorted(joined.stdout.decode().splitlines()) == sorted(whole.splitlines())
    assert whole.count("\n") > 1000
