# SPDX-License-Identifier: GPL-2.0-or-later
"""No other protocol is taken for WebSocket when the beginning of a connection was not captured.

The bytes are those of other protocols' real servers (captures/others) and of generators (noise.py). Every capture also holds
WebSocket connections that begin in the middle: they are recognised in the very run in which nothing else may be.

Left out are the few streams in which whole segments are whole, legal text frames by accident: an element of type 0x81 with its
length and a text is the same bytes as a frame.
"""

import codecs
import functools
import gzip
import itertools
import random
import unicodedata
from dataclasses import dataclass

import pytest

import noise
from builder import KEY, Capture, close, frame, masked as unmasked, ping, text
from support import ROOT, fields, run, save, scratch, tshark

RECORDINGS = sorted((ROOT / "captures" / "others").glob("*.pcapng.gz"))
ORDINARY = (80, 8080, 443, 3306, 5432, 6379, 1883, 5672, 22, 25)
ODD = (3000, 9001, 40001, 41234, 47999, 54321)
MSS = 1448
PASSES = ((), ("-2",))


# ---- streams ----------------------------------------------------------------

@dataclass
class Stream:
    """One connection of a capture, and where its bytes are from."""

    origin: str
    port: int
    segments: list  # of (side, bytes)


def small(random, segments):
    """Cut again into pieces of 1 to 20 bytes."""
    for side, data in joined(segments):
        while data:
            size = random.randrange(1, 21)
            yield side, data[:size]
            data = data[size:]


def full(random, segments):
    """As a busy sender does: joined, and cut where a packet is full."""
    for side, data in joined(segments):
        for start in range(0, len(data), MSS):
            yield side, data[start:start + MSS]


def as_sent(random, segments):
    for side, data in segments:
        for start in range(0, len(data), 60000):
            yield side, data[start:start + 60000]


def joined(segments):
    for side, group in itertools.groupby(segments, key=lambda segment: segment[0]):
        yield side, b"".join(data for _, data in group)


CUTS = {"as sent": as_sent, "small": small, "full": full}


def later(random, segments, count):
    """Some segments from the middle on, the first of them from any byte on."""
    at = random.randrange(len(segments))
    (side, data), *rest = segments[at:at + count]
    return [(side, data[random.randrange(len(data)):]), *rest]


# ---- accidents --------------------------------------------------------------

def frames_of(data):
    """(end, bytes of text) after each frame at the beginning of data, as long as all are legal (RFC 6455 5.2 to 5.6, no extension)."""
    at, told, message_open, masked = 0, 0, None, None
    while at + 2 <= len(data):
        first, second = data[at], data[at + 1]
        fin, opcode, mask, length = first >> 7, first & 0x7F, second >> 7, second & 0x7F
        wide = {126: 2, 127: 8}.get(length, 0)
        if wide:
            length = int.from_bytes(data[at + 2:at + 2 + wide], "big")
        begin = at + 2 + wide + 4 * mask
        control = opcode in (8, 9, 10)
        legal = ((control and fin and not wide) or opcode in (0, 1, 2)) and masked in (None, mask)
        legal = legal and length >= {0: 0, 2: 126, 8: 1 << 16}[wide] and begin + length <= len(data)
        if not control and message_open is not None:
            legal = legal and (opcode == 0) == message_open
        if not legal:
            return
        content = data[begin:begin + length]
        if mask:
            content = unmasked(content, data[begin - 4:begin])
        if opcode == 1:
            if not is_text(content, fin):
                return
            told += length
        elif opcode == 8 and length:
            code = int.from_bytes(content[:2], "big")
            if length == 1 or not (code in (*range(1000, 1004), *range(1007, 1015)) or 3000 <= code < 5000) or not is_text(content[2:], True):
                return
            told += length - 2
        if not control:
            message_open = not fin
        at, masked = begin + length, mask
        yield at, told


def is_text(content, whole):
    try:
        shown = codecs.getincrementaldecoder("utf-8")().decode(content, whole)
    except UnicodeDecodeError:
        return False
    return all(c in "\t\n\r" or unicodedata.category(c) != "Cc" for c in shown)


def is_accident(segments):
    """From the beginning of one segment to the end of one, the bytes of one side are legal frames with at least a word of text."""
    for side in ("client", "server"):
        own = [data for sender, data in segments if sender == side]
        for number in range(len(own)):
            ends = set(itertools.accumulate(map(len, own[number:])))
            if any(end in ends and told >= 4 for end, told in frames_of(b"".join(own[number:number + 40]))):
                return True
    return False


# ---- captures ---------------------------------------------------------------

def websocket(capture, number):
    """The control: text both ways from the middle of a connection."""
    tcp = capture.tcp(client=(f"172.16.{number}.1", 50001), server=("172.16.0.1", 45678))
    for _ in range(3):
        tcp.client(text("one that was captured", mask=KEY))
        tcp.server(text("and what the server says to it"))


def build(streams):
    """A capture of them; its first and its last connection are WebSocket."""
    capture = Capture(step=0.00001)
    websocket(capture, 1)
    for number, stream in enumerate(streams):
        tcp = capture.tcp(client=(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 49152 + number % 16384),
                          server=("10.200.0.1", stream.port))
        for side, data in stream.segments:
            (tcp.client if side == "client" else tcp.server)(data)
    websocket(capture, 2)
    return capture


def check(streams, least):
    """Nothing but the control is WebSocket, in one pass and in two."""
    total, streams = len(streams), [stream for stream in streams if not is_accident(stream.segments)]
    assert len(streams) >= max(least, 0.99 * total) and all(stream.segments for stream in streams)
    path, last = save(build(streams)), len(streams) + 1
    for passes in PASSES:
        found = fields(path, ["tcp.stream", "frame.number", "tcp.payload"], *passes)
        control = {int(number) for (number,), *_ in found} & {0, last}
        assert control == {0, last}, "recognition is not at work, or not all streams were read"
        alarms = {}
        for (number,), (packet,), payload in found:
            if int(number) not in (0, last):
                stream = streams[int(number) - 1]
                alarms.setdefault(int(number), f"{stream.origin} on port {stream.port}, packet {packet}: {payload[0][:120]}")
        assert not alarms, f"{len(alarms)} of {len(streams)} streams, such as\n" + "\n".join([*alarms.values()][:20])
    path.unlink()


# ---- recordings -------------------------------------------------------------

@functools.cache
def recorded():
    """All recordings in one file, one after the other, so that tshark starts seldom; and where each of them begins in it."""
    parts = []
    for recording in RECORDINGS:
        parts.append(scratch() / recording.stem)
        parts[-1].write_bytes(gzip.decompress(recording.read_bytes()))
        parts[-1].chmod(0o644)
    merged = scratch() / "others.pcapng"
    merged.write_bytes(b"".join(part.read_bytes() for part in parts))  # one section after the other
    merged.chmod(0o644)
    sizes = [int(line.split("\t")[1]) for line in run("capinfos", "-T", "-r", "-c", *parts).stdout.decode().splitlines()]
    return merged, dict(zip((part.stem for part in parts), itertools.accumulate(sizes)))


def name_of(packet):
    return next(name for name, last in recorded()[1].items() if packet <= last)


@functools.cache
def conversations():
    """{protocol: [[(side, bytes), ...] of each connection]}, as Wireshark without the plugin reads them."""
    path, _ = recorded()
    streams = {}
    names = ["frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.payload"]
    for (packet,), (stream,), (source,), (target,), (payload,) in fields(path, names, shown="tcp.len > 0", plugins=None):
        segments = streams.setdefault((name_of(int(packet)), int(stream)), [])
        segments.append(("client" if int(source) > int(target) else "server", bytes.fromhex(payload)))
    found = {}
    for (name, _), segments in streams.items():
        found.setdefault(name, []).append(segments)
    return found


def test_recordings_are_of_many_protocols():
    assert len(RECORDINGS) >= 20
    assert len(conversations()) == len(RECORDINGS)
    assert all(sum(len(data) for stream in streams for _, data in stream) > 10000 for streams in conversations().values())


def repacked(seed, cut, one_sided):
    """Each recording from many positions on, on its neighbours' ports and on odd ones."""
    dice, streams = random.Random(seed), []
    ports = [port for pair in zip(ORDINARY, itertools.cycle(ODD)) for port in pair]
    for name, recordings in conversations().items():
        for number in range(110):
            long = number % 25 == 0
            segments = later(dice, dice.choice(recordings), 150 if long else 10)
            if one_sided:
                segments = [segment for segment in segments if segment[0] == segments[0][0]]
            segments = list(itertools.islice(CUTS[cut](dice, segments), 150 if long else 20))
            streams.append(Stream(name, ports[number % len(ports)], segments))
    return streams


@pytest.mark.parametrize("one_sided", (False, True), ids=("both", "half"))
@pytest.mark.parametrize("cut", CUTS)
def test_recordings_from_the_middle(cut, one_sided):
    check(repacked(f"{cut} {one_sided}", cut, one_sided), 2300)


# ---- generated --------------------------------------------------------------

GROUPS = {
    "noise": ("random_small", "random_large", "random_any", "constant", "counter", "sound", "sensors", "bittorrent"),
    "framings": tuple(name for name in noise.GENERATORS if "length" in name),
    "formats": ("dns", "rtp", "thrift", "ldap", "snmp", "asn1_elements", "protobuf_delimited"),
    "values": ("msgpack_values", "cbor_sequence", "msgpack_rpc"),
    "text": ("lines", "latin1"),
}
EACH = 400  # streams of one generator


def generated(names):
    streams = []
    for name in names:
        for number in range(EACH):
            dice = random.Random(f"{name} {number}")
            long = number % 50 == 0
            segments = list(itertools.islice(noise.GENERATORS[name](dice), 200 if long else 8))
            segments = [segment for segment in segments if segment[1]]
            if number % 3 == 0:
                segments = later(dice, segments, len(segments))
            cut = CUTS[dice.choice(("as sent", "as sent", "as sent", "small", "full"))]
            segments = list(itertools.islice(cut(dice, segments), 200 if long else 20))
            port = dice.choice(ODD) if dice.random() < 0.8 else dice.choice(ORDINARY)
            streams.append(Stream(f"{name} {number}", port, segments))
    return streams


def test_accidents_are_legal_frames_only():
    def accident(*data):
        return is_accident([("server", piece) for piece in data])

    assert accident(text("hello")) and accident(text("hello")[:3], text("hello")[3:]) and accident(b"other", text("hello"))
    assert accident(text("hello", mask=KEY) + close(1000, mask=KEY)) and accident(ping(b"x") + text("hello"))
    assert not accident(b"x" + text("hello")) and not accident(text("hello") + b"x") and not accident(text("hello", rsv=4))
    assert not accident(text("hello") + text("hello", mask=KEY)) and not accident(text("hello", fin=False) + text("hello"))
    assert not accident(frame(3, b"hello")) and not accident(text(b"hell\xff")) and not accident(text("a\0\0\0\0"))
    assert not accident(text("hello", length_encoding=16)) and not accident(close(999) + text("hello")) and not accident(text("it"))


def test_every_generator_is_in_a_group():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(noise.GENERATORS)


@pytest.mark.parametrize("group", GROUPS)
def test_generated(group):
    check(generated(GROUPS[group]), 0.99 * EACH * len(GROUPS[group]))
