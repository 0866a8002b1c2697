#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a capture of mixed traffic with a little WebSocket in it: wscap_traffic.py FILE MEGABYTES [PERCENT].

Of the bytes PERCENT (1) are WebSocket conversations on port 80, which has nothing else, so that `tcp port 80` finds
the same packets as the selection. The rest: TLS (60 %), plain HTTP on port 8080 (25 %), a database's protocol (10 %),
UDP (the rest). Connections are interleaved, 200 at a time.
"""

import random
import struct
import sys

MSS = 1448
REQUEST = (b"GET /%s HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n"
           b"Connection: keep-alive\r\n\r\n")
UPGRADE = (b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def tcp(ends, direction, flags, number, acknowledged, payload=b""):
    (source, sport), (target, dport) = ends if direction == 0 else ends[::-1]
    return (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
            + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, source, target)
            + struct.pack("!HHIIBBHHH", sport, dport, number, acknowledged, 0x50, flags, 65535, 0, 0) + payload)


def conversation(ends, exchanges):
    """The packets of one connection; exchanges are (direction, bytes)."""
    numbers = [random.getrandbits(31), random.getrandbits(31)]
    yield tcp(ends, 0, 2, numbers[0], 0)
    numbers[0] += 1
    yield tcp(ends, 1, 18, numbers[1], numbers[0])
    numbers[1] += 1
    yield tcp(ends, 0, 16, *numbers)
    for direction, data in exchanges:
        for start in range(0, len(data), MSS):
            piece = data[start:start + MSS]
            yield tcp(ends, direction, 24, numbers[direction], numbers[1 - direction], piece)
            numbers[direction] += len(piece)
            if start % (2 * MSS):
                yield tcp(ends, 1 - direction, 16, numbers[1 - direction], numbers[direction])
    for direction in (0, 1):
        yield tcp(ends, direction, 17, numbers[direction], numbers[1 - direction])
        numbers[direction] += 1


def address(number):
    return struct.pack("!I", 10 << 24 | number)


def websocket(client):
    def frame(direction):
        size = random.randrange(20, 1000)
        head = bytes([0x81, 0x80 * (1 - direction) | (size if size < 126 else 126)])
        return head + (b"" if size < 126 else struct.pack("!H", size)) + (b"" if direction else b"\1\2\3\4") + b"x" * size
    messages = [(i % 2, frame(i % 2)) for i in range(random.randrange(20, 200))]
    return conversation(((client, random.randrange(1024, 65535)), (address(9), 80)),
                        [(0, UPGRADE), (1, SWITCH), *messages])


def http(client):
    exchanges = []
    for i in range(random.randrange(1, 8)):
        body = BLOB[:random.choice((500, 2000, 20000, 150000))]
        exchanges += [(0, REQUEST % (b"page%d" % i)),
                      (1, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)]
    return conversation(((client, random.randrange(1024, 65535)), (address(8), 8080)), exchanges)


def tls(client):
    hello = b"\x16\x03\x01\x02\0\x01\0\1\xfc\3\3" + BLOB[:505]
    size = random.choice((3000, 30000, 300000))
    return conversation(((client, random.randrange(1024, 65535)), (address(7), 443)),
                        [(0, hello), (1, b"\x16\x03\x03" + BLOB[:4000]), (0, b"\x17\x03\x03" + BLOB[:400]),
                         (1, b"\x17\x03\x03" + BLOB[:size])])


def database(client):
    return conversation(((client, random.randrange(1024, 65535)), (address(6), 5432)),
                        [(i % 2, b"\0\0\1" + BLOB[:random.randrange(40, 900)]) for i in range(400)])


def udp(client):
    for _ in range(200):
        payload = BLOB[:random.randrange(40, 1200)]
        yield (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
               + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, client, address(5))
               + struct.pack("!HHHH", 5000, 6000, 8 + len(payload), 0) + payload)


BLOB = b""


def write(path, megabytes, percent=1.0, seed=1):
    global BLOB
    random.seed(seed)
    BLOB = random.randbytes(300000)
    kinds = [[tls, 60.0, 0], [http, 25.0, 0], [database, 10.0, 0], [udp, 5.0 - percent, 0], [websocket, percent, 0]]
    running, written, clients, clock = [], 24, 256, 0
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        while written < megabytes * 1_000_000:
            while len(running) < 200:
                kind = min(kinds, key=lambda kind: kind[2] / kind[1])  # the one furthest behind its share
                clients += 1
                running.append((kind, kind[0](address(clients))))
                kind[2] += 1  # so that empty ones take turns at the start
            slot = random.randrange(len(running))
            kind, packets = running[slot]
            for _ in range(random.randrange(1, 20)):
                packet = next(packets, None)
                if packet is None:
                    running[slot] = running[-1]
                    running.pop()
                    break
                clock += 7
                file.write(struct.pack("<IIII", 1_700_000_000 + clock // 1_000_000, clock % 1_000_000,
                                       len(packet), len(packet)) + packet)
                written += 16 + len(packet)
                kind[2] += 16 + len(packet)
    return {kind[0].__name__: kind[2] for kind in kinds}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    print(write(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 1.0))
