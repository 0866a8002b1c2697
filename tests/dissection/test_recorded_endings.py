# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections of real programs that died: captures/endings/*.pcapng, against the truth from the programs' logs beside them.

The truth of a connection has one diagnosis or none, and perhaps others that are right as well ("also").
"""

import json

import pytest

from support import ROOT, fields, scratch

ENDINGS = ROOT / "captures" / "endings"
NAMES = sorted(path.stem for path in ENDINGS.glob("*.pcapng"))


def truth(name):
    return json.loads((ENDINGS / f"{name}.json").read_text())["connections"]


def diagnoses(name, *arguments):
    """{(a port, the other port): the names that stand on packets of the connection}, ports in order."""
    copy = scratch() / f"ending-{name}.pcapng"  # that any user may read
    copy.write_bytes((ENDINGS / f"{name}.pcapng").read_bytes())
    copy.chmod(0o644)
    found = {}
    for source, target, names in fields(copy, ["tcp.srcport", "tcp.dstport", "ws.diagnosis"], *arguments, shown="ws.diagnosis"):
        found.setdefault(tuple(sorted(map(int, source + target))), set()).update(names)
    return found


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_diagnosis_is_the_truth(name, passes):
    found = diagnoses(name, *["-2"] * (passes - 1))
    wrong = {}
    together = [entry for entry in truth(name) if entry["diagnosis"] == "ended_together"]
    if together and passes == 1:  # the first of them cannot know yet that others will follow
        assert any("ended_together" in names for names in found.values())
    for entry in truth(name):
        ports = entry["client_port"], entry["server_port"]
        said = found.pop(tuple(sorted(ports)), set())
        wanted = {entry["diagnosis"]} - {None}
        least = set() if entry in together and passes == 1 else wanted
        if not least <= said <= wanted | set(entry.get("also", [])):
            wrong[ports] = {"said": said, "truth": entry["diagnosis"], "also": entry.get("also", []), "why": entry["why"]}
    assert wrong == {} and found == {}


def test_each_has_its_truth():
    assert NAMES and {path.stem for path in ENDINGS.glob("*.json")} == set(NAMES)


def test_each_cause_has_a_silent_neighbour():
    """Not only connections that die: as many kinds of program end theirs properly."""
    causes = [entry["diagnosis"] for name in NAMES for entry in truth(name)]
    assert causes.count(None) >= 10
