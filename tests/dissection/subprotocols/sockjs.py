# SPDX-License-Identifier: GPL-2.0-or-later
"""Every frame of SockJS, with STOMP in one."""

PATH = "/echo/123/abc/websocket"
CONTENT = None
MESSAGES = [
    ("s", "o", "SockJS open", {"type": ["open"]}),
    ("s", "h", "SockJS heartbeat", {"type": ["heartbeat"]}),
    ("s", 'a["one"]', 'SockJS messages "one"', {"type": ["messages"], "messages": ["1"]}),
    ("s", 'a["one","two\\u0021"]', "SockJS messages 2", {"type": ["messages"], "messages": ["2"]}),
    ("c", '["hi"]', 'SockJS messages "hi"', {"type": ["messages"], "messages": ["1"]}),
    ("c", '["SEND\\ndestination:/queue/a\\n\\nhello\\u0000"]', 'STOMP SEND "/queue/a"', {"type": ["messages"], "messages": ["1"]}),
    ("s", 'c[3000,"Go away!"]', 'SockJS close 3000 "Go away!"', {"type": ["close"], "close.code": ["3000"], "close.reason": ["Go away!"]}),
]
LINKS = {}
MALFORMED = ["hello", "a", "a[1]", "c[]", 'c["x"]', "a[", "{}"]
