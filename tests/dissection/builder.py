# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures whose truth is known because they were built from it.

    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()
    tcp.client(text("hello", mask=KEY))
    tcp.server(close(1000, "bye"))
    tcp.fin()
    capture.write("hello.pcap")                         # segments as sent
    capture.write("bytes.pcap", segmentation="bytes")   # the same, one byte each

Nothing is turned into packets before write(), so one script gives every
segmentation of the same conversation.
"""

import base64
import hashlib
import ipaddress
import itertools
import struct
import zlib

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RSV1, RSV2, RSV3 = 4, 2, 1

KEY = bytes.fromhex("37fa213d")  # the masking key of the examples in RFC 6455 5.7
NONCE = "dGhlIHNhbXBsZSBub25jZQ=="  # the Sec-WebSocket-Key of RFC 6455 1.3


# ---- frames -----------------------------------------------------------------

def masked(payload, key):
    """XOR with the repeated key; its own inverse (RFC 6455 5.3)."""
    return bytes(byte ^ k for byte, k in zip(payload, itertools.cycle(key)))


def frame(opcode, payload=b"", fin=True, rsv=0, mask=None, length_encoding=None, declared_length=None):
    """One frame, legal or not.

    rsv: three bits, RSV1 = 4. mask: the key, or None for an unmasked frame.
    length_encoding: 0, 16 or 64 forces the 7-, 16- or 64-bit form; None takes the shortest.
    declared_length: what the header says instead of the true length.
    """
    length = len(payload) if declared_length is None else declared_length
    if length_encoding is None:
        length_encoding = 0 if length < 126 else 16 if length < 1 << 16 else 64
    if length_encoding == 0 and length > 125:
        raise ValueError("the 7-bit form ends at 125")
    bit = 0x80 if mask is not None else 0
    head = bytes([fin << 7 | rsv << 4 | opcode, bit | {0: length, 16: 126, 64: 127}[length_encoding]])
    head += {0: b"", 16: struct.pack("!Q", length)[-2:], 64: struct.pack("!Q", length)}[length_encoding]
    return head + (payload if mask is None else mask + masked(payload, mask))


def text(message, **options):
    """A text frame; message is a str, or bytes that may be bad UTF-8."""
    return frame(TEXT, message.encode() if isinstance(message, str) else message, **options)


def binary(payload, **options):
    return frame(BINARY, payload, **options)


def ping(payload=b"", **options):
    return frame(PING, payload, **options)


def pong(payload=b"", **options):
    return frame(PONG, payload, **options)


def close(code=None, reason="", **options):
    """A close frame; without a code its body is empty."""
    reason = reason.encode() if isinstance(reason, str) else reason
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason, **options)


def fragments(opcode, payload, sizes, rsv=0, mask=None):
    """The frames of one message, cut after each of sizes; the rest is the last frame."""
    cuts = [0, *itertools.accumulate(sizes), len(payload)]
    pairs = list(itertools.pairwise(cuts))
    return [frame(CONTINUATION if i else opcode, payload[start:end], fin=i == len(pairs) - 1,
                  rsv=0 if i else rsv, mask=mask) for i, (start, end) in enumerate(pairs)]


class Deflater:
    """One direction of permessage-deflate (RFC 7692 7.2.1)."""

    def __init__(self, wbits=15, takeover=True, level=6):
        # zlib has no raw 8-bit window, but with 9 bits it never looks back further than 250 bytes.
        self.wbits, self.takeover, self.level, self.history = max(wbits, 9), takeover, level, b""

    def message(self, *pieces, bfinal=False, stored=False):
        """The payload of one compressed message; send it with RSV1.

        Several pieces are flushed one by one, so the message has inner 00 00 ff ff markers.
        bfinal ends it with a final block; stored leaves the data uncompressed (level 0).
        """
        # The history as a preset dictionary is what context takeover means; unlike a running
        # stream it also survives a final block.
        z = zlib.compressobj(0 if stored else self.level, zlib.DEFLATED, -self.wbits, zdict=self.history)
        if self.takeover:
            self.history = (self.history + b"".join(pieces))[-(1 << self.wbits):]
        if not any(pieces) and not bfinal:
            return b"\x00"
        out = b"".join(z.compress(piece) + z.flush(zlib.Z_SYNC_FLUSH) for piece in pieces[:-1])
        out += z.compress(pieces[-1] if pieces else b"")
        if bfinal:
            return out + z.flush(zlib.Z_FINISH) + b"\x00"  # 7.2.3.4
        return (out + z.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


# ---- handshake --------------------------------------------------------------

def accept(key=NONCE):
    """The Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def head(start, defaults, headers, omit):
    """A start line and headers. A header given replaces its default, so giving them all sets any order and case."""
    gone = {name.lower() for name in omit} | {name.lower() for name, _ in headers}
    lines = [f"{name}: {value}" for name, value in
             [pair for pair in defaults if pair[0].lower() not in gone] + list(headers)]
    return "\r\n".join([start, *lines, "", ""]).encode()


def request(path="/chat", host="example.com", key=NONCE, headers=(), method="GET", version="HTTP/1.1", omit=()):
    return head(f"{method} {path} {version}", [
        ("Host", host), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13")], headers, omit)


def response(key=NONCE, headers=(), status="101 Switching Protocols", version="HTTP/1.1", omit=(), body=b""):
    """The answer; one that is not 101 carries a body instead of the WebSocket headers."""
    defaults = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept(key))]
    if not status.startswith("101"):
        defaults = [("Content-Length", len(body))]
    return head(f"{version} {status}", defaults, headers, omit) + body


# ---- packets ----------------------------------------------------------------

LINKS = {"ether": 1, "null": 0, "loop": 108, "raw": 101}
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
LARGEST = 60000  # bytes of payload in a segment; IP stops at 65535 with its headers
START = 1_700_000_000  # any fixed moment, so that files are the same on every day


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Tcp:
    """One TCP connection. Without syn() the capture joins it in the middle."""

    def __init__(self, capture, client, server, vlan, mss, isn):
        self.capture, self.vlan, self.mss = capture, vlan, mss
        self.ends = {"client": client, "server": server}
        self.isn = dict(zip(("client", "server"), isn))

    def client(self, data, **options):
        """Send data; b"" is a bare ACK. Options, for every segment of this send:

        at=SECONDS (since the start of the capture), drop=True (sent, never captured), duplicate=True
        (retransmitted at once), late=N (captured N packets later), snap=N (cut after N bytes).
        Only sends without drop, duplicate, late and snap are coalesced with their neighbours.
        """
        return self._send("client", PSH | ACK if data else ACK, data, **options)

    def server(self, data, **options):
        return self._send("server", PSH | ACK if data else ACK, data, **options)

    def syn(self, answered=True):
        """The three-way handshake, or a SYN that nobody answers."""
        self._send("client", SYN)
        return self._send("server", SYN | ACK)._send("client", ACK) if answered else self

    def upgrade(self, offer=(), accept=(), key=NONCE, path="/chat"):
        """syn(), request and 101; offer and accept are extra headers of the request and the answer."""
        self.syn().client(request(path, key=key, headers=offer))
        return self.server(response(key, headers=accept))

    def fin(self, first="client"):
        second = "server" if first == "client" else "client"
        return self._send(first, FIN | ACK)._send(second, FIN | ACK)._send(first, ACK)

    def rst(self, by="client"):
        return self._send(by, RST | ACK)

    def sleep(self, seconds):
        self.capture.sleep(seconds)
        return self

    def _send(self, side, flags, data=b"", at=None, **options):
        clock = self.capture.clock if at is None else at
        self.capture.sends.append((self, side, flags, data, clock, options))
        self.capture.clock = clock + self.capture.step
        return self


class Capture:
    """A capture file with any number of connections, interleaved in the order of their sends."""

    def __init__(self, link="ether", segmentation="asis", snaplen=262144, step=0.001):
        """segmentation: "asis" (one segment a send), "coalesced" (adjacent sends of one direction join),
        "bytes", or a number: coalesced, then cut into segments of that many bytes."""
        self.link, self.segmentation, self.snaplen, self.step = link, segmentation, snaplen, step
        self.sends, self.clock, self.connections = [], 0.0, 0

    def tcp(self, client=None, server=None, ip=4, vlan=None, mss=None, isn=(1000, 5000)):
        """A connection; client and server are (address, port), both may have the same address."""
        client = client or ({4: "10.0.0.1", 6: "fd00::1"}[ip], 50000 + self.connections)
        server = server or ({4: "10.0.0.2", 6: "fd00::2"}[ip], 80)
        self.connections += 1
        return Tcp(self, client, server, vlan, mss, isn)

    def sleep(self, seconds):
        self.clock += seconds
        return self

    def runs(self, join):
        """The sends as [tcp, side, flags, data, [(end, time)...], options], adjacent ones joined if asked."""
        last, runs = {}, []
        for tcp, side, flags, data, time, options in self.sends:
            run = last.get(tcp)
            if join and run and data and run[3] and run[1] == side and not run[5] and not options:
                run[3] += data
                run[4].append((len(run[3]), time))
                continue
            last[tcp] = [tcp, side, flags, data, [(len(data), time)], options]
            runs.append(last[tcp])
        return runs

    def packets(self, segmentation=None):
        """The packets as (time, bytes, bytes to keep), in the order of the file."""
        segmentation = segmentation or self.segmentation
        limit = {"asis": LARGEST, "coalesced": LARGEST, "bytes": 1}.get(segmentation, segmentation)
        packets, sequence = [], {}
        for tcp, side, flags, data, times, options in self.runs(join=segmentation != "asis"):
            numbers = sequence.setdefault(tcp, {end: isn + 1 for end, isn in tcp.isn.items()})
            other = "server" if side == "client" else "client"
            size = min(limit, tcp.mss or LARGEST)
            for start in range(0, len(data) or 1, size):
                piece = data[start:start + size]
                # A segment leaves when its last byte was sent.
                time = next(time for end, time in times if end >= start + len(piece))
                number = numbers[side] - 1 if flags & SYN else numbers[side]
                packet = self.packet(tcp, side, other, flags, number, numbers[other], piece)
                numbers[side] += len(piece) + bool(flags & FIN)
                copies = 0 if options.get("drop") else 2 if options.get("duplicate") else 1
                packets += [[time, packet, options.get("snap", self.snaplen), options.get("late", 0)]] * copies
        packets.sort(key=lambda packet: packet[0])
        for i in reversed(range(len(packets))):
            if late := packets[i][3]:
                entry = packets.pop(i)
                packets.insert(i + late, [packets[min(i + late, len(packets)) - 1][0], *entry[1:]])
        return [tuple(packet[:3]) for packet in packets]

    def packet(self, tcp, side, other, flags, number, acknowledged, payload):
        (source, sport), (target, dport) = tcp.ends[side], tcp.ends[other]
        source, target = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
        # The largest window scale, so that a long one-way conversation never fills the window.
        options = struct.pack("!BBH4B", 2, 4, tcp.mss or LARGEST, 1, 3, 3, 14) if flags & SYN else b""
        segment = bytearray(struct.pack("!HHIIBBHHH", sport, dport, number % 2**32,
                                        acknowledged % 2**32 if flags & ACK else 0,
                                        (20 + len(options)) << 2, flags, 65535, 0, 0) + options + payload)
        pseudo = source + target + struct.pack("!II", len(segment), 6)
        segment[16:18] = struct.pack("!H", checksum(pseudo + segment))
        v6 = len(source) == 16
        if v6:
            header = struct.pack("!IHBB", 6 << 28, len(segment), 6, 64) + source + target
        else:
            header = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0))
            header += source + target
            header[10:12] = struct.pack("!H", checksum(header))
        return self.link_header(side, tcp.vlan, v6) + header + segment

    def link_header(self, side, vlan, v6):
        if self.link == "ether":
            macs = [bytes.fromhex("02000000000" + digit) for digit in ("21" if side == "client" else "12")]
            tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
            return b"".join(macs) + tag + struct.pack("!H", 0x86DD if v6 else 0x0800)
        family = 30 if v6 else 2  # BSD's numbers: in the host's order for null, the network's for loop
        return {"raw": b"", "null": struct.pack("<I", family), "loop": struct.pack("!I", family)}[self.link]

    def write(self, path, segmentation=None):
        """A classic pcap file."""
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, self.snaplen, LINKS[self.link]))
            for time, packet, keep in self.packets(segmentation):
                seconds, micros = divmod(round((START + time) * 1_000_000), 1_000_000)
                file.write(struct.pack("<IIII", seconds, micros, len(packet[:keep]), len(packet)) + packet[:keep])
        return path
