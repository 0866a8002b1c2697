# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the hub protocol; MessagePack by hand, with the length before each record."""

CONTENT = 1
RS = "\x1e"
MESSAGES = [
    ("c", '{"protocol":"json","version":1}' + RS, "SignalR handshake json 1", {}),
    ("s", "{}" + RS, "SignalR handshake", {}),
    ("c", '{"type":1,"invocationId":"1","target":"Add","arguments":[1,2]}' + RS, "SignalR Invocation Add #1", {"type": ["1"], "target": ["Add"], "invocation_id": ["1"]}),
    ("c", '{"type":4,"invocationId":"2","target":"Stream","arguments":[]}' + RS, "SignalR StreamInvocation Stream #2", {"type": ["4"], "target": ["Stream"], "invocation_id": ["2"]}),
    ("s", '{"type":6}' + RS + '{"type":3,"invocationId":"1","result":3}' + RS + '{"type":2,"invocationId":"2","item":1}' + RS,
     "SignalR Ping, Completion #1 to Add, StreamItem #2 to Stream", {"type": ["6", "3", "2"], "invocation_id": ["1", "2"], "target": ["Add", "Stream"]}),
    ("s", '{"type":3,"invocationId":"2","error":"It failed"}' + RS, 'SignalR Completion #2, error "It failed" to Stream',
     {"type": ["3"], "invocation_id": ["2"], "target": ["Stream"]}),
    ("s", '{"type":1,"target":"Send","arguments":["a"]}' + RS, "SignalR Invocation Send", {"type": ["1"], "target": ["Send"]}),
    ("c", '{"type":5,"invocationId":"2"}' + RS, "SignalR CancelInvocation #2", {"type": ["5"], "invocation_id": ["2"]}),
    ("s", '{"type":7,"error":"bye"}' + RS, 'SignalR Close, error "bye"', {"type": ["7"]}),
    ("s", '{"type":8,"sequenceId":1}' + RS + '{"type":9,"sequenceId":2}' + RS, "SignalR Ack, Sequence", {"type": ["8", "9"]}),
    # [1, {}, "3", "Add", [1]] and [3, {}, "3", 3, 7], then a ping
    ("c", b"\x0b\x95\x01\x80\xa13\xa3Add\x91\x01", "SignalR Invocation Add #3",
     {"type": ["1"], "target": ["Add"], "invocation_id": ["3"]}),
    ("s", b"\x07\x95\x03\x80\xa13\x03\x07\x02\x91\x06", "SignalR Completion #3 to Add, Ping", {"type": ["3", "6"], "target": ["Add"], "invocation_id": ["3"]}),
]
LINKS = {2: [4], 3: [4, 5], 10: [11]}
MALFORMED = ["hello", "{}", '{"type":1}', "hello" + RS, '{"type":77}' + RS, '{"a":1}' + RS, b"\x05\x91\x06", b"\xff\xff\xff\xff\xff\xff", b"\x01\xc1"]
