# SPDX-License-Identifier: GPL-2.0-or-later
"""The extcap contract (extcap(4)), asked as Wireshark asks, and through tshark itself."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
from conftest import ORDINARY, WSCAP, packets, run

import traffic


def sentences(*words):
    return run(*words).stdout.decode().splitlines()


def fields(sentence):
    return dict(re.findall(r"\{(\w+)=([^}]*)\}", sentence))


def test_interfaces():
    lines = sentences("--extcap-interfaces", "--extcap-version=4.0")
    assert lines[0].startswith("extcap {version=")
    assert lines[1] == "interface {value=wscap}{display=WebSocket conversations}"


def test_version_on_its_own():
    assert sentences("--extcap-version")[0].startswith("extcap {version=")


def test_help_is_the_manual():
    """What the Help button of the dialog opens; the file is there."""
    url = fields(sentences("--extcap-interfaces")[0])["help"]
    assert url.startswith("file:///")
    manual = pathlib.Path(url.removeprefix("file://")).read_text()
    assert "capture" in manual and "--midstream" in manual and manual.rstrip().endswith("</html>")


def test_dlts():
    assert sentences("--extcap-interface", "wscap", "--extcap-dlts") == ["dlt {number=1}{name=EN10MB}{display=Ethernet}"]


def test_config():
    lines = sentences("--extcap-interface", "wscap", "--extcap-config")
    arguments = {fields(line)["call"]: fields(line) for line in lines if line.startswith("arg ")}
    assert set(arguments) == {"--interface", "--host", "--path", "--origin", "--midstream", "--all", "--tls", "--sni", "--keylog"}
    assert [int(argument["number"]) for argument in arguments.values()] == list(range(9))
    assert arguments["--interface"]["type"] == "selector"
    assert arguments["--tls"]["type"] == "boolflag"
    assert arguments["--keylog"]["type"] == "fileselect"
    assert {argument["group"] for argument in arguments.values()} == {"Connections", "TLS"}  # the tabs
    for argument in arguments.values():
        assert argument["tooltip"] and (argument["type"] == "boolflag" or argument["placeholder"])
    values = [fields(line) for line in lines if line.startswith("value ")]
    assert {"any", "lo"} <= {value["value"] for value in values}
    assert [value["value"] for value in values if value["default"] == "true"] == ["any"]
    reloaded = sentences("--extcap-interface", "wscap", "--extcap-config", "--extcap-reload-option", "interface")
    assert [fields(line) for line in reloaded] == values


@pytest.mark.parametrize("answer", ["1. eth7\t\t\t0\t192.0.2.2\tnetwork\t\n2. any\t\t\t0\t\tnetwork\t\n",
                                    '[{"eth7":{"friendly_name":null,"addrs":["192.0.2.2"]}},{"any":{"addrs":[]}}]\n'])
def test_config_lists_the_interfaces_that_dumpcap_tells(tmp_path, monkeypatch, answer):
    """Recorded of 4.0, and of 4.4 and 4.6."""
    script = tmp_path / "dumpcap"
    script.write_text(f"#!/bin/sh\ncat <<'E'\n{answer}E\n")
    script.chmod(0o755)
    monkeypatch.setenv("WSCAP_DUMPCAP", str(script))
    lines = sentences("--extcap-interface", "wscap", "--extcap-config")
    assert [fields(line)["value"] for line in lines if line.startswith("value ")] == ["any", "eth7"]


@pytest.mark.parametrize("expression, good", [("tcp port 80", True), ("", True), ("tcp prt 80", False)])
def test_capture_filter_validation(expression, good):
    out = run("--extcap-interface", "wscap", "--extcap-capture-filter", expression).stdout
    assert (out == b"") == good


@pytest.mark.parametrize("question", [["--extcap-dlts"], ["--extcap-config"], ["--extcap-capture-filter", "tcp"],
                                      ["--capture", "--fifo", "/dev/null", "--interface", "lo"]], ids=lambda words: words[0])
def test_unknown_interface(question):
    done = run("--extcap-interface", "nosuch", *question, check=False)
    assert done.returncode in (1, 2) and b'there is no interface "nosuch"' in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_capture_into_a_fifo_and_clean_stop(tmp_path, number):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    os.chmod(tmp_path, 0o755)
    process = subprocess.Popen([WSCAP, "--extcap-interface", "wscap", "--capture", "--fifo", fifo, "--interface", "lo",
                                "--extcap-capture-filter", "tcp", "--host", "127.*, nothing.*"],
                               stderr=subprocess.PIPE)
    data = bytearray()
    reader = threading.Thread(target=lambda: data.extend(fifo.open("rb").read()))
    reader.start()
    time.sleep(1)
    traffic.http_requests(1)
    traffic.websocket_echo(connections=1, messages=3)
    time.sleep(0.5)
    assert len(data) == 0 or data[:4] == b"\x0a\x0d\x0d\x0a"
    process.send_signal(number)
    assert process.wait(10) == 0
    assert process.stderr.read() == b""  # Wireshark would show it as an error
    reader.join(5)
    (tmp_path / "out.pcapng").write_bytes(data)
    assert len(packets(tmp_path / "out.pcapng")) > 10


def test_reader_that_goes_away_ends_it_cleanly(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([WSCAP, "--extcap-interface", "wscap", "--capture", "--fifo", fifo, "--interface", "lo"],
                               stderr=subprocess.PIPE)
    with fifo.open("rb") as file:
        assert file.read(4) == b"\x0a\x0d\x0d\x0a"
    traffic.websocket_echo(connections=1, messages=3)
    assert process.wait(10) == 0
    assert process.stderr.read() == b""


@pytest.fixture
def installed(home):
    """wscap in the ordinary user's extcap folder, and a dumpcap of his that may capture."""
    told = subprocess.run(["tshark", "-G", "folders"], env={"HOME": str(home), "PATH": os.environ["PATH"]}, capture_output=True, text=True)
    personal = re.search(r"Personal Extcap path:\s*(.*)", told.stdout)
    folder = pathlib.Path(personal[1]) if personal else home / ".config" / "wireshark" / "extcap"  # before 4.4
    folder.mkdir(parents=True)
    shutil.copy(WSCAP, folder / "wscap")
    (folder / "wscap").chmod(0o755)
    dumpcap = home / "dumpcap"
    shutil.copy("/usr/bin/dumpcap", dumpcap)
    dumpcap.chmod(0o755)
    subprocess.run(["setcap", "cap_net_raw,cap_net_admin=ep", dumpcap], check=True)
    for path in [folder, *folder.parents]:
        if path == home:
            break
        os.chown(path, 65534, 65534)
    return {"HOME": str(home), "PATH": os.environ["PATH"], "WSCAP_DUMPCAP": str(dumpcap)}


def test_tshark_lists_it(installed):
    done = subprocess.run([*ORDINARY, "tshark", "-D"], env=installed, capture_output=True, timeout=30)
    assert b"wscap (WebSocket conversations)" in done.stdout


def test_tshark_captures_with_it_as_an_ordinary_user(installed, home):
    path = home / "out.pcapng"
    process = subprocess.Popen([*ORDINARY, "tshark", "-i", "wscap", "-o", "extcap.wscap.interface:lo", "-w", path],
                               env=installed, stderr=subprocess.PIPE)
    time.sleep(3)
    traffic.http_requests(3)
    traffic.random_tcp()
    port, size = traffic.websocket_echo(connections=2, messages=10)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0, process.stderr.read()
    kept = packets(path)
    assert {port} == {int.from_bytes(packet.data[at:at + 2], "big") for packet in kept for at in (34, 36)} & {port}
    assert all(port in (int.from_bytes(packet.data[34:36], "big"), int.from_bytes(packet.data[36:38], "big")) for packet in kept)
    assert sum(packet.data[47] & 2 > 0 for packet in kept) == 4  # SYNs
    # Every message that was sent is there: masked frames carry 4 bytes more.
    payload = sum(len(packet.data) - 14 - 20 - (packet.data[46] >> 4) * 4 for packet in kept)
    assert payload > size


def test_tshark_with_a_host_that_nobody_asked_for(installed, home):
    path = home / "out.pcapng"
    process = subprocess.Popen([*ORDINARY, "tshark", "-i", "wscap", "-o", "extcap.wscap.interface:lo",
                                "-o", "extcap.wscap.host:other.example.com", "-w", path],
                               env=installed, stderr=subprocess.PIPE)
    time.sleep(3)
    traffic.websocket_echo(connections=1, messages=3)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert packets(path) == []
