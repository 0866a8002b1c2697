# SPDX-License-Identifier: GPL-2.0-or-later
"""The recordings, changed as captures and networks change them: packets lost, repeated, late, cut and divided in another way.

Whatever is done to them, no text may be shown that was not sent, each message once at most, and every message whose bytes are all
there; with one pass as with two. What was sent is read from the recording by the code below, and held against the recording's list
of messages (captures/*.json). The sample is the same each time; WS_MUTANTS=all takes every mutant, which takes long.
"""

import functools
import hashlib
import itertools
import os
import random
import struct
import zlib

import pytest

from builder import BINARY, CLOSE, CONTINUATION, TEXT, masked
from score import HEADERS, SentFrame, SentMessage, Side, Talk, Wire, assert_recovered, by_evidence, check, recognised
from support import CLIENT, ROOT, SERVER
from test_recorded import OPCODES, told, truth

ALL = os.environ.get("WS_MUTANTS") == "all"
MUTANTS_OF_A_KIND = 12  # of each recorded connection

RECORDINGS = ["node-ws", "node-ws-deflate", "node-ws-deflate-no-takeover", "python-websockets", "chromium", "nginx", "mqtt-ws",
              "mqtt-ws-split", "connect-proxy", "socks5-proxy"]
MODES = {"default": [], "in_order": ["-o", "tcp.reassemble_out_of_order:TRUE"]}


# ---- what was recorded ----------------------------------------------------------

def packets(path):
    """The Ethernet packets of a pcapng file, in its order."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:  # an enhanced packet block
            captured, sent = struct.unpack_from("<II", data, at + 20)
            assert captured == sent
            yield data[at + 28:at + 28 + captured]
        at += length


def segments(path):
    """((address, port) of the sender, of the receiver, flags, sequence number, payload) of each TCP segment."""
    for packet in packets(path):
        ip = packet[14:]
        if packet[12:14] == b"\x08\x00":
            size, total = (ip[0] & 15) * 4, struct.unpack_from("!H", ip, 2)[0]
            ends, protocol = (ip[12:16], ip[16:20]), ip[9]
        else:
            size, total = 40, 40 + struct.unpack_from("!H", ip, 4)[0]
            ends, protocol = (ip[8:24], ip[24:40]), ip[6]
        tcp = ip[size:total]
        if protocol == 6:
            source, target, sequence = struct.unpack_from("!HHI", tcp)
            yield (ends[0], source), (ends[1], target), tcp[13], sequence, tcp[(tcp[12] >> 4) * 4:]


class Recording:
    """One recorded connection: its segments as (side, begin, end), and the bytes of both sides."""

    def __init__(self, port, name):
        self.name, self.port, self.order, self.bytes = name, port, [], {CLIENT: b"", SERVER: b""}
        self.heads, self.deflate = {}, ""

    def complete(self):
        """Finds the handshake: frames begin behind it. False if the connection has none."""
        for side, start in ((CLIENT, b"GET "), (SERVER, b"HTTP/1.1 101 ")):
            begin = self.bytes[side].find(start)
            if begin < 0 or b"websocket" not in self.bytes[side].lower():
                return False
            self.heads[side] = self.bytes[side].index(b"\r\n\r\n", begin) + 4
        self.proxied = self.bytes[CLIENT].find(b"GET ") > 0
        head = self.bytes[SERVER][:self.heads[SERVER]].decode("latin-1")
        self.deflate = next((line for line in head.split("\r\n") if line.lower().startswith("sec-websocket-extensions:")), "")
        return True

    def read(self, sides):
        """Puts the frames and messages that were sent into `sides`."""
        for name, side in sides.items():
            side.bytes, side.head = bytearray(self.bytes[name]), self.heads[name]
            side.mask, side.frames, side.messages = name == CLIENT, [], []
            self.read_frames(side, f"{name}_no_context_takeover" in self.deflate)
        return sides

    def read_frames(self, side, no_takeover):
        data, at, history, message = bytes(side.bytes), side.head, b"", None
        while at < len(data):
            first, second = data[at:at + 2]
            size = {126: 4, 127: 10}.get(second & 127, 2)
            length = int.from_bytes(data[at + 2:at + size], "big") if size > 2 else second & 127
            key = data[at + size:at + size + 4] if second & 128 else None
            begin = at + size + (4 if key else 0)
            payload = data[begin:begin + length]
            opcode, fin, rsv = first & 15, bool(first & 128), first >> 4 & 7
            frame = SentFrame(at, begin + length, begin, opcode, fin, rsv, masked(payload, key) if key else payload, length)
            side.frames.append(frame)
            at = begin + length
            if opcode >= CLOSE:
                continue
            if opcode != CONTINUATION:
                message = SentMessage(opcode, b"", b"", bool(rsv))
            message.frames.append(frame)
            message.wire += frame.payload
            if fin:
                message.data = message.wire
                if message.compressed:
                    z = zlib.decompressobj(-15, zdict=history)
                    message.data = z.decompress(message.wire + b"\0\0\xff\xff")
                    history = b"" if no_takeover else (history + message.data)[-32768:]
                frame.completes = message
                side.messages.append(message)
        assert at == len(data)


@functools.cache
def recordings(name):
    """The connections of a recording that became WebSocket."""
    found, numbers = {}, {}
    for source, target, flags, sequence, payload in segments(ROOT / "captures" / f"{name}.pcapng"):
        if flags & 2:
            numbers[source, target] = sequence + 1
            if not flags & 16:
                found[source, target] = Recording(target[1], f"{name} from port {source[1]}")
            continue
        side = CLIENT if (source, target) in found else SERVER
        to = found[(source, target) if side == CLIENT else (target, source)]
        begin = (sequence - numbers[source, target]) % 2**32
        if payload:
            assert begin == len(to.bytes[side]), "recorded without loss and repetition"
            to.order.append((side, begin, begin + len(payload)))
            to.bytes[side] += payload
    return [recording for recording in found.values() if recording.complete()]


class Mutant(Talk):
    """A recorded connection, of which not all will be in the file, or not so."""

    def __init__(self, wire, recording, name):
        super().__init__(wire, server_port=recording.port, name=f"{recording.name}: {name}")
        self.recording = recording
        self.sides = recording.read({side: Side(b"", None, None) for side in (CLIENT, SERVER)})
        self.handshake = []

    def capture(self, order, mode, lost=False, syn=True, snap=None):
        """Puts (side, begin, end) into the file; `lost`: some are not among them."""
        reached = {CLIENT: 0, SERVER: 0}
        if syn:
            self.wire.put_syn(self)
        for side, begin, end in order:
            self.put(side, begin, end, keep=snap)
            if begin < reached[side] and mode == "default":  # TCP hands over nothing that is late
                part = self.sides[side].captured.pop()
                assert self.order.pop()[1:] == part
            reached[side] = max(reached[side], end)
        early = any(side.captured and side.runs()[0][1] < side.head for side in self.sides.values()) or not syn
        whole = all(side.runs() and side.runs()[0][0] == 0 and side.runs()[0][1] >= side.head for side in self.sides.values())
        if mode == "in_order" and (lost or snap):
            self.due = {CLIENT: [], SERVER: []}  # TCP waits for what is missing
        elif not whole and (early or self.recording.proxied):
            self.judge_cut_handshake()
        return self

    def judge_cut_handshake(self):
        """What comes before the first segment that proves the connection is not due; nothing in a tunnel without its beginning."""
        for side in self.sides.values():
            side.captured = [part for part in side.captured if part[0] >= side.head]
        self.order = [part for part in self.order if part[1] >= self.sides[part[0]].head]
        if self.recording.proxied:
            self.due = {CLIENT: [], SERVER: []}
        else:
            recognised(self)


# ---- what is done to it ----------------------------------------------------------

def drop(order):
    for i in range(len(order)):
        yield f"without packet {i}", order[:i] + order[i + 1:]


def repeat(order):
    for i, later in itertools.product(range(len(order)), (0, 3)):
        yield f"packet {i} again {later} later", order[:i + 1 + later] + [order[i]] + order[i + 1 + later:]


def delay(order):
    for i, later in itertools.product(range(len(order)), (1, 2, 5)):
        rest = order[:i] + order[i + 1:]
        yield f"packet {i} late by {later}", rest[:i + later] + [order[i]] + rest[i + later:]


def begin_late(order):
    for i in range(1, len(order) - 1):
        yield f"from packet {i} on", order[i:]


def end_early(order):
    for i in range(2, len(order)):
        yield f"up to packet {i}", order[:i]


def lose_pieces(order):
    """Divided first, so that parts of frames and heads are lost."""
    for size, seed in itertools.product((11, 60, 300), range(40)):
        pieces = divided(order, size)
        lost = set(random.Random(seed).sample(range(len(pieces)), min(len(pieces), 1 + seed % 3)))
        yield f"without {sorted(lost)} of {size} bytes", [piece for i, piece in enumerate(pieces) if i not in lost]


def divide(order):
    for size in (5, 17, 64, 200, 536, 1460, 9000):
        yield f"in pieces of {size}", divided(order, size)


def divided(order, size):
    """Neighbours joined, then cut into pieces of that size; of large recordings no more than some hundred."""
    size = max(size, sum(end - begin for _, begin, end in order) // 300)
    runs = []
    for side, begin, end in order:
        if runs and runs[-1][0] == side:
            runs[-1][2] = end
        else:
            runs.append([side, begin, end])
    return [(side, at, min(at + size, end)) for side, begin, end in runs for at in range(begin, end, size)]


KINDS = {kind.__name__: kind for kind in (drop, repeat, delay, begin_late, end_early, lose_pieces, divide)}
LOSING = {"drop", "begin_late", "lose_pieces"}


def order_of_frames(recording):
    """How many segments come before the first frame."""
    return next(i for i, (side, begin, _) in enumerate(recording.order) if begin >= recording.heads[side])


def sample(mutants, seed):
    mutants = list(mutants)
    return mutants if ALL else random.Random(seed).sample(mutants, min(len(mutants), MUTANTS_OF_A_KIND))


def tells(sent, mask):
    """What is by no chance within a text or a binary payload."""
    if sent.rsv:
        return len(sent.payload) >= 4
    return sent.opcode == TEXT and (mask or sent.payload.isascii())


def evidence(side, end, segments):
    """by_evidence(), without what is as likely to be within a text or a binary payload: one text of other letters than ASCII without a
    mask, or two binary frames, in the first segment after a gap."""
    for i in range(len(segments)):
        at = by_evidence(side, end, segments[i:])
        if at is None:
            return None
        stop = next(stop for begin, stop in segments if begin <= at < stop)
        inside = [f for f in side.frames if at <= f.begin and f.end <= stop]
        if len(inside) > 2 or any(tells(f, side.mask) for f in inside):
            return at
    return None


def delays_handshake(recording, order):
    handshake = recording.order[:order_of_frames(recording)]
    return order[:len(handshake)] != handshake


def judge(wire, mode):
    """All that is due was shown, and nothing else."""
    scores = check(wire, *MODES[mode], border=evidence, ordered=False)
    for talk, score in scores.items():
        if talk.recording.name.startswith("mqtt"):
            score.malformed = []  # MQTT's own packets lack messages
        # Of two messages that say the same, one that is shown may be either.
        shown = {id(message): message.data for side in talk.sides.values() for message in side.messages}
        recovered = {(side, shown[number]) for side in (CLIENT, SERVER) for number in score.messages[side]}
        score.missed = [m for m in score.missed if len(m) > 2 or (m[0], talk.sides[m[0]].messages[m[1]].data) not in recovered]
    total = assert_recovered(scores)
    assert total.recovered > total.sent / 10


@pytest.mark.parametrize("name", RECORDINGS)
def test_truth(name):
    """The code above reads what the programs say they sent."""
    entries = truth(name)
    for number, recording in enumerate(recordings(name)):
        sides = recording.read({side: Side(b"", None, None) for side in (CLIENT, SERVER)})
        for side, sent in sides.items():
            listed = [told(entry) for entry in entries if entry["stream"] == number and entry["direction"] == side]
            listed = [message for message in listed if message[0] not in OPCODES.values()]
            found = [({TEXT: "text", BINARY: "binary"}[m.opcode],
                      m.data if len(m.data) <= 256 else (len(m.data), hashlib.sha256(m.data).hexdigest()), len(m.frames))
                     for m in sent.messages]
            assert found == listed


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_mutants(kind, mode):
    wire = Wire()
    for name in RECORDINGS:
        for recording in recordings(name):
            for what, order in sample(KINDS[kind](recording.order), f"{kind} {recording.name[:-5]}"):
                mutant = Mutant(wire, recording, what).capture(order, mode, lost=kind in LOSING, syn=kind != "begin_late")
                if kind == "delay" and recording.proxied and delays_handshake(recording, order):
                    # In a tunnel, frames before a late response, or taken along by a late request, are told to be missing.
                    mutant.due = {CLIENT: [], SERVER: []}
    judge(wire, mode)


def test_cut_by_the_snap_length():
    wire = Wire()
    for name in RECORDINGS:
        for recording in recordings(name):
            for snap in sample(range(HEADERS + 1, HEADERS + 300), f"snap {name}"):
                Mutant(wire, recording, f"packets cut after {snap} bytes").capture(recording.order, "default", lost=True, snap=snap)
    judge(wire, "default")
