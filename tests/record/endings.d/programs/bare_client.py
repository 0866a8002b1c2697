# SPDX-License-Identifier: GPL-2.0-or-later
"""bare_client.py PORT SERVER_PORT MISDEED [PATH]: upgrades on a bare socket, says hello, commits one misdeed and waits for the end."""

import socket
import sys
import time

KEY = b"\x37\xfa\x21\x3d"
START = time.monotonic()


def frame(first, payload, masked=True):
    head = bytes([first, (0x80 if masked else 0) | len(payload)])
    if not masked:
        return head + payload
    return head + KEY + bytes(byte ^ KEY[i % 4] for i, byte in enumerate(payload))


MISDEEDS = {
    "unmasked": frame(0x81, b"not masked", masked=False),
    "opcode": frame(0x83, b"opcode 3"),
    "utf8": frame(0x81, b"caf\xe9 au lait"),
    "rsv": frame(0xC1, b"RSV1 without an extension"),
    "continuation": frame(0x80, b"of nothing"),
    "none": frame(0x88, b"\x03\xe8"),
}


def say(text):
    print(f"{time.monotonic() - START:.3f} {port} {text}", flush=True)


port, server, misdeed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with socket.socket() as peer:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    peer.bind(("127.0.0.1", port))
    peer.connect(("127.0.0.1", server))
    path = sys.argv[4] if sys.argv[4:] else "/echo"
    peer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    say(f"received {peer.recv(4096)[:34]!r}")
    peer.sendall(frame(0x81, b"hello"))
    say(f"received {peer.recv(4096)!r}")
    time.sleep(0.3)
    say(f"misdeed {misdeed}: {MISDEEDS[misdeed].hex()}")
    peer.sendall(MISDEEDS[misdeed])
    while answer := peer.recv(4096):
        say(f"received {answer!r}")
        if answer[0] == 0x88:
            peer.sendall(frame(0x88, answer[2:4]))
    say("end")
