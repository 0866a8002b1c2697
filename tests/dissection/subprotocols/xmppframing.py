# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of RFC 7395, 3.4 and 3.6."""

SUBPROTOCOL = "xmpp"
CONTENT = None
NS = ' xmlns="urn:ietf:params:xml:ns:xmpp-framing"'
MESSAGES = [
    ("c", "<open" + NS + ' to="example.com" version="1.0" />', "XMPP framing open to example.com", {"element": ["open"], "to": ["example.com"], "version": ["1.0"]}),
    ("s", "<open" + NS + " from='example.com' id='++TR84Sm6A3hnt3Q065SnAbbk3Y=' xml:lang='en' version='1.0' />", "XMPP framing open from example.com",
     {"element": ["open"], "from": ["example.com"], "id": ["++TR84Sm6A3hnt3Q065SnAbbk3Y="], "version": ["1.0"]}),
    ("s", "<close" + NS + ' see-other-uri="wss://otherendpoint.example/xmpp-bind" />', "XMPP framing close",
     {"element": ["close"], "see_other_uri": ["wss://otherendpoint.example/xmpp-bind"]}),
    ("c", " <close\n" + NS + "/>", "XMPP framing close", {"element": ["close"]}),
]
LINKS = {}
MALFORMED = []
