#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""misbehaving_client.py PORT: breaks one rule per connection, on purpose, and notes how the server takes it.

It has a raw socket and no WebSocket library: it makes its frames and reads the answers by itself. A server that does not
complain at once is asked with a ping whether it still listens, and left with a good Close.
"""

import itertools
import json
import os
import select
import socket
import struct
import sys
import time
import zlib

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RSV1, RSV2, RSV3 = 4, 2, 1
PATIENCE = 0.3  # seconds in which a server on the same machine complains
TOO_BIG = 1400  # bytes; the servers take 1280
OFFER = "permessage-deflate; client_max_window_bits"


# ---- frames -----------------------------------------------------------------

def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, form=None, length=None):
    """One frame, good or bad; form (0, 16 or 64) is how its length is written, length what it says."""
    length = len(payload) if length is None else length
    form = form if form is not None else 0 if length < 126 else 16 if length < 1 << 16 else 64
    code = {0: length, 16: 126, 64: 127}[form]
    head = bytes([fin << 7 | rsv << 4 | opcode, mask << 7 | code])
    head += {0: b"", 16: struct.pack("!Q", length)[-2:], 64: struct.pack("!Q", length)}[form]
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(a ^ b for a, b in zip(payload, itertools.cycle(key)))


def text(payload, **options):
    return frame(TEXT, payload, **options)


def close(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def deflated(data, bits=15):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -bits)
    return (squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4]


# ---- misdeeds ---------------------------------------------------------------

# Digits without a pattern, and the first of them again 1000 bytes later: further back than a window of 9 bits.
DIGITS = b"".join(b"%d" % (i * i * 7919 % 100003) for i in range(1, 250))[:1000]
FAR_BACK = DIGITS + DIGITS[:100]
BAD = deflated(b"good, then \xff, then good again")

# Name: (rule broken or None, index of the frame that breaks it, frames)
PLAIN = {
    "nothing wrong": (None, None, [text(b"good")]),
    "unmasked text": ("client_unmasked", 0, [text(b"bare", mask=False)]),
    "unmasked ping": ("client_unmasked", 0, [frame(PING, b"bare", mask=False)]),
    "opcode 3": ("opcode_reserved", 0, [frame(3, b"three")]),
    "opcode 11": ("opcode_reserved", 0, [frame(11, b"eleven")]),
    "RSV1 without extension": ("rsv_set", 0, [text(b"one", rsv=RSV1)]),
    "RSV2 without extension": ("rsv_set", 0, [text(b"two", rsv=RSV2)]),
    "RSV3 without extension": ("rsv_set", 0, [text(b"three", rsv=RSV3)]),
    "RSV1 on a ping without extension": ("rsv_set", 0, [frame(PING, rsv=RSV1)]),
    "ping of 126 bytes": ("control_too_long", 0, [frame(PING, b"p" * 126)]),
    "fragmented ping": ("control_fragmented", 0, [frame(PING, b"part", fin=False)]),
    "unexpected continuation": ("continuation_unexpected", 0, [frame(CONTINUATION, b"of what?")]),
    "continuation after a whole message": ("continuation_unexpected", 1, [text(b"whole"), frame(CONTINUATION, b"more")]),
    "interleaved message": ("data_interleaved", 1, [text(b"begun", fin=False), text(b"another")]),
    "bad UTF-8": ("text_not_utf8", 0, [text(b"bad \xff")]),
    "overlong UTF-8": ("text_not_utf8", 0, [text(b"\xc0\xaf")]),
    "surrogate in UTF-8": ("text_not_utf8", 0, [text(b"\xed\xa0\x80")]),
    "UTF-8 above U+10FFFF": ("text_not_utf8", 0, [text(b"\xf4\x90\x80\x80")]),
    "half a character at the end": ("text_not_utf8", 0, [text(b"half \xe2\x82")]),
    "half a character at the end of the last fragment":
        ("text_not_utf8", 1, [text(b"half ", fin=False), frame(CONTINUATION, b"\xe2\x82")]),
    "bad UTF-8 in the first fragment": ("text_not_utf8", 0, [text(b"bad \xff", fin=False)]),
    "bad UTF-8 in the second of three fragments":
        ("text_not_utf8", 1, [text(b"good", fin=False), frame(CONTINUATION, b"bad \xff", fin=False)]),
    "a character badly continued in the next fragment":
        ("text_not_utf8", 1, [text(b"\xe2", fin=False), frame(CONTINUATION, b"(", fin=False)]),
    "a character split over fragments": (None, None, [text(b"\xe2", fin=False), frame(CONTINUATION, b"\x82\xac")]),
    "a ping between fragments": (None, None, [text(b"a", fin=False), frame(PING), frame(CONTINUATION, b"b")]),
    "unsolicited pong": (None, None, [frame(PONG, b"nobody asked")]),
    "length 5 in 16 bits": ("length_not_minimal", 0, [text(b"five!", form=16)]),
    "length 5 in 64 bits": ("length_not_minimal", 0, [text(b"five!", form=64)]),
    "length 126 in 64 bits": ("length_not_minimal", 0, [text(b"x" * 126, form=64)]),
    "length with its highest bit set": ("length_msb_set", 0, [frame(BINARY, b"begin", length=1 << 63 | 5)]),
    "message too big": (None, None, [frame(BINARY, b"b" * TOO_BIG)]),
    "fragmented message too big": (None, None, [frame(BINARY, b"b" * 800, fin=False), frame(CONTINUATION, b"b" * 600)]),
    "Close without a body": (None, None, [frame(CLOSE)]),
    "Close with a body of one byte": ("close_length", 0, [frame(CLOSE, b"\x03")]),
    "Close of 126 bytes": ("control_too_long", 0, [close(1000, b"r" * 124)]),
    "Close with a reason that is not UTF-8": ("close_reason_not_utf8", 0, [close(1000, b"bad \xff")]),
    "text after Close": ("data_after_close", 1, [close(1000) + text(b"late")]),
    **{f"close code {code}": ("close_code_invalid", 0, [close(code)])
       for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)},
    **{f"close code {code}": (None, None, [close(code)])
       for code in (1001, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999)},
}
DEFLATE = {
    "nothing wrong": (None, None, [text(deflated(b"good"), rsv=RSV1)]),
    "not compressed": (None, None, [text(b"good")]),
    "compressed fragments": (None, None, [text(deflated(b"good")[:3], rsv=RSV1, fin=False),
                                          frame(CONTINUATION, deflated(b"good")[3:])]),
    "RSV1 on a ping": ("control_compressed", 0, [frame(PING, rsv=RSV1)]),
    "RSV1 on a Close": ("control_compressed", 0, [frame(CLOSE, struct.pack("!H", 1000), rsv=RSV1)]),
    "RSV1 on a continuation": ("continuation_compressed", 1, [text(deflated(b"good")[:3], rsv=RSV1, fin=False),
                                                              frame(CONTINUATION, deflated(b"good")[3:], rsv=RSV1)]),
    "RSV1 on the continuation of a plain message":
        ("continuation_compressed", 1, [text(b"plain", fin=False), frame(CONTINUATION, b"not", rsv=RSV1)]),
    "RSV2 beside RSV1": ("rsv_set", 0, [text(deflated(b"good"), rsv=RSV1 | RSV2)]),
    "RSV3": ("rsv_set", 0, [text(b"three", rsv=RSV3)]),
    "no DEFLATE data": ("inflate_failed", 0, [frame(BINARY, b"\xff not compressed", rsv=RSV1)]),
    "a DEFLATE block of reserved type": ("inflate_failed", 0, [text(b"\x07\x00", rsv=RSV1)]),
    "a reference to before the beginning": ("inflate_failed", 0, [text(b"\x02\x02\x00", rsv=RSV1)]),
    "further back than the window": ("window_exceeded", 0, [text(deflated(FAR_BACK), rsv=RSV1)]),
    "bad UTF-8": ("text_not_utf8", 0, [text(deflated(b"bad \xff"), rsv=RSV1)]),
    "half a character at the end": ("text_not_utf8", 0, [text(deflated(b"half \xe2\x82"), rsv=RSV1)]),
    "bad UTF-8 in the first fragment": ("text_not_utf8", 0, [text(BAD[:-2], rsv=RSV1, fin=False)]),
    "bad UTF-8 in a message of two fragments":
        ("text_not_utf8", 1, [text(BAD[:-2], rsv=RSV1, fin=False), frame(CONTINUATION, BAD[-2:])]),
    "message too big when inflated": (None, None, [text(deflated(b"b" * TOO_BIG, 9), rsv=RSV1)]),
}


# ---- talking ----------------------------------------------------------------

class Peer:
    """A connection to the server, from after the handshake on."""

    def __init__(self, port, deflate):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=3)
        extension = f"Sec-WebSocket-Extensions: {OFFER}\r\n" if deflate else ""
        self.socket.sendall((f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                             f"{extension}\r\n").encode())
        self.read, self.silent = b"", False
        while b"\r\n\r\n" not in self.read:
            self.more()
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ") and (b"permessage-deflate" in head) == deflate, head

    def more(self):
        """Reads on; False at the end of the stream, and after a silence."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        except TimeoutError:
            data, self.silent = b"", True
        self.read += data
        return bool(data)

    def answer(self):
        """(opcode, payload) of the server's next frame, or None at the end; its frames are unmasked and short."""
        while len(self.read) < 2 or len(self.read) < 2 + self.read[1]:
            if not self.more():
                return None
        size = 2 + self.read[1]
        found, self.read = (self.read[0] & 15, self.read[2:size]), self.read[size:]
        return found

    def complains(self):
        return bool(self.read) or bool(select.select([self.socket], [], [], PATIENCE)[0])

    def verdict(self):
        """What the server makes of it: its Close, a pong, or None if it left or, as autobahn may, fell silent."""
        question = b"still there?"
        asked = False
        while True:
            if not asked and not self.complains():
                self.send(frame(PING, question))
                asked = True
            found = self.answer()
            if not found or found[0] == CLOSE or found == (PONG, question):
                return found

    def send(self, data):
        """A server that has enough may be gone already."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end(self):
        while self.answer():
            pass
        self.socket.close()


def misbehave(port, deflate, frames):
    """Sends the frames, each in a segment of its own; returns the code of the server's Close, 1006 if it left without one.

    None: it went on as if nothing had happened, or is silent.
    """
    peer = Peer(port, deflate)
    for data in frames:
        peer.send(data)
        time.sleep(0.02)
    found = peer.verdict()
    closes = frames[-1][0] & 15 == CLOSE
    if found is None:
        code = None if peer.silent else 1006
    elif found[0] == CLOSE:
        code = struct.unpack("!H", found[1][:2])[0] if found[1] else 1005
    else:
        code = None
    if not closes:
        peer.send(close(1000))
    peer.end()
    return code


def main(port):
    stream = 0
    for deflate, misdeeds in ((False, PLAIN), (True, DEFLATE)):
        for misdeed, (rule, index, frames) in misdeeds.items():
            code = misbehave(port, deflate, frames)
            print(json.dumps({"time": stream, "stream": stream, "deflate": deflate, "misdeed": misdeed, "rule": rule,
                              "frame": index, "code": code}))
            stream += 1


if __name__ == "__main__":
    main(int(sys.argv[1]))
