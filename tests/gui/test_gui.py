# SPDX-License-Identifier: GPL-2.0-or-later
"""The GUI with the plugin: it opens a capture, shows statistics and expert information, and closes without a word."""

import pytest

from desktop import PATIENCE, ROOT, Desktop

OWN = {"nl80211 not found."}  # what Wireshark says by itself, where there is no wireless network


def test_sessions():
    """The table with a row for each connection; what is in it tshark shows, too."""
    with Desktop() as desktop:
        path = ROOT / "captures" / "nginx-failing.pcapng"
        wireshark = desktop.wireshark(path, "-z", "ws,session_table")
        desktop.window("· WebSocket Sessions ·")
        desktop.press("Escape")
        desktop.wait(lambda: not any("Sessions" in name for name in desktop.windows()), "the end of the sessions")
        desktop.window(path.name)
        desktop.press("ctrl+q")
        _, words = wireshark.communicate(timeout=PATIENCE)
        assert (wireshark.returncode, set(words.splitlines()) - OWN - {""}) == (0, set())


@pytest.mark.parametrize("sample", ["node-ws-deflate", "endings/pongs-ws-server", "http2-cleartext"])
def test_opens_shows_statistics_and_closes(sample):
    with Desktop() as desktop:
        path = ROOT / "captures" / f"{sample}.pcapng"
        wireshark = desktop.wireshark(path, "-g", "8", "-Y", "ws or tcp")
        desktop.window(path.name)
        for menu, title in (("alt+s", "· WebSocket ·"), ("alt+a", "Expert Information")):
            desktop.open_last_of(menu, title)
            desktop.press("Escape")
            desktop.wait(lambda title=title: not any(title in name for name in desktop.windows()), f"the end of {title}")
        desktop.window(path.name)
        desktop.press("ctrl+q")
        _, words = wireshark.communicate(timeout=PATIENCE)
        assert (wireshark.returncode, set(words.splitlines()) - OWN - {""}) == (0, set())
