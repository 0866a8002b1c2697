# SPDX-License-Identifier: GPL-2.0-or-later
"""The live view: a line per message, through tshark with the plugin."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from builder import KEY, Capture, binary, close, ping, text
from conftest import PLUGINS, WSCAP, Live, children, packets, run

import traffic

TIME = r"\d\d:\d\d:\d\d\.\d{6}"


@pytest.fixture
def plugin(home, monkeypatch):
    """The ordinary user, whom wscap becomes, must be able to read the plugin."""
    assert any(files for _, _, files in os.walk(PLUGINS)), f"no plugin in {PLUGINS}: build it"
    copy = home / "plugins"
    os.system(f"cp -r {PLUGINS} {copy} && chmod -R a+rX {copy}")
    monkeypatch.setenv("WIRESHARK_PLUGIN_DIR", str(copy))
    return copy


@pytest.fixture
def capture(tmp_path):
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade().client(text("héllo \x1b[31m <&\"'>\nnext", mask=KEY))
    tcp.server(binary(b"\0\1abc") + ping(b"hi") + text("two") + text("three, four"))
    tcp.client(text("x" * 1000, mask=KEY)).client(close(1000, "bye", mask=KEY)).fin()
    capture.write(tmp_path / "in.pcap")
    return tmp_path / "in.pcap"


def test_a_line_for_each_message(plugin, capture):
    lines = run("-r", capture, "--print").stdout.decode().splitlines()
    there, back = "10.0.0.1:50000 -> 10.0.0.2:80 ", "10.0.0.1:50000 <- 10.0.0.2:80 "
    assert all(re.match(TIME + " ", line) for line in lines)
    assert [line.split(" ", 1)[1] for line in lines] == [
        there + "Request ws://example.com/chat",
        back + "Response 101",
        there + "Text 23 héllo \\x1b[31m <&\"'>\\nnext",
        back + "Binary 5 0001616263",
        back + "Ping 2 hi",
        back + "Text 3 two",
        back + "Text 11 three, four",
        there + "Text 1000 " + "x" * 200 + "...",
        there + "Close 5 1000 bye",
    ]


def test_the_words_of_the_subprotocol(plugin, tmp_path):
    """As the Info column has them, before the message itself."""
    capture = Capture()
    tcp = capture.tcp().upgrade(path="/socket.io/?EIO=4&transport=websocket")
    tcp.server(text('42["tick",7]')).server(binary(b"\1"))
    capture.write(tmp_path / "in.pcap")
    lines = run("-r", tmp_path / "in.pcap", "--print").stdout.decode().splitlines()
    assert [line.split("<- 10.0.0.2:80 ")[1] for line in lines[2:]] == [
        'Text 12 Socket.IO EVENT "tick": 42["tick",7]', "Binary 1 Engine.IO message: 01"]


def test_display_filter(plugin, capture):
    lines = run("-r", capture, "--print", "-Y", "ws.message.opcode==1 && ws.direction==0").stdout.decode().splitlines()
    assert [line.split(" ")[4] for line in lines] == ["Text", "Text"]


def test_whole_messages(plugin, capture):
    out = run("-r", capture, "-A").stdout.decode()
    assert "Text 23\nhéllo \\x1b[31m <&\"'>\nnext\n" in out
    assert "Binary 5\n\t000000  00 01 61 62 63                                   ..abc\n" in out
    assert "Text 1000\n" + "x" * 1000 + "\n" in out


def test_live(plugin, home):
    with Live("-i", "lo", "--print", "-Y", "ws.opcode==1") as live:
        time.sleep(1)  # tshark starts meanwhile
        traffic.http_requests(1)
        traffic.websocket_echo(connections=1, messages=4)
        os.set_blocking(live.process.stdout.fileno(), False)
        shown, deadline = b"", time.monotonic() + 10
        while shown.count(b"\n") < 8:  # while it captures, not at its end
            assert time.monotonic() < deadline, shown
            shown += live.process.stdout.read() or b""
            time.sleep(0.05)
        os.set_blocking(live.process.stdout.fileno(), True)
        assert live.stop() == 0
    lines = (shown + live.output).decode().splitlines()
    assert [line.split(" ")[2] for line in lines] == ["->", "<-"] * 4
    assert [" ".join(line.split(" ")[4:10]) for line in lines[::2]] == [f"Text 100 connection 0 message {i}" for i in range(4)]


def test_writes_a_file_at_the_same_time(plugin, capture, tmp_path):
    assert run("-r", capture, "--print", "-w", tmp_path / "out.pcapng").stdout.count(b"\n") == 9
    assert packets(tmp_path / "out.pcapng") == packets(capture)


def test_bad_display_filter(plugin, capture):
    done = run("-r", capture, "-Y", "no.such.field", check=False)
    assert done.returncode == 1
    assert b"no.such.field" in done.stderr and b"tshark ended with status" in done.stderr


def test_without_tshark(capture, monkeypatch):
    monkeypatch.setenv("WSCAP_TSHARK", "/nowhere/tshark")
    done = run("-r", capture, "--print", check=False)
    assert done.returncode == 1 and b"Is tshark installed?" in done.stderr


@pytest.mark.parametrize("words", [[], ["-Y", "tcp"]])
def test_without_plugin_it_fails_at_once(home, monkeypatch, words):
    monkeypatch.setenv("WIRESHARK_PLUGIN_DIR", str(home))
    begun = time.monotonic()
    with Live("-i", "lo", "--print", *words) as live:
        assert live.wait(15) == 1
    assert b"does it have the WebSocket plugin" in live.errors
    assert time.monotonic() - begun < 10  # tshark takes its time to start


@pytest.mark.parametrize("victim", ["tshark", "wscap"])
def test_ends_when_what_shows_the_lines_ends(plugin, victim):
    with Live("-i", "lo", "--print") as live:
        time.sleep(1)
        # The helper that holds dumpcap has a child; the one that writes the lines has none.
        names = {pathlib.Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in children(live.process.pid)
                 if not children(pid)}
        os.kill(names[victim], signal.SIGKILL)
        assert live.wait(10) == 1
    assert (b"tshark was killed by signal 9" if victim == "tshark" else b"ended before the capture did") in live.errors


def test_bare_it_says_where_it_listens(plugin):
    with Live(ready=b"wscap: capturing on ") as live:
        assert live.stop() == 0
    first = subprocess.run(["dumpcap", "-D"], capture_output=True, check=True).stdout.split()[1]
    assert b"wscap: capturing on " + first + b"\n" in live.errors


def test_output_closed(plugin, tmp_path):
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()
    for _ in range(3000):
        tcp.server(text("y" * 100))
    capture.write(tmp_path / "in.pcap")
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {WSCAP} -r {tmp_path}/in.pcap --print | head -3"],
                          capture_output=True, timeout=30)
    assert done.returncode == 1
    assert done.stdout.count(b"\n") == 3
    assert b"has closed it" in done.stderr
