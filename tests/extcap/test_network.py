# SPDX-License-Identifier: GPL-2.0-or-later
"""Two network namespaces with a bad line between them: packets are lost, doubled and overtake each other.

The line is a pair of TUN devices and a relay here, which works on kernels without tc's netem as well, and loses the
same packets in every run as far as the timing allows.
"""

import ctypes
import fcntl
import heapq
import os
import pathlib
import random
import select
import struct
import subprocess
import threading
import time

import pytest
from conftest import Live, packets, tshark

HERE = pathlib.Path(__file__).parent
NAMES = (f"wscap-a-{os.getpid()}", f"wscap-b-{os.getpid()}")
ADDRESSES = ("10.99.0.1", "10.99.0.2")


def tun(namespace):
    """A TUN device in that namespace, opened by a thread that goes there and ends."""
    opened = []

    def work():
        with open(f"/var/run/netns/{namespace}", encoding="ascii") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", b"line", 0x1001))  # TUNSETIFF: IFF_TUN, IFF_NO_PI
        opened.append(descriptor)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return opened[0]


class Line(threading.Thread):
    """Carries packets between two devices, badly."""

    def __init__(self, ends, loss, doubled, late):
        super().__init__()
        self.ends, self.loss, self.doubled, self.late = ends, loss, doubled, late
        self.random, self.running, self.lost, self.overtaken = random.Random(1), True, 0, 0

    def run(self):
        waiting, count = [], 0
        while self.running or waiting:
            timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.05
            for end in select.select(self.ends, [], [], min(timeout, 0.05))[0]:
                data = os.read(end, 65536)
                other = self.ends[1 - self.ends.index(end)]
                if self.random.random() < self.loss:
                    self.lost += 1
                    continue
                is_late = self.random.random() < self.late
                self.overtaken += is_late
                for _ in range(2 if self.random.random() < self.doubled else 1):
                    count += 1
                    heapq.heappush(waiting, (time.monotonic() + 0.001 + 0.006 * is_late, count, other, data))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, to, data = heapq.heappop(waiting)
                os.write(to, data)


@pytest.fixture
def line():
    for name in NAMES:
        subprocess.run(["ip", "netns", "add", name], check=True)
    line = None
    try:
        ends = [tun(name) for name in NAMES]
        for name, own, other in zip(NAMES, ADDRESSES, ADDRESSES[::-1]):
            subprocess.run(["ip", "-n", name, "address", "add", own, "peer", other, "dev", "line"], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", "line", "mtu", "1300", "up"], check=True)
        line = Line(ends, loss=0.02, doubled=0.02, late=0.05)
        line.start()
        yield line
    finally:
        if line:
            line.running = False
            line.join()
            for end in line.ends:
                os.close(end)
        for name in NAMES:
            subprocess.run(["ip", "netns", "delete", name], check=True)


def streams(path):
    """{both ports: packets} of port 4000."""
    found = {}
    for packet in packets(path):
        ports = packet.data[20:22], packet.data[22:24]
        if (4000).to_bytes(2, "big") in ports:
            found.setdefault(ports, []).append(packet.data)
    return found


def test_loss_duplication_and_reordering(line, home, tmp_path):
    inside = ["ip", "netns", "exec"]
    path, everything = home / "out.pcapng", tmp_path / "all.pcapng"
    server = subprocess.Popen([*inside, NAMES[1], "/usr/bin/python3", HERE / "peer.py", "server", ADDRESSES[1]], stdout=subprocess.PIPE)
    dumpcap = subprocess.Popen([*inside, NAMES[1], "dumpcap", "-q", "-i", "line", "-w", everything], stderr=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"ready\n"
        assert b"File:" in dumpcap.stderr.readline() + dumpcap.stderr.readline()
        with Live("-i", "line", "-w", path, prefix=[*inside, NAMES[1]]) as live:
            subprocess.run([*inside, NAMES[0], "/usr/bin/python3", HERE / "peer.py", "client", ADDRESSES[1], "6", "25"],
                           check=True, timeout=100)
            time.sleep(0.5)
            assert live.stop() == 0
    finally:
        server.kill()
        server.communicate()
        dumpcap.terminate()
        dumpcap.communicate()
    assert line.lost > 5 and line.overtaken > 20  # it was a bad line indeed
    summary = live.summary()
    assert summary["websockets"] == 6 and summary["dropped"] == 0
    # What dumpcap alone saw of the WebSocket port, bit by bit, in the order of each stream: two processors may hand the packets of
    # two streams to two captures in different orders.
    expected, kept = streams(everything), streams(path)
    assert expected.keys() == kept.keys() and len(kept) == 2 * 6
    assert all(sent == expected[stream][:len(sent)] for stream, sent in kept.items())
    assert sum(map(len, expected.values())) - sum(map(len, kept.values())) < 20  # dumpcap ran a little longer
    os.chmod(path, 0o644)
    texts = tshark(home, "-r", path, "-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==4000,http",
                   "-Y", "websocket.payload.text", "-T", "fields", "-e", "websocket.payload.text")
    assert texts.count("connection ") == 6 * 25 * 2
