# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/violations.md, the table in dissector/violations.def and the fields of the plugin say the same."""

import re
import subprocess

from support import ROOT, run


def test_the_pages_are_what_the_sources_make():
    done = subprocess.run([ROOT / "docs" / "generate", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_violation_of_the_plugin_is_in_the_page_with_its_sentence():
    page = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", (ROOT / "docs" / "violations.md").read_text(), re.M))
    lines = run("tshark", "-G", "fields").stdout.decode().splitlines()
    fields = {line.split("\t")[2]: line.split("\t")[1] for line in lines if line.startswith("F\t")}
    assert page == {name.removeprefix("ws.violation."): sentence for name, sentence in fields.items()
                    if name.startswith("ws.violation.")}


def test_the_page_of_fields_has_those_that_wireshark_lists():
    page = set(re.findall(r"^\| `(ws[\w.]*)` \|", (ROOT / "docs" / "fields.md").read_text(), re.M))
    lines = run("tshark", "-G", "fields").stdout.decode().splitlines()
    listed = {line.split("\t")[2] for line in lines if line.startswith("F\t") and line.split("\t")[4] in ("ws", "websocket")}
    ours = {name for name in listed if name.startswith("ws.") and not name.startswith(("ws.violation.", "ws.diagnosis."))}
    assert {name for name in page if not name.startswith("ws.diagnosis.")} == ours
