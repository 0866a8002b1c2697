# SPDX-License-Identifier: GPL-2.0-or-later
"""Live captures on loopback, counted against what was sent."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

import pytest
from conftest import ORDINARY, WSCAP, Live, children, open_to_all, packets, run, tshark

import traffic


def decoded(home, path, port):
    """What tshark's own dissector finds: connections, frames of data, bytes of their payloads."""
    rows = tshark(home, "-r", path, "-d", f"tcp.port=={port},http", "-Y", "websocket.opcode==1", "-T", "fields",
                  "-e", "tcp.stream", "-e", "websocket.payload.text").splitlines()
    streams, count, size = set(), 0, 0
    for row in rows:
        stream, _, text = row.partition("\t")
        streams.add(stream)
        # Several frames in one packet come as "a,b"; the messages have no comma.
        count += text.count(",") + 1
        size += len(text) - text.count(",")
    return len(streams), count, size


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_only_the_websocket_connections_and_all_of_them(tmp_path, home, address):
    path = home / "out.pcapng"
    with Live("-i", "lo", "-w", path) as live:
        traffic.http_requests()
        port, size = traffic.websocket_echo(address, connections=5, messages=40)
        traffic.random_tcp()
        traffic.http_requests()
        assert live.stop() == 0
    os.chmod(path, 0o644)
    summary = live.summary()
    assert decoded(home, path, port) == (5, 5 * 40 * 2, size)
    assert summary["websockets"] == 5
    assert summary["seen"] >= 5 + 5 + 2
    assert summary["dropped"] == 0
    kept = packets(path)
    assert len(kept) == summary["kept"] < summary["packets"]
    streams = tshark(home, "-r", path, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.port", "-e", "tcp.flags.syn")
    rows = [row.split("\t") for row in streams.splitlines()]
    assert {row[0] for row in rows} == set("01234")
    assert all(str(port) in row[1].split(",") for row in rows)
    assert sum(row[2] in ("1", "True") for row in rows) == 10  # each from its SYN


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_complete_the_file(tmp_path, number):
    path = tmp_path / "out.pcapng"
    with Live("-i", "lo", "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=5)
        assert live.stop(number) == 0
        assert live.summary()["websockets"] == 1
    assert len(packets(path)) == live.summary()["kept"] > 10


def test_a_second_signal_ends_it_at_once(tmp_path):
    path = tmp_path / "out.pcapng"
    with Live("-i", "lo", "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=5)
        time.sleep(0.3)
        live.process.send_signal(signal.SIGINT)
        live.process.send_signal(signal.SIGTERM)
        assert live.wait(5) == 0
    assert len(packets(path)) == live.summary()["kept"] > 10


def test_any_interface_and_several(tmp_path):
    for interfaces in (["-i", "any"], ["-i", "lo", "-i", "eth0"]):
        path = tmp_path / "out.pcapng"
        with Live(*interfaces, "-w", path) as live:
            traffic.http_requests(1)
            traffic.websocket_echo(connections=2, messages=3)
            assert live.stop() == 0
        assert live.summary()["websockets"] == 2
        assert len(packets(path)) == live.summary()["kept"] > 20


def test_filter_as_words_or_option(tmp_path):
    for words in (["tcp", "and", "not", "host", "127.0.0.1"], ["-f", "tcp and not host 127.0.0.1"]):
        with Live("-i", "lo", "-w", tmp_path / "out.pcapng", *words) as live:
            traffic.websocket_echo(connections=1, messages=3)
            traffic.websocket_echo("::1", connections=2, messages=3)
            assert live.stop() == 0
        assert live.summary()["websockets"] == 2


def test_count_and_autostop(tmp_path):
    path = tmp_path / "out.pcapng"
    with Live("-i", "lo", "-c", 7, "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=20)
        assert live.wait() == 0
    assert len(packets(path)) == 7
    with Live("-i", "lo", "-a", "packets:9", "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=20)
        assert live.wait() == 0
    assert len(packets(path)) == 9
    begun = time.monotonic()
    with Live("-i", "lo", "-a", "duration:1", "-w", path) as live:
        assert live.wait() == 0
    assert 1 <= time.monotonic() - begun < 3
    with Live("-i", "lo", "-a", "filesize:20", "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=200, size=500)
        assert live.wait() == 0
    assert 20_000 <= path.stat().st_size < 25_000


def test_ring_buffer(tmp_path):
    with Live("-i", "lo", "-b", "packets:20", "-b", "files:3", "-w", tmp_path / "ring.pcapng") as live:
        traffic.websocket_echo(connections=1, messages=100)
        assert live.stop() == 0
    files = sorted(tmp_path.glob("ring_*.pcapng"))
    assert len(files) == 3
    assert [len(packets(file)) for file in files[:2]] == [20, 20]
    kept = live.summary()["kept"]
    assert files[-1].name.startswith(f"ring_{(kept - 1) // 20 + 1:05}_")


def test_ring_of_files_stops_after_so_many(tmp_path):
    with Live("-i", "lo", "-b", "packets:10", "-a", "files:2", "-w", tmp_path / "ring.pcapng") as live:
        traffic.websocket_echo(connections=1, messages=100)
        assert live.wait() == 0
    assert [len(packets(file)) for file in sorted(tmp_path.glob("ring_*"))] == [10, 10]


def test_standard_output(tmp_path):
    with Live("-i", "lo", "-w", "-") as live:
        traffic.websocket_echo(connections=1, messages=3)
        assert live.stop() == 0
    (tmp_path / "out.pcapng").write_bytes(live.output)
    assert len(packets(tmp_path / "out.pcapng")) == live.summary()["kept"] > 10


def test_packets_arrive_while_it_runs(tmp_path):
    """Also while some older connection is still undecided."""
    with socket.create_server(("127.0.0.1", 0)) as server, Live("-i", "lo", "-w", tmp_path / "out.pcapng") as live:
        with socket.create_connection(server.getsockname()):
            time.sleep(0.2)
            traffic.websocket_echo(connections=1, messages=3)
            deadline = time.monotonic() + 2
            while len(packets(tmp_path / "out.pcapng")) < 10:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        assert live.stop() == 0


def test_snapshot_length(tmp_path):
    with Live("-i", "lo", "-s", 200, "-w", tmp_path / "out.pcapng") as live:
        traffic.websocket_echo(connections=1, messages=3, size=1000)
        assert live.stop() == 0
    kept = packets(tmp_path / "out.pcapng")
    assert max(len(packet.data) for packet in kept) == 200
    assert max(packet.length for packet in kept) > 1000


def test_a_dumpcap_that_dies(tmp_path):
    with Live("-i", "lo", "-w", tmp_path / "out.pcapng") as live:
        traffic.websocket_echo(connections=1, messages=3)
        time.sleep(0.3)
        keeper = children(live.process.pid)
        dumpcap = [child for each in keeper for child in children(each)]
        assert len(dumpcap) == 1
        os.kill(dumpcap[0], signal.SIGKILL)
        assert live.wait() == 1
    assert b"dumpcap was killed by signal 9" in live.errors
    assert len(packets(tmp_path / "out.pcapng")) == live.summary()["kept"] > 10


def test_dumpcap_ends_when_wscap_is_killed(tmp_path):
    with Live("-i", "lo", "-w", tmp_path / "out.pcapng") as live:
        family = children(live.process.pid)
        family += [child for each in family for child in children(each)]
        live.process.kill()
        live.wait()
        deadline = time.monotonic() + 5
        while any(running(pid) for pid in family):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("environment, words, user", [({}, [], "nobody"), ({}, ["-Z", "daemon"], "daemon"),
                                                      ({"SUDO_USER": "daemon"}, [], "daemon")])
def test_no_other_privileges_while_it_captures(tmp_path, environment, words, user):
    open_to_all(tmp_path)
    os.chmod(tmp_path, 0o777)  # sudo's caller opens his files himself
    account = pwd.getpwnam(user)
    with Live("-i", "lo", "-w", tmp_path / "out.pcapng", *words, environment=environment) as live:
        with open(f"/proc/{live.process.pid}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        assert set(status["Uid"].split("\t")) == {str(account.pw_uid)}
        assert set(status["Gid"].split("\t")) == {str(account.pw_gid)}
        assert set(status["Groups"].split()) == set(map(str, os.getgrouplist(user, account.pw_gid)))
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[name], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert live.stop() == 0
    assert (tmp_path / "out.pcapng").stat().st_uid == (account.pw_uid if environment else 0)


@pytest.mark.parametrize("lend", [lambda path: os.chmod(path, 0o4755), lambda path: os.chmod(path, 0o2755),
                                  lambda path: subprocess.run(["setcap", "cap_net_raw=ep", path], check=True)],
                         ids=["set-user-id", "set-group-id", "capabilities"])
def test_lent_privileges_are_refused(home, lend):
    """Else -Z root and WSCAP_DUMPCAP give any user what root may do."""
    program, proof = home / "wscap", home / "proof"
    shutil.copy(WSCAP, program)
    program.chmod(0o755)
    script = home / "dumpcap"
    script.write_text(f"#!/bin/sh\nid -u > {proof}\n")
    script.chmod(0o755)
    lend(program)
    for words in (["-i", "lo", "-w", home / "out.pcapng"], ["-i", "lo", "-w", home / "out.pcapng", "-Z", "root"], ["-D"],
                  ["-r", "/etc/shadow", "-w", home / "out.pcapng"]):
        done = subprocess.run([*ORDINARY, program, *words], capture_output=True, timeout=20,
                              env={**os.environ, "WSCAP_DUMPCAP": str(script)})
        assert done.returncode == 1 and b"refuses to run set-user-id" in done.stderr
        assert not proof.exists() and not (home / "out.pcapng").exists()


def test_without_permission_it_says_what_to_do(home):
    done = run("-i", "lo", "-w", home / "out.pcapng", check=False, preexec_fn=lambda: (os.setgroups([]), os.setresgid(65534, 65534, 65534), os.setresuid(65534, 65534, 65534)))
    assert done.returncode == 1
    assert b"usermod -aG wireshark" in done.stderr
    assert packets(home / "out.pcapng") == []


@pytest.mark.parametrize("words, says", [
    (["-i", "nosuch0"], b'no device named "nosuch0"'),
    (["-i", "lo", "-f", "no filter"], b'Invalid capture filter "no filter"'),
])
def test_wrong_interface_or_filter(tmp_path, words, says):
    done = run(*words, "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert packets(tmp_path / "out.pcapng") == []


def test_without_dumpcap(tmp_path):
    done = run("-i", "lo", "-w", tmp_path / "out.pcapng", check=False, env={**os.environ, "WSCAP_DUMPCAP": "/nowhere/dumpcap"})
    assert done.returncode == 1
    assert b"/nowhere/dumpcap: No such file" in done.stderr
    assert b"Is Wireshark installed?" in done.stderr


def test_full_disk(scratch):
    path = scratch / "out.pcapng"
    with Live("-i", "lo", "-w", path) as live:
        traffic.websocket_echo(connections=1, messages=400, size=1000)
        assert live.wait() == 1
    assert b"No space left on device" in live.errors
    kept = packets(path)  # asserts that the last one is whole
    assert 100 < len(kept) < live.summary()["packets"]
    assert len(kept) == live.summary()["kept"]


def test_closed_pipe():
    with Live("-i", "lo", "-w", "-") as live:
        live.process.stdout.close()
        traffic.websocket_echo(connections=1, messages=3)
        live.process.stdout = None
        assert live.wait() == 1
    assert b"has closed it" in live.errors


def test_progress_line_on_a_terminal(tmp_path):
    script = f"exec {Live.__init__.__globals__['WSCAP']} -i lo -a duration:1 -w {tmp_path}/out.pcapng"
    done = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True, timeout=20)
    assert done.returncode == 0
    assert b"\rwscap: " in done.stdout and b"\033[K" in done.stdout
    quiet = subprocess.run(["script", "-qec", script + " -q", "/dev/null"], capture_output=True, timeout=20)
    assert b"\033[K" not in quiet.stdout


def test_lists_interfaces():
    assert run("-D").stdout == subprocess.run(["dumpcap", "-D"], capture_output=True, check=True).stdout
