# SPDX-License-Identifier: GPL-2.0-or-later
"""The one-liners of docs/scripting.md, as they stand there, over samples of captures/."""

import re

import pytest

from support import ROOT, run, scratch

COMMANDS = re.findall(r"^    (tshark .*)$", (ROOT / "docs" / "scripting.md").read_text(), re.M)

# What a part of the command lets expect of its output: a sample, and a pattern that its own truth gives.
EXPECTED = {
    "-z ws,sessions": ("nginx", r"ws://127\.0\.0\.1:8081/chat\?room=1 .* 5 +12 +293 +1032 .* Client +1000 Normal Closure"),
    "'ws,sessions,ws.diagnosis'": ("nginx-failing", r"gateway_error"),
    "follow,ws,ascii": ("nginx", r"\n60\n\{\"type\":\"subscribe\""),
    "-Y ws.message.text": ("nginx", r"\t0\t0\tHello\n"),
    "matches": ("nginx", r"\"bid\":10850"),
    "ws.url contains": ("nginx", r"Text \[5\] Hello"),
    "json.key": ("nginx", r"tick,EURUSD,EXAMPLE"),
    "ws.close.first": ("nginx", r"0\t0\t1000\t"),
    "-Y ws.diagnosis": ("nginx-failing", r"idle_timeout\tA time so round.*\tPings sent more often"),
    "ws.handshake.status >= 400": ("nginx-failing", r"ws://127\.0\.0\.1:8083/dead\t502\n"),
    "-Y ws.violation": ("misbehaving-websockets", r"^ +12 (text_not_utf8|close_code_invalid)\n"),
    "-Y ws.rtt": ("nginx", r"^0\.000\d+\t\d+\t[01]\n"),
    "!ws.pong_in": ("misbehaving-websockets", r"Ping "),
    "ws,tree": ("nginx", r"Connections +2 "),
    "io,stat": ("nginx", r"\| +\d+ \|"),
    "> messages.jsonl": ("nginx", None),
    "jq -r": ("nginx", r"^ +\d+ ws://127\.0\.0\.1:8081/chat\?room=1\n$"),
    "jq -s -c": ("nginx", r'^\{"frame":\d+,"stream":[01],"type":"text","length":300\}'),
    "transpose": ("nginx", r"^0\.\d+\n"),
    "--export-objects": ("nginx", None),
    "ws,har": ("nginx", None),
    "-d ws.stream==0,data": ("nginx", r"Hello"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_it_does_what_is_said(command):
    (sample, pattern), = [expected for part, expected in EXPECTED.items() if part in command]
    path = scratch() / f"{sample}.pcapng"
    path.write_bytes((ROOT / "captures" / f"{sample}.pcapng").read_bytes())
    path.chmod(0o644)
    after = "ls messages/*.json 2>/dev/null | head -1; cat messages.jsonl x.har 2>/dev/null | head -c 40"
    done = run("bash", "-c", f"set -eo pipefail; mkdir messages; ln -s {path} x.pcapng; {command}; echo ---; ({after}) || true")
    out, made = done.stdout.decode().rsplit("---\n", 1)
    if pattern:
        assert re.search(pattern, out, re.M if pattern.startswith("^") else 0), out[:3000]
    else:
        assert out == "" and re.match(r'messages/stream0-client-000002\.json|\{"frame":15,|\{"log":\{"version":"1\.2"', made)


def test_there_are_enough():
    assert len(COMMANDS) >= 15 and len(COMMANDS) == len(EXPECTED)
