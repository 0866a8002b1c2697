# SPDX-License-Identifier: GPL-2.0-or-later
"""The GUI with the plugin: it opens a capture, shows statistics and expert information, and closes without a word."""

import json
import re

import pytest

from desktop import PATIENCE, ROOT, Desktop

# What Wireshark says by itself: where there is no wireless network, and from Qt 6 on at its end.
OWN = re.compile(r"nl80211 not found\.|.* -- QThreadStorage: Thread \w+ exited after QThreadStorage \d+ destroyed|")


def said(words):
    return [line for line in words.splitlines() if not OWN.fullmatch(line)]


def test_sessions():
    """The table with a row for each connection; what is in it tshark shows, too."""
    with Desktop() as desktop:
        path = ROOT / "captures" / "nginx-failing.pcapng"
        wireshark = desktop.wireshark(path, "-z", "ws,session_table")
        desktop.window("· WebSocket Sessions ·")
        desktop.dismiss("Sessions")
        desktop.window(path.name)
        desktop.press("ctrl+q")
        _, words = wireshark.communicate(timeout=PATIENCE)
        assert (wireshark.returncode, said(words)) == (0, [])


def test_follow():
    messages = json.loads((ROOT / "captures" / "node-ws-deflate.json").read_text())
    texts = [message["text"] for message in messages if message.get("text") and message["text"].isascii()]
    with Desktop() as desktop:
        path = ROOT / "captures" / "node-ws-deflate.pcapng"
        wireshark = desktop.wireshark(path, "-g", "8")
        desktop.window(path.name)
        text = desktop.copied(desktop.open_follow())
        at = [text.find(one) for one in texts]
        assert len(texts) > 10 and -1 not in at and at == sorted(at)
        desktop.dismiss("Follow W")
        desktop.window(path.name)
        desktop.press("ctrl+q")
        _, words = wireshark.communicate(timeout=PATIENCE)
        assert (wireshark.returncode, said(words)) == (0, [])


def test_conversation_filter():
    with Desktop() as desktop:
        path = ROOT / "captures" / "http2-cleartext.pcapng"
        wireshark = desktop.wireshark(path, "-Y", "ws.message.text", "-g", "25")
        desktop.window(path.name)
        desktop.press("alt+a", *["Down"] * 5, "Right", "Up", "Return")
        desktop.press("ctrl+q")
        assert wireshark.wait(PATIENCE) == 0
        assert re.search(r"^recent\.display_filter: (.*)", desktop.recent(), re.M)[1] == "ws.stream eq 1"


@pytest.mark.parametrize("sample", ["node-ws-deflate", "endings/pongs-ws-server", "http2-cleartext"])
def test_opens_shows_statistics_and_closes(sample):
    with Desktop() as desktop:
        path = ROOT / "captures" / f"{sample}.pcapng"
        wireshark = desktop.wireshark(path, "-g", "8", "-Y", "ws or tcp")
        desktop.window(path.name)
        for menu, title in (("alt+s", "· WebSocket ·"), ("alt+a", "Expert Information")):
            desktop.open_last_of(menu, title)
            desktop.dismiss(title)
        desktop.window(path.name)
        desktop.press("ctrl+q")
        _, words = wireshark.communicate(timeout=PATIENCE)
        assert (wireshark.returncode, said(words)) == (0, [])
