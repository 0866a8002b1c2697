# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the wscap that was built: WSCAP names it, else it is in WS_BUILD_DIR, else in build/. Root and a kernel with TUN are needed."""

import collections
import ctypes
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "dissection"))  # builder.py, which makes captures

WSCAP = os.environ.get("WSCAP", os.path.join(os.environ.get("WS_BUILD_DIR", str(ROOT / "build")), "extcap", "wscap"))
PLUGINS = str(pathlib.Path(WSCAP).parents[1] / "plugins")
ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

Packet = collections.namedtuple("Packet", "time data length")


@pytest.fixture(scope="session", autouse=True)
def own_network():
    """A network namespace of its own: a loopback that nobody else talks on, and an eth0 that leads nowhere."""
    assert os.path.exists(WSCAP), f"{WSCAP} is not there: build it, or set WS_BUILD_DIR"
    assert os.geteuid() == 0, "these tests capture and make network namespaces: run them as root"
    new_network = 0x40000000  # CLONE_NEWNET
    if ctypes.CDLL(None, use_errno=True).unshare(new_network):
        raise OSError(ctypes.get_errno(), "unshare")
    for words in ("link set lo up", "link add eth0 type veth peer name eth1", "link set eth0 up"):
        subprocess.run(["ip", *words.split()], check=True)


@pytest.fixture
def home(tmp_path):
    """A home of the ordinary user, without any preferences."""
    path = tmp_path / "home"
    path.mkdir()
    open_to_all(path)
    os.chown(path, 65534, 65534)
    return path


def open_to_all(path):
    """Lets ordinary users reach a folder of pytest's, which are root's alone."""
    for folder in [path, *path.parents]:
        if not any(part.startswith("pytest-") for part in folder.parts):
            break
        os.chmod(folder, 0o755)


def run(*words, check=True, **options):
    """Runs wscap to its end."""
    done = subprocess.run([WSCAP, *map(str, words)], capture_output=True, timeout=60, **options)
    if check:
        assert done.returncode == 0, done.stderr.decode()
    return done


def tshark(home, *words, plugin=False, **options):
    """What tshark prints, run as an ordinary user."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    if plugin:
        environment["WIRESHARK_PLUGIN_DIR"] = PLUGINS
    done = subprocess.run([*ORDINARY, "tshark", *map(str, words)], env=environment, capture_output=True,
                          timeout=60, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def packets(path):
    """The packets of a pcap or pcapng file, read by nobody else's code: (time in ns, bytes, length on the wire)."""
    data = pathlib.Path(path).read_bytes()
    return list(pcapng_packets(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else pcap_packets(data))


def pcap_packets(data):
    nano = data[:4] == b"\x4d\x3c\xb2\xa1"
    at = 24
    while at < len(data):
        seconds, fraction, captured, length = struct.unpack_from("<IIII", data, at)
        assert at + 16 + captured <= len(data), "cut short"
        yield Packet(seconds * 10**9 + fraction * (1 if nano else 1000), data[at + 16:at + 16 + captured], length)
        at += 16 + captured


def blocks(data):
    """(type, body) of each block; asserts that they are whole."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size >= 12 and at + size <= len(data), "cut short"
        assert struct.unpack_from("<I", data, at + size - 4) == (size,)
        yield kind, data[at + 8:at + size - 4]
        at += size


def pcapng_packets(data):
    ticks = []
    for kind, body in blocks(data):
        if kind == 0x0A0D0D0A:
            ticks = []
        elif kind == 1:
            resolution, at = 6, 8
            while at + 4 <= len(body):
                code, length = struct.unpack_from("<HH", body, at)
                if code == 9:
                    resolution = body[at + 4]
                at += 4 + (length + 3) // 4 * 4
            ticks.append(10 ** (9 - resolution))
        elif kind == 6:
            interface, high, low, captured, length = struct.unpack_from("<IIIII", body)
            yield Packet((high << 32 | low) * ticks[interface], body[20:20 + captured], length)


def secrets(path):
    """The key log lines in a pcapng file."""
    return b"".join(body[8:8 + struct.unpack_from("<I", body, 4)[0]]
                    for kind, body in blocks(pathlib.Path(path).read_bytes()) if kind == 10).decode()


class Live:
    """A wscap that captures; ready when entered, ended by SIGINT when left."""

    def __init__(self, *words, prefix=(), ready=b"capturing on", environment=None):
        self.process = subprocess.Popen([*prefix, WSCAP, *map(str, words)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.ready, self.errors, self.output = ready, b"", b""

    def __enter__(self):
        os.set_blocking(self.process.stderr.fileno(), False)
        deadline = time.monotonic() + 10
        while self.ready not in self.errors:
            assert time.monotonic() < deadline and self.process.poll() is None, self.errors
            self.errors += self.process.stderr.read() or b""
            time.sleep(0.01)
        os.set_blocking(self.process.stderr.fileno(), True)
        return self

    def stop(self, number=signal.SIGINT):
        """Ends it once the last packets had time to arrive; returns its exit status."""
        time.sleep(0.3)
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self, timeout=20):
        output, errors = self.process.communicate(timeout=timeout)
        self.output += output or b""
        self.errors += errors or b""
        return self.process.returncode

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def summary(self):
        """The numbers of the summary."""
        text = self.errors.decode()
        numbers = re.search(r"(\d+) packets captured, (\d+) kept, (\d+) dropped by the kernel\n"
                            r"wscap: (\d+) connections seen, (\d+) WebSocket connections kept", text)
        assert numbers, text
        return dict(zip(("packets", "kept", "dropped", "seen", "websockets"), map(int, numbers.groups())))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


@pytest.fixture
def scratch():
    """A small file system of its own, which can be filled."""
    path = pathlib.Path("/tmp") / f"wscap-scratch-{os.getpid()}"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)
    shutil.rmtree(path)
