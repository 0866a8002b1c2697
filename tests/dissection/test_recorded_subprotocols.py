# SPDX-License-Identifier: GPL-2.0-or-later
"""Real software, each with the subprotocol that it speaks (captures/subprotocols/), against what the programs said that they did."""

import gzip
import json

import pytest

from support import ROOT, fields, scratch

FOLDER = ROOT / "captures" / "subprotocols"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
CHOSEN = {"yjs": ("-d", "ws.port==9100,yjs")}  # nothing that it sends tells

BY_CONTENT = {"jsonrpc", "signalr"}
# rpc-websockets has notifications of its own kind, which JSON-RPC does not.


def recorded(name):
    path = scratch() / f"subprotocol-{name}.pcapng"
    if not path.exists():
        path.write_bytes(gzip.decompress((FOLDER / f"{name}.pcapng.gz").read_bytes()))
        path.chmod(0o644)
    return path


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one", "two"])
@pytest.mark.parametrize("name", NAMES)
def test_what_the_programs_said(name, passes):
    truth = json.loads((FOLDER / f"{name}.json").read_text())
    assert truth["expectations"]
    for row in truth["expectations"]:
        rows = fields(recorded(name), [row["field"]], *passes, *CHOSEN.get(name, ()), shown=row["filter"])
        found = sum((values[0] for values in rows), [])
        # Where neither name nor URL tells, the first pass begins with the second message.
        settled = len(row["values"]) - len(found) if name in BY_CONTENT and not passes else 0
        assert 0 <= settled <= 1 and found == row["values"][settled:], row["filter"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_malformed(name):
    found = fields(recorded(name), ["_ws.expert.message"], *CHOSEN.get(name, ()), shown="_ws.malformed || _ws.expert.group == malformed")
    assert found == []
