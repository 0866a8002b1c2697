# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that lack something, and what may be expected of them: messages recovered, and messages claimed falsely.

    wire = Wire()
    talk = Talk(wire, extension=DEFLATE)
    talk.say(CLIENT, b"hello")                      # one message; where its bytes are in the stream is known
    talk.capture(lost={3})                          # what of it is in the file: all but the fourth segment
    scores = check(wire)                            # in one pass and in two
    assert scores[talk].missed == []

A message is *due* if each byte of its frames was captured, the decoder can know where they begin (see Side.in_step), and the
context that it was compressed in is whole. What is shown must have been sent, in this order, in this connection; what was not is
*false*, due or not. Messages differ from each other, so one that is shown can only be the one that was sent.
"""

import bisect
import random
import zlib
from dataclasses import dataclass, field

from builder import (ACK, BINARY, CLOSE, CONTINUATION, FIN, LARGEST, PING, PONG, PSH, RSV1, SYN, TEXT, Capture, Deflater, frame,
                     request, response)
from support import CLIENT, SERVER, dissect, save, unhex

OTHER = {CLIENT: SERVER, SERVER: CLIENT}
EXTENSIONS = "Sec-WebSocket-Extensions"
TAKEOVER = "permessage-deflate"
NO_TAKEOVER = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
HEADERS = 54  # Ethernet, IPv4 and TCP


# ---- what was sent ------------------------------------------------------------

@dataclass
class SentFrame:
    begin: int  # in its direction's stream, whose first byte is the first of the handshake
    end: int
    payload_at: int
    opcode: int
    fin: bool
    rsv: int
    payload: bytes  # unmasked, as compressed as it was
    declared: int   # the length that its header says
    completes: object = None


@dataclass
class SentMessage:
    opcode: int
    data: bytes
    wire: bytes
    compressed: bool
    frames: list = field(default_factory=list)

    def shown(self):
        return self.data.decode() if self.opcode == TEXT else self.data


class Side:
    """What one side sends, and what of it is in the file."""

    def __init__(self, head, mask, deflater):
        self.bytes, self.head, self.mask, self.deflater = bytearray(head), len(head), mask, deflater
        self.frames, self.messages = [], []
        self.captured = []  # (begin, end, segment's end) of what is in the file, in its order

    def add(self, wire, opcode, payload, fin=True, rsv=0, declared=None):
        begin = len(self.bytes)
        self.bytes += wire
        self.frames.append(SentFrame(begin, len(self.bytes), len(self.bytes) - len(payload), opcode, fin, rsv, payload,
                                     len(payload) if declared is None else declared))
        return self.frames[-1]

    # What can be known

    def runs(self):
        """The stretches of the stream that were captured without a gap, each with the segments in it."""
        runs = []
        for begin, end, _ in sorted(self.captured):
            if runs and begin <= runs[-1][1]:
                runs[-1][1] = max(runs[-1][1], end)
                runs[-1][2].append((begin, end))
            else:
                runs.append([begin, end, [(begin, end)]])
        return runs

    def frame_at(self, offset):
        """The frame with this byte, or None."""
        i = bisect.bisect_right(self.frames, offset, key=lambda f: f.begin) - 1
        return self.frames[i] if i >= 0 and offset < self.frames[i].end else None

    def in_step(self, border):
        """[(begin, end)]: in these stretches it is known where frames begin.

        border: from which offset of the captured run that it is given, with its segments, a decoder that lost its step must have
        found it again (or None).
        """
        known, last = [], None  # the frame that the last run ended in, if its header was captured
        for begin, end, segments in self.runs():
            if begin < self.head <= end or (last and begin <= last.end):
                since = begin
            else:
                since = border(self, end, segments)
            last = None
            if since is not None:
                known.append((since, end))
                last = self.frame_at(end - 1) if end > self.head else None
                if last and (last.begin < since or last.payload_at > end or last.end == end):
                    last = None
                # A frame that began in step, and of which a part is missing, ends where its header says.
        return known

    def due(self, border):
        """(indices of messages, indices of control frames) that must be shown."""
        known = self.in_step(border)
        runs = [(begin, end) for begin, end, _ in self.runs()]

        def whole(f):
            return (any(begin <= f.begin and f.end <= end for begin, end in runs)
                    and any(begin <= f.begin and f.end <= end for begin, end in known))

        messages, history, last = [], b"", None
        for i, message in enumerate(self.messages):
            first, end = message.frames[0].begin, message.frames[-1].end
            # A gap between fragments may have held another; one between messages others, with what they left in the window.
            run = next((r for r in runs if r[0] <= first and end <= r[1]), None)
            ok = run is not None and all(map(whole, message.frames))
            if run is None or run != last:
                history = b""
            last = run
            if message.compressed and ok:
                ok, history = inflates(message, history)
            elif message.compressed:
                history = b""
            if ok:
                messages.append(i)
        controls = [i for i, f in enumerate(self.frames) if f.opcode >= CLOSE and whole(f)]
        return messages, controls


def inflates(message, history):
    """Does it decode with the messages before it that decoded? And what the next may refer to."""
    z = zlib.decompressobj(-15, zdict=history)
    try:
        data = z.decompress(message.wire + b"\x00\x00\xff\xff")
    except zlib.error:
        return False, b""
    assert data == message.data
    return True, (history + data)[-32768:]


def proves(side, begin, stop):
    """Nothing but WebSocket can be in this segment: whole frames from its first to its last byte, and in them text that is
    text, or that DEFLATE makes into text."""
    i = bisect.bisect_left(side.frames, begin, key=lambda f: f.begin)
    inside = []
    while i < len(side.frames) and side.frames[i].end <= stop:
        inside.append(side.frames[i])
        i += 1
    if not inside or inside[0].begin != begin or inside[-1].end != stop:
        return False
    text = sum(len(f.payload) for f in inside if f.opcode == TEXT and not f.rsv)
    inflated = [f.completes for f in inside if f.rsv and f.completes and f.opcode == TEXT and len(f.completes.data) >= 16]
    return text >= 16 or any(inflates(message, b"")[0] for message in inflated)


def recognised(talk):
    """Without a handshake: what comes before the first segment that proves it to be WebSocket is not due."""
    at = next((i for i, (side, begin, end, stop) in enumerate(talk.order)
               if end == stop and proves(talk.sides[side], begin, end)), len(talk.order))
    for name, side in talk.sides.items():
        side.captured = [tuple(rest) for who, *rest in talk.order[at:] if who == name]


def by_evidence(side, end, segments):
    """The border that evidence leaves no doubt of: whole frames in a segment, or text, or three headers one after the other."""
    starts, whole_before = [f.begin for f in side.frames], False
    for begin, stop in segments:
        i = bisect.bisect_left(starts, begin)
        inside = [f for f in side.frames[i:i + 200] if f.begin < stop and f.payload_at <= stop]
        whole = bool(inside) and inside[0].begin == begin and inside[-1].end == stop
        # One frame in one segment may be chance, if nothing in it is text; not so two of them after each other.
        if whole and (whole_before or len(inside) > 1 or is_text(side, inside[0])):
            return begin
        if inside and inside[0].begin == begin and begins_with_text(side, inside, stop):
            return begin
        if len(inside) >= 3:
            return inside[0].begin
        whole_before = whole
    return None


def is_text(side, sent):
    if sent.opcode != TEXT or (sent.rsv and not sent.completes):
        return False
    return len(sent.payload) >= (4 if side.mask else 8) if not sent.rsv else inflates(sent.completes, b"")[0]


def begins_with_text(side, inside, stop):
    """Text behind a mask is no accident. Without one, other text could go on like this ("с" ends with 81), so there must be more: a
    long form of the length, or another header where the frame ends."""
    first = inside[0]
    return (first.opcode == TEXT and not first.rsv and min(stop, first.end) - first.payload_at >= 16
            and (side.mask or first.payload_at - first.begin > 2 or len(inside) > 1))


class Talk:
    """One WebSocket connection."""

    def __init__(self, wire, extension=None, server_port=80, client_port=None, isn=(1000, 5000), seed=None, name=""):
        self.wire, self.name = wire, name or f"talk {len(wire.talks)}"
        self.tcp = wire.tcp(client=("10.0.0.1", client_port or wire.next_port()), server=("10.0.0.2", server_port), isn=isn)
        headers = [(EXTENSIONS, extension)] if extension else []
        deflaters = [Deflater(takeover=extension == TAKEOVER) if extension else None for _ in range(2)]
        self.sides = {CLIENT: Side(request(headers=headers), True, deflaters[0]),
                      SERVER: Side(response(headers=headers), False, deflaters[1])}
        self.handshake = [(CLIENT, 0, self.sides[CLIENT].head), (SERVER, 0, self.sides[SERVER].head)]
        self.sends = []  # (side, begin, end), in the order of the conversation
        self.order = []  # (side, begin, end, segment's end) of what is in the file, in its order
        self.due = None  # {side: indices of messages}, where a test knows better than Side.due()
        self.rng = random.Random(len(wire.talks) if seed is None else seed)
        wire.talks.append(self)

    # Talking

    def key(self, side):
        return self.rng.randbytes(4) if self.sides[side].mask else None

    def say(self, side, data, opcode=TEXT, sizes=(), controls=0, compress=None):
        """Sends a message, in fragments of sizes, with control frames between them; each frame is a send of its own."""
        to = self.sides[side]
        compress = bool(to.deflater) if compress is None else compress
        wire = to.deflater.message(data) if compress else data
        message = SentMessage(opcode, data, wire, compress)
        cuts = [0, *sizes, len(wire)]
        assert cuts == sorted(cuts)
        for i, (begin, end) in enumerate(zip(cuts, cuts[1:])):
            key, fin = self.key(side), end == len(wire) and i == len(cuts) - 2
            code, rsv = (CONTINUATION if i else opcode), (RSV1 if compress and not i else 0)
            part = wire[begin:end]
            sent = self.sent(side, to.add(frame(code, part, fin=fin, rsv=rsv, mask=key), code, part, fin, rsv))
            message.frames.append(sent)
            for _ in range(controls if not fin else 0):
                self.control(side, self.rng.choice([PING, PONG]), b"between %d" % len(to.frames))
        sent.completes = message
        to.messages.append(message)
        return self

    def control(self, side, opcode, payload=b""):
        to = self.sides[side]
        self.sent(side, to.add(frame(opcode, payload, mask=self.key(side)), opcode, payload))
        return self

    def lie(self, side, length, payload=b"so much for that", opcode=BINARY):
        """A frame that is shorter than its header says."""
        wire = frame(opcode, payload, mask=self.key(side), declared_length=length, length_encoding=64 if length >> 16 else None)
        self.sent(side, self.sides[side].add(wire, opcode, payload, declared=length))
        return self

    def sent(self, side, what):
        self.sends.append((side, what.begin, what.end))
        return what

    def chat(self, count, sizes=(20, 60), opcodes=(TEXT,), controls=0.1, fragments=0.0, sides=(CLIENT, SERVER), reset=0.0,
             compress=1.0):
        """Some messages of random sizes; reset: how often a sender that keeps its window forgets it all the same."""
        for _ in range(count):
            side = self.rng.choice(sides)
            to = self.sides[side]
            size, opcode = self.rng.randrange(sizes[0], sizes[1] + 1), self.rng.choice(opcodes)
            if to.deflater and self.rng.random() < reset:
                to.deflater.history = b""
            data = self.words(side, size) if opcode == TEXT else self.noise(side, size)
            pieces, between = (), 0
            if self.rng.random() < fragments and size >= 12:
                pieces, between = sorted(self.rng.sample(range(1, 11), self.rng.randrange(1, 4))), self.rng.randrange(2)
            self.say(side, data, opcode, pieces, between, compress=bool(to.deflater) and self.rng.random() < compress)
            if self.rng.random() < controls:
                self.control(side, self.rng.choice([PING, PONG]), b"%d" % len(to.frames))
        return self

    def words(self, side, size):
        """Text as of a program; the number makes it the only one of its kind."""
        rng = self.rng
        text = '{"n":%d,"at":"%08x"' % (len(self.sides[side].messages), rng.randrange(1 << 32))
        while len(text) < size:
            text += ',"%s":"%s"' % (rng.choice(["price", "größe", "symbol", "bid", "ask", "user", "message"]),
                                    rng.choice(["EURUSD", "1.0851", "ja", "Straße", "online", "quick brown fox",
                                                "%d" % rng.randrange(10**9)]))
        return (text + "}").encode()

    def noise(self, side, size):
        return (b"%d:" % len(self.sides[side].messages) + self.rng.randbytes(size))[:max(size, 8)]

    # Capturing

    def segments(self, cut="asis", join=1):
        """The sends as TCP segments: each its own, or joined and cut into pieces of a size (or of random sizes up to it)."""
        runs = []
        for side, begin, end in self.sends:
            if runs and cut != "asis" and runs[-1][0] == side:
                runs[-1][2] = end
            elif runs and join > 1 and runs[-1][0] == side and runs[-1][3] < join:
                runs[-1][2] = end
                runs[-1][3] += 1
            else:
                runs.append([side, begin, end, 1])
        out = []
        for side, begin, end, _ in runs:
            while begin < end:
                limit = LARGEST if cut == "asis" else self.rng.randrange(1, -cut + 1) if cut < 0 else cut
                out.append((side, begin, min(end, begin + limit)))
                begin += limit
        return out

    def capture(self, segments=None, lost=(), handshake=(True, True), syn=True, snap=None):
        """Puts the connection into the file: segments without those at the indices lost, packets cut after snap bytes."""
        if syn:
            self.wire.put_syn(self)
        for kept, segment in zip(handshake, self.handshake):
            self.put(*segment, keep=snap if kept else 0)
        for i, segment in enumerate(segments if segments is not None else self.segments()):
            self.put(*segment, keep=0 if i in lost else snap)
        return self

    def put(self, side, begin, end, keep=None, data=None):
        """One segment, captured up to `keep` bytes of the packet (0: lost)."""
        self.wire.put(self, side, begin, bytes(self.sides[side].bytes[begin:end]) if data is None else data, keep)


class Wire(Capture):
    """A capture whose packets are put there one by one."""

    def __init__(self, **options):
        super().__init__(**options)
        self.talks, self.rows, self.reached = [], [], {}

    def next_port(self):
        return 50001 + len(self.talks) + (len(self.talks) >= 6999)  # 57000 belongs to another protocol

    def put_fin(self, talk):
        for side in (CLIENT, SERVER):
            numbers = [talk.tcp.isn[end] + 1 + len(talk.sides[end].bytes) for end in (side, OTHER[side])]
            self.row(self.packet(talk.tcp, side, OTHER[side], FIN | ACK, numbers[0], numbers[1] + (side == SERVER), b""))

    def put_syn(self, talk):
        for side, flags in ((CLIENT, SYN), (SERVER, SYN | ACK)):
            number = talk.tcp.isn[side]
            self.row(self.packet(talk.tcp, side, OTHER[side], flags, number, talk.tcp.isn[OTHER[side]] + 1, b""))

    def put(self, talk, side, begin, data, keep=None):
        reached = self.reached.setdefault(talk, {CLIENT: 0, SERVER: 0})
        reached[side] = max(reached[side], begin + len(data))
        if keep == 0:
            return
        keep = keep or 1 << 18
        numbers = {end: talk.tcp.isn[end] + 1 for end in (CLIENT, SERVER)}
        self.row(self.packet(talk.tcp, side, OTHER[side], PSH | ACK, numbers[side] + begin,
                             numbers[OTHER[side]] + reached[OTHER[side]], data), keep)
        have = max(0, min(len(data), keep - HEADERS))
        if have:
            talk.sides[side].captured.append((begin, begin + have, begin + len(data)))
            talk.order.append((side, begin, begin + have, begin + len(data)))

    def row(self, packet, keep=1 << 18):
        self.rows.append((len(self.rows) * 0.0001, packet, keep))

    def packets(self, segmentation=None):
        return self.rows


# ---- what is shown ------------------------------------------------------------

@dataclass
class Score:
    sent: int = 0        # messages
    due: int = 0         # messages and control frames
    recovered: int = 0   # messages
    missed: list = field(default_factory=list)   # due, and not shown
    false: list = field(default_factory=list)    # shown, and not sent
    undecoded: set = field(default_factory=set)
    violations: list = field(default_factory=list)
    malformed: list = field(default_factory=list)
    streams: set = field(default_factory=set)
    shown: list = field(default_factory=list)    # to compare passes
    messages: dict = field(default_factory=lambda: {CLIENT: set(), SERVER: set()})
    controls: dict = field(default_factory=lambda: {CLIENT: set(), SERVER: set()})
    frames: dict = field(default_factory=lambda: {CLIENT: {}, SERVER: {}})  # by index: (payload, reasons it is not decoded)
    handshakes: int = 0

    def add(self, other):
        for name in ("sent", "due", "recovered", "handshakes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("missed", "false", "violations", "malformed"):
            getattr(self, name).extend(getattr(other, name))
        self.undecoded |= other.undecoded
        return self


def agrees(layer, sent):
    """Is this the frame that was sent, as far as it was captured?"""
    expected = {"ws.opcode": sent.opcode, "ws.fin": sent.fin, "ws.rsv": sent.rsv, "ws.payload_length": sent.declared}
    if any(int(layer.get(name), 0) != value for name, value in expected.items()):
        return False
    payload = unhex(layer.get("ws.payload") or "")
    if sent.declared > len(sent.payload):
        return payload[:len(sent.payload)] == sent.payload[:len(payload)]
    return payload == sent.payload or (layer.get("ws.undecoded") is not None and sent.payload.startswith(payload))


def add_layer(score, side, layer, frames, cursor, packet, positions):
    """Finds the frame that a layer shows, from the cursor on; returns the new cursor."""
    if layer.get("ws.direction") != {CLIENT: "0", SERVER: "1"}[side]:
        score.false.append((packet.number, "direction"))
        return cursor
    end = positions and int(packet.tree.get("tcp.len")) + positions(packet)
    for i in range(cursor, len(frames)):
        if positions and frames[i].end > end:
            break
        if agrees(layer, frames[i]):
            break
    else:
        i = len(frames)
    if i == len(frames) or not agrees(layer, frames[i]) or (positions and frames[i].end > end):
        score.false.append((packet.number, side, layer.get("ws.opcode"), layer.get("ws.payload_length"), layer.get("ws.payload")))
        return cursor
    sent = frames[i]
    if layer.message() is not None:
        if not sent.completes or layer.message() != sent.completes.shown() \
                or int(layer.get("ws.message.opcode") or 0) != sent.completes.opcode:
            score.false.append((packet.number, side, "message", layer.message()))
        else:
            score.messages[side].add(id(sent.completes))
    score.frames[side][i] = unhex(layer.get("ws.payload") or ""), layer.all("ws.undecoded")
    if sent.opcode >= CLOSE and set(layer.all("ws.undecoded")) <= {"resynchronised"}:
        score.controls[side].add(i)
    return i + 1


def score_talk(talk, packets, border, ordered):
    score, cursors = Score(), {CLIENT: 0, SERVER: 0}
    client_port = talk.tcp.ends[CLIENT][1]
    for packet in packets:
        side = CLIENT if int(packet.tree.get("tcp.srcport")) == client_port else SERVER
        start = talk.tcp.isn[side] + 1
        where = (lambda p: (int(p.tree.get("tcp.seq_raw")) - start) % 2**32) if ordered else None
        if "_ws.malformed" in packet.tree.names() and score.shown:  # before, others may have tried their luck
            score.malformed.append(packet.number)
        for layer in packet.ws:
            score.streams.add(layer.get("ws.stream"))
            score.handshakes += layer.get("ws.handshake.type") is not None
            score.violations += [(packet.number, violation) for violation in layer.all("ws.violation")]
            score.undecoded |= set(layer.all("ws.undecoded"))
            if layer.get("ws.opcode"):
                cursors[side] = add_layer(score, side, layer, talk.sides[side].frames, cursors[side], packet, where)
                score.shown.append((packet.number, side, *(layer.get(name) for name in (
                    "ws.opcode", "ws.payload", "ws.message.number", "ws.message.text", "ws.message.data", "ws.undecoded"))))
    for side, sent in talk.sides.items():
        messages, controls = sent.due(border) if talk.due is None else (talk.due[side], [])
        score.sent += len(sent.messages)
        score.due += len(messages) + len(controls)
        score.recovered += len(score.messages[side])
        score.missed += [(side, i) for i in messages if id(sent.messages[i]) not in score.messages[side]]
        score.missed += [(side, "control", i) for i in controls if i not in score.controls[side]]
    return score


def check(wire, *arguments, border=by_evidence, ordered=True, passes=(1, 2)):
    """{talk: Score} of what tshark says, in one pass and with -2: both must show the same."""
    path, results = save(wire), []
    for count in passes:
        found = {}
        for packet in dissect(path, *arguments, *["-2"] * (count - 1), layers="frame tcp ws _ws.malformed",
                              shown="ws or _ws.malformed"):
            ports = {int(packet.tree.get("tcp.srcport")), int(packet.tree.get("tcp.dstport"))}
            found.setdefault(max(ports), {}).setdefault(packet.stream, []).append(packet)
        # Connections that used the same ports are tcp.streams in their order.
        left = {port: [packets for _, packets in sorted(found[port].items())] for port in found}
        results.append({talk: score_talk(talk, left[port].pop(0) if left.get(port := talk.tcp.ends[CLIENT][1]) else [],
                                         border, ordered) for talk in wire.talks})
    scores = results[0]
    for talk in wire.talks:
        assert all(other[talk].shown == scores[talk].shown for other in results), f"{talk.name}: the passes differ"
    return scores


def assert_clean(scores):
    """Nothing was shown that was not sent, no fault found with what has none, and ws.stream tells connections apart. The sum."""
    total = Score()
    streams = {}
    for talk, score in scores.items():
        assert not score.false, f"{talk.name}: false: {score.false[:3]}"
        assert not score.violations, f"{talk.name}: violations: {score.violations[:3]}"
        assert not score.malformed, f"{talk.name}: malformed: {score.malformed[:3]}"
        assert len(score.streams) <= 1, f"{talk.name}: streams {score.streams}"
        for number in score.streams:
            assert streams.setdefault(number, talk) is talk, f"{talk.name} and {streams[number].name} have one ws.stream"
        total.add(score)
    return total


def assert_recovered(scores):
    """All that is due was shown, and assert_clean()."""
    total = assert_clean(scores)
    missed = {talk.name: score.missed for talk, score in scores.items() if score.missed}
    assert not missed, f"{len(missed)} of {len(scores)} conversations lack something: {list(missed.items())[:5]}"
    return total
