# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of Faye from its handshake to its end."""

PATH = "/faye"
CONTENT = 1
MESSAGES = [
    ("c", '[{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],"id":"1"}]', "Bayeux handshake",
     {"type": ["handshake"], "channel": ["/meta/handshake"], "id": ["1"]}),
    ("s", '[{"id":"1","channel":"/meta/handshake","successful":true,"clientId":"c"}]', "Bayeux handshake",
     {"type": ["handshake"], "channel": ["/meta/handshake"], "id": ["1"]}),
    ("c", '[{"channel":"/meta/connect","clientId":"c","id":"2"},{"channel":"/meta/subscribe","clientId":"c","subscription":"/chat","id":"3"}]',
     "Bayeux connect, subscribe /chat", {"type": ["connect", "subscribe"], "channel": ["/meta/connect", "/meta/subscribe"], "id": ["2", "3"]}),
    ("s", '[{"id":"3","channel":"/meta/subscribe","successful":false,"subscription":"/chat","error":"403::no"}]', 'Bayeux subscribe /chat failed "403::no"',
     {"type": ["subscribe"], "channel": ["/meta/subscribe"], "id": ["3"]}),
    ("c", '[{"channel":"/chat/room","data":{"a":1},"clientId":"c","id":"4"}]', "Bayeux /chat/room", {"type": ["message"], "channel": ["/chat/room"], "id": ["4"]}),
    ("s", '[{"channel":"/chat/room","data":{"a":1}},{"id":"4","channel":"/chat/room","successful":true}]', "Bayeux /chat/room, /chat/room",
     {"type": ["message", "message"], "channel": ["/chat/room", "/chat/room"], "id": ["4"]}),
    ("c", '{"channel":"/meta/disconnect","clientId":"c"}', "Bayeux disconnect", {"type": ["disconnect"], "channel": ["/meta/disconnect"]}),
]
LINKS = {0: [1], 2: [3], 4: [5]}
MALFORMED = ["hello", "[]", '[{"channel":7}]', '[{"channel":"/a"},{"b":1}]', "{}", "[7]"]
