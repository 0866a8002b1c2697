# SPDX-License-Identifier: GPL-2.0-or-later
"""What the clients of `others` send: texts and bytes of every length, many of which begin like WebSocket frames."""

import json
import random

# FIN with text, binary, close, ping; continuations; the lengths 0, 1, 5, 125 and the marks of longer ones; each also masked.
HEADS = [bytes.fromhex(head) for head in (
    "81", "82", "88", "89", "8a", "01", "00", "8100", "8105", "817d", "817e", "817f", "8180", "8185", "81fe", "8205", "8285",
    "820302", "880203e8", "8802", "8800", "8900", "8a00", "c105", "c1", "827e0100", "817e007e", "81fe0080", "828511223344")]
WORDS = ("frame mask close ping pong text binary opcode payload length server client key value state queue topic table "
         "Grüße naïve žluťoučký κόσμε мир 日本語 🙂").split()


class Values:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, length):
        """At most so many bytes of UTF-8, fewer where a character does not fit."""
        words = " ".join(self.random.choices(WORDS, k=length // 3 + 1))
        return words.encode()[:length].decode(errors="ignore")

    def json(self, length):
        record = {"id": self.random.randrange(10**6), "ok": bool(length % 2), "ratio": self.random.random(), "note": self.text(length)}
        return json.dumps(record, ensure_ascii=False)

    def bytes(self, length):
        return self.random.randbytes(length)

    def framelike(self, length):
        """Begins as a frame does; what follows is text or noise."""
        head = self.random.choice(HEADS)
        rest = self.text(length).encode() if self.random.random() < 0.5 else self.bytes(length)
        return (head + rest)[:length]

    def any(self, length):
        kind = self.random.randrange(5)
        if kind == 0:
            return self.json(length).encode()
        return (self.bytes(length), self.framelike(length), self.text(length).encode(), self.text(length).encode())[kind - 1]

    def every_length(self, most=300, step=1):
        """A value of each length, in no order, so that big ones and small ones share segments."""
        lengths = list(range(0, most + 1, step))
        self.random.shuffle(lengths)
        return [self.any(length) for length in lengths]

    def texts(self, most=300, step=1):
        lengths = list(range(0, most + 1, step))
        self.random.shuffle(lengths)
        return [self.json(length) if length % 4 == 0 else self.text(length) for length in lengths]
