# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken input: no crash, no hang, bounded memory, and the rest of the file decodes."""

import random
import resource

import pytest

import test_control
import test_deflate
import test_frames
import test_handshake
import test_messages
import test_no_violation
import test_second_upgrade
import test_tunnels
import test_violations
from builder import BINARY, CONTINUATION, KEY, PING, TEXT, Capture, Deflater, binary, frame, request, response, text
from support import CLIENT, SERVER, run, save, scratch, streams
from test_recorded import CAPTURES, path_of

MODULES = [test_control.cases, test_deflate.cases, test_frames.cases, test_frames.huge, test_handshake.cases,
           test_handshake.halves, test_messages.cases, test_violations.cases, test_no_violation.good, test_second_upgrade.cases,
           test_tunnels.cases, test_tunnels.socks]
GOOD_PORT = 50000
DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]


def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def good_conversation(capture):
    """What must decode whatever came before it."""
    tcp = capture.tcp(client=("192.0.2.1", GOOD_PORT), server=("192.0.2.2", 8080))
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    tcp.client(text(Deflater().message(b"after all"), rsv=4, mask=KEY)).server(text("that"))


def assert_survives(path, *arguments):
    """Every packet is dissected, no dissector has a bug, and the good conversation is found."""
    done = run("tshark", "-r", path, "-V", *arguments, limit=bounded, strict=True)
    assert done.stdout
    found = [stream for stream in streams(path, *arguments, shown=f"tcp.port == {GOOD_PORT} and ip.src == 192.0.2.0/24 and ws")
             .values()]
    assert [(stream.messages(CLIENT), stream.messages(SERVER)) for stream in found] == [(["after all"], ["that"])]
    assert not found[0].all("ws.violation") and not found[0].all("ws.undecoded")


def mutate(data, rng):
    """Some bytes changed, lost, repeated or put in."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at, size = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 8])
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[at % len(data)] = rng.choice([0x00, 0x7E, 0x7F, 0x80, 0x88, 0xC1, 0xFE, 0xFF])
            case 2:
                del data[at:at + size]
            case 3:
                data[at:at] = rng.randbytes(size)
            case 4:
                data[at:at] = data[at:at + size]
            case _:
                del data[at:]
    return bytes(data)


def mutants(seed, each):
    """All conversations of the other modules, several times, with mistakes in what they send."""
    capture, rng = Capture(step=0.0001), random.Random(seed)
    for cases in MODULES:
        names = list(cases.functions)
        for name in rng.sample(names, min(each, len(names))):
            first = len(capture.sends)
            client = f"10.1.{len(capture.sends) >> 8 & 255}.1", 1024 + capture.connections
            cases.functions[name](capture.tcp(client, ("10.0.0.2", cases.options[name].get("server", ("", 80))[1])))
            for i in range(first, len(capture.sends)):
                tcp, side, flags, data, clock, options = capture.sends[i]
                # The handshake is left alone more often than not, so that there is something to dissect.
                if data and rng.random() < (0.1 if b"Sec-WebSocket" in data else 0.3):
                    data = mutate(data, rng)
                if data and rng.random() < 0.05:
                    options = options | rng.choice([{"drop": True}, {"duplicate": True}, {"late": 2}, {"snap": 60}])
                capture.sends[i] = tcp, side, flags, data, clock, options
    return capture


@pytest.mark.parametrize("seed, segmentation, passes", [(1, "asis", 1), (2, "coalesced", 2), (3, 13, 1), (4, "asis", 2), (5, 300, 2)])
def test_mutated_conversations(seed, segmentation, passes):
    capture = mutants(seed, 100)
    good_conversation(capture)
    assert_survives(save(capture, segmentation), *["-2"] * (passes - 1))


class Noise(Capture):
    """A capture with mistakes anywhere in its packets, their headers too."""

    def __init__(self, packets, seed):
        super().__init__()
        self.broken, rng = [], random.Random(seed)
        for time, packet, keep in packets:
            if rng.random() < 0.1:
                packet = mutate(packet, rng)
            if rng.random() < 0.05:
                keep = rng.randrange(len(packet) + 1)
            if rng.random() > 0.02:
                self.broken.append((time, packet, keep))

    def packets(self, segmentation=None):
        return self.broken + super().packets(segmentation)


@pytest.mark.parametrize("seed, passes", [(11, 1), (12, 2)])
def test_noise_in_packets(seed, passes):
    capture = Noise(mutants(seed, 50).packets(), seed)
    capture.clock = 1000
    good_conversation(capture)
    assert_survives(save(capture), *["-2"] * (passes - 1))


@pytest.mark.parametrize("name", CAPTURES)
def test_cut_files(name):
    """A capture file that ends anywhere."""
    data = path_of(name).read_bytes()
    rng = random.Random(name)
    for cut in rng.sample(range(200, len(data)), 2):
        path = scratch() / f"cut-{name}.pcapng"
        path.write_bytes(data[:cut])
        path.chmod(0o644)
        done = run("tshark", "-r", path, "-V", *rng.choice([[], ["-2"]]), limit=bounded, strict=True, check=False)
        assert done.returncode == 0 or (done.returncode > 0 and b"cut short" in done.stderr), done.stderr.decode()


def test_every_snap_length():
    """Packets cut after each number of bytes."""
    capture = Capture()
    for snap in range(14, 250, 3):
        tcp = capture.tcp()
        tcp.syn().client(request(headers=DEFLATE), snap=snap).server(response(headers=DEFLATE), snap=snap)
        tcp.client(text("Hello" * 30, mask=KEY), snap=snap).server(text(Deflater().message(b"Hello"), rsv=4), snap=snap)
        tcp.client(text("Hello", mask=KEY), snap=snap).server(text("Hello"), snap=snap)
    good_conversation(capture)
    path = save(capture)
    assert_survives(path)
    assert_survives(path, "-2")


def test_many_connections_and_many_frames():
    """Room and time in proportion."""
    capture = Capture(step=0.00001)
    tcp = capture.tcp().upgrade()
    for _ in range(20):
        tcp.server(frame(BINARY, b"") * 20000)
        tcp.client(frame(TEXT, b"", fin=False, mask=KEY) + frame(CONTINUATION, b"", fin=False, mask=KEY) * 5000)
    for i in range(2000):
        capture.tcp(client=(f"10.2.{i >> 8}.{i & 255}", 1024)).upgrade()
    good_conversation(capture)
    path = save(capture)
    run("tshark", "-r", path, limit=bounded, strict=True)
    run("tshark", "-r", path, "-2", "-Y", "ws.violation", limit=bounded, strict=True)


def test_headers_without_end():
    """Handshakes that never are complete, with what looks like frames behind."""
    capture = Capture()
    for tail in (b"", b"\r\n", b": x\r\n", b"\xff" * 1000, b"a" * 60000, text("frame", mask=KEY) * 50):
        for head in (request()[:-4], request()[:-2], b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key"):
            tcp = capture.tcp().syn().client(head + tail)
            tcp.server(response()[:-2] + tail).client(text("x", mask=KEY)).server(text("y"))
    good_conversation(capture)
    path = save(capture)
    assert_survives(path)
    assert_survives(save(capture, 100), "-2")


PINGS = b"".join(frame(PING, bytes([0x61 + i]) * 20) for i in range(8))  # longer than a ping is, so that none is believed alone


@pytest.mark.parametrize("back", [153, 22, 0])
@pytest.mark.parametrize("lost", [0, 90], ids=["too_long", "after_a_gap"])
def test_lengths_that_lead_back(lost, back):
    """A length that, added to the place of its frame, would lead to an earlier one."""
    capture = Capture()
    begin = b"" if lost else frame(BINARY, declared_length=1 << 63)
    tcp = capture.tcp().upgrade().server(text("hello"))
    tcp.server(b"\xff" * lost, drop=True) if lost else None
    tcp.server(begin + b"p" + PINGS + frame(PING, b"g" + b"x" * 46, length_encoding=64, declared_length=(1 << 64) - 10 - back))
    good_conversation(capture)
    path = save(capture)
    assert_survives(path)
    assert_survives(path, "-2")


def test_extensions_without_end():
    capture = Capture()
    rng = random.Random(9)
    alphabet = [b"permessage-deflate", b"client_max_window_bits", b";", b",", b"=", b'"', b"\\", b" ", b"\t", b"\r\n ", b"15",
                b"\x00", b"\xff", b"x" * 500]
    for _ in range(100):
        value = b"".join(rng.choices(alphabet, k=rng.randrange(1, 30)))
        header = b"Sec-WebSocket-Extensions: " + value + b"\r\n\r\n"
        tcp = capture.tcp().syn().client(request()[:-2] + header).server(response()[:-2] + header)
        tcp.client(text(Deflater().message(b"x"), rsv=4, mask=KEY)).server(binary(b"y", rsv=rng.randrange(8)))
    good_conversation(capture)
    assert_survives(save(capture))
