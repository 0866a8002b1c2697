# SPDX-License-Identifier: GPL-2.0-or-later
"""wss: TLS connections and their secrets."""

import os
import ssl
import threading
import time

import pytest
from conftest import Live, packets, run, secrets, tshark

import traffic


@pytest.fixture(params=["1.2", "1.3"])
def contexts(tmp_path, request):
    server, client = traffic.certificate(tmp_path)
    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[request.param]
    server.maximum_version = client.maximum_version = version
    return server, client


def talk(contexts, connections=2, **options):
    return traffic.websocket_echo(connections=connections, messages=3, tls=contexts[0], client_tls=contexts[1], **options)


def test_wss_with_a_growing_key_log_opens_decrypted_anywhere(tmp_path, home, contexts):
    keys, path = tmp_path / "keys", home / "out.pcapng"  # the key log is not there yet
    os.chmod(tmp_path, 0o777)
    with Live("-i", "lo", "--keylog", keys, "-w", path) as live:
        contexts[1].keylog_filename = str(keys)
        os.chmod(keys, 0o644)
        port, size = talk(contexts)
        traffic.http_requests(2)
        assert live.stop() == 0
    assert b"2 TLS connections kept" in live.errors
    os.chmod(path, 0o644)
    rows = tshark(home, "-r", path, "-d", f"tls.port=={port},http", "-Y", "websocket.opcode==1", "-T", "fields",
                  "-e", "websocket.payload.text").splitlines()
    assert len(rows) == 2 * 3 * 2
    assert sum(map(len, rows)) == size


def test_secrets_that_come_after_the_packets_were_read(tmp_path, home, contexts):
    """A program may log late; the file has them before the packets all the same, as Wireshark needs them."""
    early, keys, path = tmp_path / "early", tmp_path / "keys", home / "out.pcapng"
    early.touch()
    keys.touch()
    over = threading.Event()

    def log_late():
        with open(early) as lines, open(keys, "a", buffering=1) as log:
            while not over.is_set():
                some = lines.readlines()
                log.writelines(line for line in some if "HANDSHAKE" in line)
                time.sleep(0.05)
                log.writelines(line for line in some if "HANDSHAKE" not in line)

    contexts[1].keylog_filename = str(early)
    os.chmod(early, 0o644)
    logging = threading.Thread(target=log_late)
    logging.start()
    with Live("-i", "lo", "--keylog", keys, "-w", path) as live:
        port, size = talk(contexts, connections=8)
        assert live.stop() == 0
    over.set()
    logging.join()
    os.chmod(path, 0o644)
    rows = tshark(home, "-r", path, "-d", f"tls.port=={port},http", "-Y", "websocket.opcode==1", "-T", "fields",
                  "-e", "websocket.payload.text").splitlines()
    assert len(rows) == 8 * 3 * 2 and sum(map(len, rows)) == size


def test_only_secrets_of_kept_connections(tmp_path, contexts):
    keys, path = tmp_path / "keys", tmp_path / "in.pcapng"
    contexts[1].keylog_filename = str(keys)
    with Live("-i", "lo", "--tls", "-w", path) as live:
        talk(contexts, connections=3)
        assert live.stop() == 0
    other = ["CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48]
    lines = [line for line in keys.read_text().splitlines() if not line.startswith("#")]
    keys.write_text("\n".join(lines + other) + "\n")
    run("-r", path, "--keylog", keys, "-w", tmp_path / "all.pcapng")
    assert sorted(secrets(tmp_path / "all.pcapng").splitlines()) == sorted(lines)
    run("-r", path, "--keylog", keys, "--sni", "other.example.com", "-w", tmp_path / "none.pcapng")
    assert secrets(tmp_path / "none.pcapng") == "" and packets(tmp_path / "none.pcapng") == []
    # Those that a capture carries itself are sorted out in the same way, and come before the packets.
    run("-r", tmp_path / "all.pcapng", "--sni", "*.example.com", "-w", tmp_path / "again.pcapng")
    assert sorted(secrets(tmp_path / "again.pcapng").splitlines()) == sorted(lines)
    run("-r", tmp_path / "all.pcapng", "-w", tmp_path / "plain.pcapng")
    assert secrets(tmp_path / "plain.pcapng") == ""


def test_server_name(tmp_path, contexts):
    with Live("-i", "lo", "--sni", "chat.*", "-w", tmp_path / "out.pcapng") as live:
        talk(contexts)
        assert live.stop() == 0
    assert b"2 TLS connections kept" in live.errors
    run("-r", tmp_path / "out.pcapng", "--sni", "mail.*", "-w", tmp_path / "none.pcapng")
    assert packets(tmp_path / "none.pcapng") == []


def test_every_file_of_a_ring_opens_decrypted(tmp_path, contexts, home):
    keys = tmp_path / "keys"
    contexts[1].keylog_filename = str(keys)
    os.chmod(keys, 0o644)
    with Live("-i", "lo", "--keylog", keys, "-b", "packets:15", "-w", tmp_path / "ring.pcapng") as live:
        talk(contexts, connections=1)
        assert live.stop() == 0
    files = sorted(tmp_path.glob("ring_*"))
    assert len(files) >= 2
    wanted = {line for line in keys.read_text().splitlines() if line.startswith("CLIENT")}
    for file in files[1:]:
        assert wanted <= set(secrets(file).splitlines())


def test_missing_key_log(tmp_path):
    (tmp_path / "in.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(8) + b"\0\0\4\0\1\0\0\0")
    done = run("-r", tmp_path / "in.pcap", "--keylog", tmp_path / "none", "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1 and b"no such file that can be read" in done.stderr
