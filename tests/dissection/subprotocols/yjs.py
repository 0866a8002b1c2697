# SPDX-License-Identifier: GPL-2.0-or-later
"""What y-websocket sends."""

SUBPROTOCOL = "yjs"
CONTENT = None
MESSAGES = [
    ("c", b"\x00\x00\x01\x00", "Yjs sync step 1", {"type": ["0"]}),
    ("s", b"\x00\x01\x02\x00\x00", "Yjs sync step 2", {"type": ["0"]}),
    ("c", b"\x00\x02\x02\x00\x00", "Yjs sync update", {"type": ["0"]}),
    ("c", b"\x01\x04\x01\x02\x00\x00", "Yjs awareness", {"type": ["1"]}),
    ("s", b"\x02\x00\x01a", "Yjs auth", {"type": ["2"]}),
    ("c", b"\x03", "Yjs query awareness", {"type": ["3"]}),
]
LINKS = {}
MALFORMED = [b"\x09", b"\x00", b"\x00\x07", "hello"]
