# SPDX-License-Identifier: GPL-2.0-or-later
"""A subscription from its welcome to its end."""

SUBPROTOCOL = "actioncable-v1-json"
CONTENT = 1
ID = '"identifier":"{\\"channel\\":\\"ChatChannel\\",\\"id\\":42}"'
MESSAGES = [
    ("s", '{"type":"welcome"}', "Action Cable welcome", {"type": ["welcome"]}),
    ("c", '{"command":"subscribe",' + ID + "}", "Action Cable subscribe ChatChannel", {"type": ["subscribe"], "channel": ["ChatChannel"]}),
    ("s", "{" + ID + ',"type":"confirm_subscription"}', "Action Cable confirm_subscription ChatChannel", {"type": ["confirm_subscription"], "channel": ["ChatChannel"]}),
    ("s", '{"type":"ping","message":1742998800}', "Action Cable ping", {"type": ["ping"]}),
    ("c", '{"command":"message",' + ID + ',"data":"{\\"action\\":\\"speak\\"}"}', "Action Cable message ChatChannel", {"type": ["message"], "channel": ["ChatChannel"]}),
    ("s", "{" + ID + ',"message":{"text":"hi"}}', "Action Cable message ChatChannel", {"type": ["message"], "channel": ["ChatChannel"]}),
    ("s", "{" + ID + ',"type":"reject_subscription"}', "Action Cable reject_subscription ChatChannel", {"type": ["reject_subscription"], "channel": ["ChatChannel"]}),
    ("c", '{"command":"unsubscribe",' + ID + "}", "Action Cable unsubscribe ChatChannel", {"type": ["unsubscribe"], "channel": ["ChatChannel"]}),
    ("s", '{"type":"disconnect","reason":"unauthorized","reconnect":false}', "Action Cable disconnect", {"type": ["disconnect"]}),
]
LINKS = {}
MALFORMED = ["hello", "{}", '{"type":"unheard of"}', '{"command":"dance"}', "[]", '{"identifier":7}']
