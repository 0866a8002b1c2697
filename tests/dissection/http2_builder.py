# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP/2 connections (RFC 9113) for captures, with or without WebSocket on their streams (RFC 8441).

    http2 = Http2(capture.tcp())
    http2.websocket(1)
    http2.client(1, text("hello", mask=KEY))
    http2.server(3, frame, pad=7, end=True)
"""

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY, ACK = 1, 4, 8, 32, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ENABLE_CONNECT_PROTOCOL = 8
CANCEL = 8


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def integer(value, bits, first=0):
    """RFC 7541 5.1"""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def string(text):
    return integer(len(text), 7) + text


class Encoder:
    """HPACK (RFC 7541) without Huffman and the static table: each field becomes an entry the first time, an index then."""

    STATIC = 61

    def __init__(self):
        self.table = []  # newest first

    def encode(self, fields, indexing=True):
        out = b""
        for field in fields:
            pair = tuple(part.encode() for part in field)
            if indexing and pair in self.table:
                out += integer(self.STATIC + 1 + self.table.index(pair), 7, 0x80)
                continue
            out += (b"\x40" if indexing else b"\x00") + string(pair[0]) + string(pair[1])
            if indexing:
                self.table.insert(0, pair)
                while sum(len(name) + len(value) + 32 for name, value in self.table) > 4096:
                    self.table.pop()
        return out


def connect(path="/chat", offer=(), scheme="http", authority="example.com", version="13"):
    """The fields of a request for WebSocket; those of value None are left out."""
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", scheme), (":path", path),
              (":authority", authority), ("sec-websocket-version", version), *offer]
    return [field for field in fields if field[1] is not None]


class Http2:
    """One connection over a Tcp of builder.py. begin=False leaves preface and settings to the caller."""

    def __init__(self, tcp, begin=True):
        self.tcp = tcp
        self.encoders = {"client": Encoder(), "server": Encoder()}
        if begin:
            tcp.syn()
            tcp.client(PREFACE + frame(SETTINGS, 0, 0, struct.pack("!HI", 4, 1 << 20)))
            tcp.server(frame(SETTINGS, 0, 0, struct.pack("!HI", ENABLE_CONNECT_PROTOCOL, 1)) + frame(SETTINGS, ACK, 0))
            tcp.client(frame(SETTINGS, ACK, 0) + frame(WINDOW_UPDATE, 0, 0, struct.pack("!I", 1 << 20)))

    def send(self, side, data, **options):
        getattr(self.tcp, side)(data, **options)
        return self

    def headers(self, side, stream, fields, end=False, pad=None, priority=False, pieces=1, indexing=True, **options):
        """HEADERS, and CONTINUATION if the block is to be cut in several pieces."""
        block = self.encoders[side].encode(fields, indexing)
        size = -(-len(block) // pieces)
        cut = [block[i:i + size] for i in range(0, len(block), size)]
        before = (bytes([pad]) if pad is not None else b"") + (b"\x80\0\0\0\x10" if priority else b"")
        flags = (END_STREAM * end | PADDED * (pad is not None) | HAS_PRIORITY * priority | END_HEADERS * (len(cut) == 1))
        out = frame(HEADERS, flags, stream, before + cut[0] + bytes(pad or 0))
        for i, piece in enumerate(cut[1:], 2):
            out += frame(CONTINUATION, END_HEADERS * (i == len(cut)), stream, piece)
        return self.send(side, out, **options)

    def promise(self, stream, promised, fields):
        block = self.encoders["server"].encode(fields)
        return self.send("server", frame(PUSH_PROMISE, END_HEADERS, stream, struct.pack("!I", promised) + block))

    def data(self, side, stream, payload=b"", end=False, pad=None, pieces=1, **options):
        """DATA, in several frames of one segment if the payload is to be cut in pieces."""
        size = -(-len(payload) // pieces) or 1
        cut = [payload[i:i + size] for i in range(0, len(payload), size)] or [b""]
        out = b""
        for i, piece in enumerate(cut, 1):
            flags = END_STREAM * (end and i == len(cut)) | PADDED * (pad is not None)
            out += frame(DATA, flags, stream, (bytes([pad]) if pad is not None else b"") + piece + bytes(pad or 0))
        return self.send(side, out, **options)

    def client(self, stream, payload, **options):
        return self.data("client", stream, payload, **options)

    def server(self, stream, payload, **options):
        return self.data("server", stream, payload, **options)

    def reset(self, side, stream, code=CANCEL):
        return self.send(side, frame(RST_STREAM, 0, stream, struct.pack("!I", code)))

    def websocket(self, stream, offer=(), answer=(), **request):
        """A request for WebSocket, and the answer that accepts it."""
        self.headers("client", stream, connect(offer=offer, **request))
        return self.headers("server", stream, [(":status", "200"), *answer])

    def closes(self, stream):
        """Nothing more on this stream."""
        return self.client(stream, b"", end=True).server(stream, b"", end=True)
