# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the NATS client protocol."""

SUBPROTOCOL = "nats"
CONTENT = 1
MESSAGES = [
    ("s", b'INFO {"server_id":"Zk0","version":"1.2.3"} \r\n', "NATS INFO", {"command": ["INFO"]}),
    ("c", b'CONNECT {"verbose":false}\r\nPING\r\n', "NATS CONNECT, PING", {"command": ["CONNECT", "PING"]}),
    ("s", b"PONG\r\n", "NATS PONG", {"command": ["PONG"]}),
    ("c", b"SUB FOO G1 44\r\nUNSUB 44\r\n", "NATS SUB FOO, UNSUB", {"command": ["SUB", "UNSUB"], "subject": ["FOO"]}),
    ("c", b"PUB FRONT.DOOR JOKE.22 11\r\nKnock Knock\r\npub NOTIFY 0\r\n\r\n", "NATS PUB FRONT.DOOR, pub NOTIFY", {"command": ["PUB", "pub"], "subject": ["FRONT.DOOR", "NOTIFY"]}),
    ("c", b"HPUB FOO 22 33\r\nNATS/1.0\r\nBar: Baz\r\n\r\nHello NATS!\r\n", "NATS HPUB FOO", {"command": ["HPUB"], "subject": ["FOO"]}),
    ("s", b"MSG FOO.BAR 9 11\r\nHello World\r\n+OK\r\n-ERR 'Unknown'\r\n", "NATS MSG FOO.BAR, +OK, -ERR 'Unknown'",
     {"command": ["MSG", "+OK", "-ERR"], "subject": ["FOO.BAR"]}),
    ("s", b"MSG LONG 1 6\r\nabc", "NATS MSG LONG", {"command": ["MSG"], "subject": ["LONG"]}),
    ("s", b"def\r\nPI", "NATS MSG LONG, PI", {"command": ["MSG"], "subject": ["LONG"]}),
    ("s", b"NG\r\n", "NATS PING", {"command": ["PING"]}),
]
LINKS = {}
MALFORMED = [b"hello\r\n", b"PUB a x\r\nabc\r\n", b"\x00\r\n"]
