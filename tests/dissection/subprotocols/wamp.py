# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the WAMP specification."""

SUBPROTOCOL = "wamp.2.json"
CONTENT = 1
MESSAGES = [
    ("c", '[1,"somerealm",{"roles":{"caller":{}}}]', "WAMP HELLO somerealm", {"type": ["1"], "uri": ["somerealm"]}),
    ("s", '[2,9129137332,{"roles":{"broker":{}}}]', "WAMP WELCOME", {"type": ["2"], "session_id": ["9129137332"]}),
    ("c", '[32,713845233,{},"com.myapp.mytopic1"]', "WAMP SUBSCRIBE com.myapp.mytopic1", {"type": ["32"], "request_id": ["713845233"], "uri": ["com.myapp.mytopic1"]}),
    ("s", '[33,713845233,5512315355]', "WAMP SUBSCRIBED to com.myapp.mytopic1", {"type": ["33"], "request_id": ["713845233"], "uri": ["com.myapp.mytopic1"]}),
    ("c", '[16,239714735,{"acknowledge":true},"com.myapp.mytopic1"]', "WAMP PUBLISH com.myapp.mytopic1", {"type": ["16"], "request_id": ["239714735"], "uri": ["com.myapp.mytopic1"]}),
    ("c", '[16,239714736,{},"com.myapp.mytopic1"]', "WAMP PUBLISH com.myapp.mytopic1", {"type": ["16"], "request_id": ["239714736"], "uri": ["com.myapp.mytopic1"]}),
    ("s", '[8,16,239714735,{},"wamp.error.not_authorized"]', "WAMP ERROR wamp.error.not_authorized to com.myapp.mytopic1",
     {"type": ["8"], "request_id": ["239714735"], "uri": ["wamp.error.not_authorized", "com.myapp.mytopic1"]}),
    ("s", '[36,5512315355,4429313566,{},["Hello"]]', "WAMP EVENT", {"type": ["36"]}),
    ("c", '[48,7814135,{"receive_progress":true},"com.myapp.compute",[1]]', "WAMP CALL com.myapp.compute", {"type": ["48"], "request_id": ["7814135"], "uri": ["com.myapp.compute"]}),
    ("s", '[50,7814135,{"progress":true},[1]]', "WAMP RESULT to com.myapp.compute", {"type": ["50"], "request_id": ["7814135"], "uri": ["com.myapp.compute"]}),
    ("s", '[50,7814135,{},[30]]', "WAMP RESULT to com.myapp.compute", {"type": ["50"], "request_id": ["7814135"], "uri": ["com.myapp.compute"]}),
    ("s", '[50,7814135,{},[30]]', "WAMP RESULT", {"type": ["50"], "request_id": ["7814135"]}),
    ("s", '[68,6131533,9823526,{}]', "WAMP INVOCATION", {"type": ["68"], "request_id": ["6131533"]}),
    ("c", '[70,6131533,{}]', "WAMP YIELD", {"type": ["70"], "request_id": ["6131533"]}),
    ("c", '[6,{},"wamp.close.close_realm"]', "WAMP GOODBYE wamp.close.close_realm", {"type": ["6"], "uri": ["wamp.close.close_realm"]}),
]
LINKS = {2: [3], 4: [6], 8: [9, 10], 12: [13]}
MALFORMED = ["hello", "[]", "[0]", "[48]", '[48,"1",{},"a"]', "[48,1,{}]", "{}", "[48,", "[7,1]", '[8,"x"]']
