# SPDX-License-Identifier: GPL-2.0-or-later
"""Version 1 as objects, version 2 as lists and, with the sizes counted by hand, binary."""

PATH = "/socket/websocket?vsn=2.0.0"
CONTENT = 1
MESSAGES = [
    ("c", '["1","1","room:lobby","phx_join",{"token":"x"}]', 'Phoenix phx_join "room:lobby"', {"topic": ["room:lobby"], "event": ["phx_join"], "ref": ["1"]}),
    ("s", '["1","1","room:lobby","phx_reply",{"response":{},"status":"ok"}]', 'Phoenix reply ok "room:lobby" to phx_join',
     {"topic": ["room:lobby"], "event": ["phx_reply"], "ref": ["1"], "status": ["ok"]}),
    ("c", '[null,"2","phoenix","heartbeat",{}]', 'Phoenix heartbeat "phoenix"', {"topic": ["phoenix"], "event": ["heartbeat"], "ref": ["2"]}),
    ("s", '[null,"2","phoenix","phx_reply",{"response":{},"status":"ok"}]', 'Phoenix reply ok "phoenix" to heartbeat',
     {"topic": ["phoenix"], "event": ["phx_reply"], "ref": ["2"], "status": ["ok"]}),
    ("s", '[null,null,"room:lobby","new_msg",{"body":"hi"}]', 'Phoenix new_msg "room:lobby"', {"topic": ["room:lobby"], "event": ["new_msg"]}),
    ("c", '{"topic":"room:1","event":"phx_join","payload":{},"ref":"3"}', 'Phoenix phx_join "room:1"', {"topic": ["room:1"], "event": ["phx_join"], "ref": ["3"]}),
    ("s", '{"topic":"room:1","event":"phx_reply","payload":{"status":"error"},"ref":"3"}', 'Phoenix reply error "room:1" to phx_join',
     {"topic": ["room:1"], "event": ["phx_reply"], "ref": ["3"], "status": ["error"]}),
    ("c", b"\x00\x01\x01\x04\x0414roomdata\x01\xff", 'Phoenix data "room"', {"topic": ["room"], "event": ["data"], "ref": ["4"]}),
    ("s", b"\x01\x01\x01\x04\x0214roomok\x00\xff", 'Phoenix reply ok "room" to data', {"topic": ["room"], "event": ["phx_reply"], "ref": ["4"], "status": ["ok"]}),
    ("s", b"\x00\x01\x04\x041roompush\x00", 'Phoenix push "room"', {"topic": ["room"], "event": ["push"]}),
    ("s", b"\x02\x04\x05roomevent\x00", 'Phoenix event "room"', {"topic": ["room"], "event": ["event"]}),
]
LINKS = {0: [1], 2: [3], 5: [6], 7: [8]}
MALFORMED = ["hello", "[]", '["1","1","room","phx_join"]', '{"topic":"a"}', '[null,null,7,"a",{}]', b"\x07abc", b"\x02\xff\x01ab", b"\x01"]
