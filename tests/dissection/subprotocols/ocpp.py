# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of OCPP-J 1.6 and 2.1, chapter 4.2, with actions of theirs."""

SUBPROTOCOL = "ocpp1.6"
CONTENT = 1
MESSAGES = [
    ("c", '[2,"19223201","BootNotification",{"chargePointVendor":"VendorX"}]', "OCPP CALL BootNotification",
     {"type": ["2"], "id": ["19223201"], "action": ["BootNotification"]}),
    ("s", '[3,"19223201",{"status":"Accepted","interval":300}]', "OCPP CALLRESULT to BootNotification",
     {"type": ["3"], "id": ["19223201"], "action": ["BootNotification"]}),
    ("s", '[2,"a","RemoteStartTransaction",{"idTag":"1"}]', "OCPP CALL RemoteStartTransaction",
     {"type": ["2"], "id": ["a"], "action": ["RemoteStartTransaction"]}),
    ("c", '[2,"a","StartTransaction",{}]', "OCPP CALL StartTransaction", {"type": ["2"], "id": ["a"], "action": ["StartTransaction"]}),
    ("c", '[4,"a","NotSupported","no such connector",{}]', 'OCPP CALLERROR NotSupported "no such connector" to RemoteStartTransaction',
     {"type": ["4"], "id": ["a"], "error.code": ["NotSupported"], "action": ["RemoteStartTransaction"]}),
    ("s", '[3,"a",{}]', "OCPP CALLRESULT to StartTransaction", {"type": ["3"], "id": ["a"], "action": ["StartTransaction"]}),
    ("s", '[5,"a","FormatViolation","",{}]', "OCPP CALLRESULTERROR FormatViolation", {"type": ["5"], "id": ["a"], "error.code": ["FormatViolation"]}),
    ("c", ' [ 6 , "b" , "NotifyPeriodicEventStream" , {} ] ', "OCPP SEND NotifyPeriodicEventStream",
     {"type": ["6"], "id": ["b"], "action": ["NotifyPeriodicEventStream"]}),
    ("s", '[3,"nobody asked",{}]', "OCPP CALLRESULT", {"type": ["3"], "id": ["nobody asked"]}),
    ("c", '[2,"caf\\u00e9","Data\\"Transfer",{}]', 'OCPP CALL Data"Transfer', {"type": ["2"], "id": ["café"], "action": ['Data"Transfer']}),
]
LINKS = {0: [1], 2: [4], 3: [5]}
MALFORMED = ["hello", "[]", "[1]", '[2]', '[2,"a"]', '[2,7,"Heartbeat",{}]', '[4,"a"]', "[2,", '{"a":2}', '["2","a","Heartbeat",{}]', '[9,"a",{}]', "[2.5]"]
