# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile "WebSocket" (packaging/profile): columns, colours, filter buttons, graphs and preferences."""

import csv
import functools
import re
import shutil

import pytest

from builder import KEY, Capture, close, frame, ping, pong, request, response, text
from support import ROOT, fields, run, save, scratch

PROFILE = ROOT / "packaging" / "profile" / "WebSocket"
IN_PROFILE = 'mkdir -p .config/wireshark/profiles && cp -r "$0" .config/wireshark/profiles && exec tshark -C WebSocket "$@"'


@functools.cache
def readable():
    """A copy that any user may read."""
    return shutil.copytree(PROFILE, scratch() / "WebSocket")


def tshark(path, *arguments):
    done = run("sh", "-c", IN_PROFILE, readable(), "-r", path, *arguments)
    assert done.stderr == b"", done.stderr.decode()  # nothing in the profile that this release does not know
    return done.stdout.decode()


def uat(name):
    """The rows of one of Wireshark's tables."""
    return list(csv.reader((PROFILE / name).read_text().splitlines()))


def color_rules():
    return re.findall(r"^@(.*)@(.*)@\[.*\]\[.*\]$", (PROFILE / "colorfilters").read_text(), re.M)


@functools.cache
def sample():
    capture = Capture(step=0.01)
    tcp = capture.tcp().upgrade(path="/orders")
    tcp.client(text("naïve", mask=KEY)).server(text("one") + text("two"))
    tcp.server(ping(b"tick")).client(pong(b"tick", mask=KEY)).client(text("bare"))
    tcp.server(frame(2, b"x")).server(close(1011)).client(close(1011, mask=KEY)).fin("server")
    capture.tcp().syn().client(request()).server(response(status="403 Forbidden", omit=["Upgrade", "Connection"])).fin()
    return save(capture)


def test_columns():
    columns = re.findall(r'^\t"(.*?)", "(.*?)"', (PROFILE / "preferences").read_text(), re.M)
    titles = [title for title, _ in columns]
    assert {"Stream", "Direction", "Type", "Bytes", "RTT", "URL", "Text", "Info"} < set(titles)
    rows = {int(cells["No."]): cells for cells in (dict(zip(titles, (cell.strip() for cell in line.replace("→\t", "", 1).split("\t"))))
                                                   for line in tshark(sample(), "-T", "tabs").splitlines())}
    assert rows[4]["URL"] == "ws://example.com/orders"
    said = rows[6]
    assert [said[title] for title in ("Protocol", "Stream", "Direction", "Type", "Bytes", "Text")] == [
        "WebSocket", "0", "Client to server", "Text", "6", "naïve"]
    assert (rows[7]["Type"], rows[7]["Bytes"], rows[7]["Text"]) == ("Text,Text", "3,3", "one,two")
    assert float(rows[9]["RTT"]) == pytest.approx(0.01)


def test_colours():
    rules = dict(enumerate(tshark(sample(), "--color", "-T", "fields", "-e", "frame.coloring_rule.name").splitlines(), 1))
    assert rules[4] == rules[5] == "WebSocket handshake"
    assert rules[6] == "WebSocket from the client" and rules[7] == "WebSocket from the server"
    assert rules[8] == rules[9] == "WebSocket ping and pong"
    assert rules[10] == "WebSocket violation"
    assert rules[12] == "WebSocket diagnosis" and rules[13] == "WebSocket close"  # 1011 is server_error
    refused = fields(sample(), ["frame.number"], shown="ws.handshake.status == 403")
    assert rules[int(refused[0][0][0])] == "WebSocket refused"


FILTERS = ([(f"colour {name}", rule) for name, rule in color_rules()] + [(f"button {row[1]}", row[2]) for row in uat("dfilter_buttons")]
           + [(f"graph {row[1]}", row[2]) for row in uat("io_graphs")])


@pytest.mark.parametrize(("name", "rule"), FILTERS, ids=[name for name, _ in FILTERS])
def test_every_filter_is_one(name, rule):
    tshark(sample(), "-Y", rule)


def test_tables_have_the_columns_that_wireshark_reads():
    assert {len(row) for row in uat("dfilter_buttons")} == {4} and {len(row) for row in uat("io_graphs")} == {9}
    assert len(color_rules()) == sum(line.startswith("@") for line in (PROFILE / "colorfilters").read_text().splitlines())


def test_preferences_help():
    """A message whose segments come in another order is whole."""
    capture = Capture()
    tcp = capture.tcp().upgrade()
    whole = text("first half, second half")
    tcp.server(whole[:10], late=1).server(whole[10:]).client(text("x", mask=KEY))
    assert tshark(save(capture), "-Y", "ws.direction == 1", "-T", "fields", "-e", "ws.message.text").strip() == "first half, second half"
