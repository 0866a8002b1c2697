# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the STOMP 1.2 specification."""

from support import NUL

SUBPROTOCOL = "v12.stomp"
CONTENT = 1
MESSAGES = [
    ("c", "CONNECT\naccept-version:1.2\nhost:stomp.example.org\n\n\0", "STOMP CONNECT", {"command": ["CONNECT"], "header": ["accept-version:1.2", "host:stomp.example.org"]}),
    ("s", "CONNECTED\r\nversion:1.2\r\n\r\n\0\n", "STOMP CONNECTED", {"command": ["CONNECTED"], "header": ["version:1.2"]}),
    ("c", "SUBSCRIBE\nid:0\ndestination:/queue/foo\nack:client\n\n\0", 'STOMP SUBSCRIBE "/queue/foo"',
     {"command": ["SUBSCRIBE"], "header": ["id:0", "destination:/queue/foo", "ack:client"], "id": ["0"], "destination": ["/queue/foo"]}),
    ("c", "SEND\ndestination:/queue/a\\cb\nreceipt:r-1\ncontent-type:text/plain\n\nhello queue a\0", 'STOMP SEND "/queue/a:b"',
     {"command": ["SEND"], "header": ["destination:/queue/a\\cb", "receipt:r-1", "content-type:text/plain"], "destination": ["/queue/a:b"],
      "receipt_id": ["r-1"], "body": ["hello queue a"]}),
    ("s", "RECEIPT\nreceipt-id:r-1\n\n\0", "STOMP RECEIPT to SEND", {"command": ["RECEIPT"], "header": ["receipt-id:r-1"], "receipt_id": ["r-1"]}),
    ("s", "MESSAGE\nsubscription:0\nmessage-id:007\ndestination:/queue/foo\ncontent-length:5\n\na\0b\0c\0\n\n", 'STOMP MESSAGE "/queue/foo"',
     {"command": ["MESSAGE"], "header": ["subscription:0", "message-id:007", "destination:/queue/foo", "content-length:5"], "subscription": ["0"],
      "destination": ["/queue/foo"], "body": [f"a{NUL}b{NUL}c"]}),
    ("s", "\n", "STOMP heartbeat", {}),
    ("c", "ACK\nid:007\n\n\0\nBEGIN\ntransaction:t\n\n\0", "STOMP ACK, BEGIN", {"command": ["ACK", "BEGIN"], "header": ["id:007", "transaction:t"], "id": ["007"]}),
    ("s", "ERROR\nmessage:malformed frame\n\nwhat was it\0", 'STOMP ERROR "malformed frame"', {"command": ["ERROR"], "header": ["message:malformed frame"], "body": ["what was it"]}),
    ("c", b"SEND\ndestination:/b\n\n\xff\xfe\0", 'STOMP SEND "/b"', {"command": ["SEND"], "header": ["destination:/b"], "destination": ["/b"]}),
    # A frame in two messages: what each shows
    ("c", b"SEND\ndestination:/long\n\nfirst ", 'STOMP SEND "/long"', {"command": ["SEND"], "header": ["destination:/long"], "destination": ["/long"]}),
    ("c", b"second\0", 'STOMP SEND "/long"', {"command": ["SEND"], "header": ["destination:/long"], "destination": ["/long"], "body": ["first second"]}),
]
LINKS = {3: [4]}
MALFORMED = ["hello\n", "GET / HTTP/1.1\n", "SEND\nno colon\n\n\0", "SEND\ncontent-length:x\n\n\0", "SEND\ncontent-length:1\n\nab\0", b"\x00\x01\n"]
