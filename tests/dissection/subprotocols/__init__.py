# SPDX-License-Identifier: GPL-2.0-or-later
"""What test_subprotocols.py tries: for each subprotocol messages in order, and what a person should see of them.

SUBPROTOCOL   its name in the handshake, or PATH, by which it is known with one message, or neither
MESSAGES      (from "c"lient or "s"erver, text or bytes, words in the Info column, {field without the protocol's name: values})
LINKS         {question: answers}, each a place in MESSAGES
MALFORMED     texts or bytes of which something is said, and where the reading stopped
CONTENT       which message settles it where neither name nor URL tells, or None if it cannot be found so
"""
