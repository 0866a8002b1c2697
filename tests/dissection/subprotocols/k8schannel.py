# SPDX-License-Identifier: GPL-2.0-or-later
"""What kubectl exec sends and gets."""

SUBPROTOCOL = "v5.channel.k8s.io"
CONTENT = None
MESSAGES = [
    ("c", b'\x04{"Width":80,"Height":24}', 'Kubernetes resize "{"Width":80,"Height":24}"', {"channel": ["4"], "text": ['{"Width":80,"Height":24}']}),
    ("c", b"\x00ls\n", 'Kubernetes stdin "ls "', {"channel": ["0"], "text": ["ls\\n"]}),
    ("s", b"\x01file\r\n", 'Kubernetes stdout "file  "', {"channel": ["1"], "text": ["file\\r\\n"]}),
    ("s", b"\x02oh no", 'Kubernetes stderr "oh no"', {"channel": ["2"], "text": ["oh no"]}),
    ("s", b"\x01\xff\x00", "Kubernetes stdout", {"channel": ["1"]}),
    ("s", b"\x01", "Kubernetes stdout", {"channel": ["1"]}),
    ("c", b"\xff\x00", "Kubernetes close of stdin", {"channel": ["255"]}),
    ("s", b'\x03{"status":"Success"}', 'Kubernetes error "{"status":"Success"}"', {"channel": ["3"], "text": ['{"status":"Success"}']}),
]
LINKS = {}
MALFORMED = [b"\x07abc", b"\x63"]
