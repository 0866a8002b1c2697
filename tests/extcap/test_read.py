# SPDX-License-Identifier: GPL-2.0-or-later
"""From file to file: formats, the property that what is kept is kept bit by bit, bad input."""

import gzip
import os
import random
import struct
import subprocess
import zlib

import pytest
from builder import Capture, request, response, text
from conftest import ROOT, blocks, packets, run, secrets, tshark

MASK = b"\1\2\3\4"


def mixture(seed, link="ether", segmentation="asis"):
    """A capture of WebSocket connections and others, and the packets of the former."""
    random.seed(seed)
    capture = Capture(link=link, segmentation=segmentation, step=0.0001)
    scripts, sockets = [], set()
    for number in range(random.randrange(4, 12)):
        tcp = capture.tcp(ip=random.choice((4, 6)), mss=random.choice((None, 100, 1400)))
        tcp.ends["client"] = (tcp.ends["client"][0], 10000 + number)
        tcp.ends["server"] = (tcp.ends["server"][0], random.randrange(1, 9999))
        kind = random.choice(("socket", "socket", "refused", "http", "random"))
        steps = [lambda tcp=tcp: tcp.syn()]
        if kind == "random":
            steps += [lambda tcp=tcp: tcp.client(b"\0" + random.randbytes(500))] * 3
        if kind in ("http", "refused", "socket"):
            steps += [lambda tcp=tcp: tcp.client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                      lambda tcp=tcp: tcp.server(response(status="200 OK", body=b"x" * 300))] * random.randrange(1, 3)
        if kind in ("refused", "socket"):
            steps += [lambda tcp=tcp: tcp.client(request())]
            steps += [lambda tcp=tcp, kind=kind: tcp.server(response() if kind == "socket" else response(status="403 Forbidden"))]
            sockets.add(tcp)
        if kind == "socket":
            for i in range(random.randrange(10)):
                steps += [lambda tcp=tcp, i=i: tcp.client(text(f"message {i}", mask=MASK), duplicate=i % 4 == 3),
                          lambda tcp=tcp, i=i: tcp.server(text(f"answer {i} " * 30), late=i % 5 == 4)]
        steps += [lambda tcp=tcp: tcp.fin()]
        scripts.append(steps)
    while scripts:
        steps = random.choice(scripts)
        steps.pop(0)()
        scripts = [steps for steps in scripts if steps]
    return capture, sockets


def truth(path, sockets):
    """The packets of these connections, told apart by their client's port, which nothing else has."""
    ports = {tcp.ends["client"][1].to_bytes(2, "big") for tcp in sockets}
    headers = {0x45: 20, 0x60: 40}

    def is_kept(data):
        for start in (14, 4, 0):
            if len(data) > start and data[start] in headers:
                at = start + headers[data[start]]
                return data[at:at + 2] in ports or data[at + 2:at + 4] in ports
        return False

    return [packet for packet in packets(path) if is_kept(packet.data)]


@pytest.mark.parametrize("link", ["ether", "null", "loop", "raw"])
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 7, "bytes"])
def test_kept_packets_are_the_inputs_bit_by_bit_in_order(tmp_path, link, segmentation):
    for seed in range(4):
        capture, sockets = mixture(seed, link, segmentation)
        capture.write(tmp_path / "in.pcap")
        run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcapng", "--wait-connection", 4096)
        assert packets(tmp_path / "out.pcapng") == truth(tmp_path / "in.pcap", sockets)


def test_what_tshark_takes_for_the_same_streams_is_the_same(tmp_path, home):
    capture, sockets = mixture(3)
    capture.write(home / "in.pcap")
    run("-r", home / "in.pcap", "-P", "-w", tmp_path / "out.pcap")
    ports = " || ".join(f"tcp.port=={tcp.ends['client'][1]}" for tcp in sockets)
    tshark(home, "-r", home / "in.pcap", "-Y", ports, "-F", "pcap", "-w", home / "filtered.pcap")
    assert packets(tmp_path / "out.pcap") == packets(home / "filtered.pcap") != []


# wscap knows neither HTTP/2 without TLS nor QUIC nor SOCKS, and of a CONNECT tunnel it keeps what begins with the upgrade.
OTHERS = ("http2-cleartext", "wss-http3", "connect-proxy", "socks5-proxy", "wss-socks5-proxy")
SAMPLES = sorted(path for path in (ROOT / "captures").glob("*.pcap*") if path.stem not in OTHERS)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_sample_captures_are_kept_whole(tmp_path, home, path):
    """Every packet of a TCP stream in which tshark sees an upgrade comes through."""
    source = home / path.name
    source.write_bytes(path.read_bytes())
    streams = set(tshark(home, "-r", source, "-T", "fields", "-e", "tcp.stream", "-Y",
                         'http.upgrade contains "ebsocket" || http.sec_websocket_key || tls.handshake.type==1').split())
    assert streams
    tshark(home, "-r", source, "-Y", " || ".join(f"tcp.stream=={stream}" for stream in streams),
           "-w", home / "filtered.pcapng")
    run("-r", source, "--tls", "-w", tmp_path / "out.pcapng", "--wait-connection", 4096)
    assert packets(tmp_path / "out.pcapng") == packets(home / "filtered.pcapng")
    assert secrets(tmp_path / "out.pcapng").split() == secrets(home / "filtered.pcapng").split()


def as_format(path, to, form):
    subprocess.run(["editcap", "-F", form, path, to], check=True, capture_output=True)


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "pcapng", "modpcap"])
@pytest.mark.parametrize("way", ["file", "gzip", "pipe", "gzip pipe"])
def test_every_input_format(tmp_path, form, way):
    capture, sockets = mixture(5)
    capture.write(tmp_path / "in.pcap")
    source = tmp_path / "in.any"
    as_format(tmp_path / "in.pcap", source, form)
    if "gzip" in way:
        source.write_bytes(gzip.compress(source.read_bytes()))
    if "pipe" in way:
        run("-r", "-", "-w", tmp_path / "out.pcapng", input=source.read_bytes())
    else:
        run("-r", source, "-w", tmp_path / "out.pcapng")
    assert packets(tmp_path / "out.pcapng") == truth(tmp_path / "in.pcap", sockets) != []


def test_big_endian_pcap(tmp_path):
    capture, sockets = mixture(6)
    capture.write(tmp_path / "in.pcap")
    expected = truth(tmp_path / "in.pcap", sockets)
    with open(tmp_path / "big.pcap", "wb") as file:
        file.write(struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for packet in packets(tmp_path / "in.pcap"):
            seconds, nano = divmod(packet.time, 10**9)
            file.write(struct.pack(">IIII", seconds, nano // 1000, len(packet.data), packet.length) + packet.data)
    run("-r", tmp_path / "big.pcap", "-w", tmp_path / "out.pcapng")
    assert packets(tmp_path / "out.pcapng") == expected


def block(kind, body, order="<"):
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_interfaces_and_comments_come_through(tmp_path, order):
    """Two link types in one file, which libpcap cannot read; and either byte order."""
    files = []
    for link, seed in (("ether", 11), ("raw", 12)):
        capture, sockets = mixture(seed, link)
        capture.write(tmp_path / f"{link}.pcap")
        files.append((packets(tmp_path / f"{link}.pcap"), truth(tmp_path / f"{link}.pcap", sockets)))
    data = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    for number, link in enumerate((1, 101)):
        options = option(2, b"if%d" % number, order) + option(9, b"\x09", order) + struct.pack(order + "I", 0)
        data += block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)
    kept = {packet.data for _, expected in files for packet in expected}
    rows = []
    for number, (all_packets, _) in enumerate(files):
        for packet in all_packets:
            options = option(1, b"comment %d" % len(rows), order) + option(2, struct.pack(order + "I", 5), order)
            rows.append((number, packet, len(rows)))
            data += block(6, struct.pack(order + "IIIII", number, packet.time >> 32, packet.time & 0xFFFFFFFF,
                                         len(packet.data), packet.length)
                          + packet.data + bytes(-len(packet.data) % 4) + options + struct.pack(order + "I", 0), order)
    (tmp_path / "in.pcapng").write_bytes(data)
    run("-r", tmp_path / "in.pcapng", "-w", tmp_path / "out.pcapng")
    got = [(kind, body) for kind, body in blocks((tmp_path / "out.pcapng").read_bytes())]
    interfaces = [body for kind, body in got if kind == 1]
    assert [struct.unpack_from("<H", body)[0] for body in interfaces] == [1, 101]
    assert b"if0" in interfaces[0] and b"if1" in interfaces[1]
    expected = [row for row in rows if row[1].data in kept]
    bodies = [body for kind, body in got if kind == 6]
    assert len(bodies) == len(expected) > 20
    for body, (interface, packet, number) in zip(bodies, expected):
        assert struct.unpack_from("<I", body)[0] == interface
        padded = 20 + (len(packet.data) + 3) // 4 * 4
        assert body[20:20 + len(packet.data)] == packet.data
        assert body[padded:].startswith(option(1, b"comment %d" % number) + option(2, struct.pack("<I", 5)))
    assert [packet.time for packet in packets(tmp_path / "out.pcapng")] == [row[1].time for row in expected]


def test_options_of_packets_that_wait_may_be_longer_than_64_kib(tmp_path):
    capture = Capture()
    capture.tcp().upgrade()
    capture.write(tmp_path / "in.pcap")
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
    comments = [option(1, b"%d" % number * 40000) for number in range(3)]
    for packet in packets(tmp_path / "in.pcap"):
        data += block(6, struct.pack("<IIIII", 0, 0, 0, len(packet.data), packet.length) + packet.data
                      + bytes(-len(packet.data) % 4) + b"".join(comments) + struct.pack("<I", 0))
    (tmp_path / "in.pcapng").write_bytes(data)
    run("-r", tmp_path / "in.pcapng", "-w", tmp_path / "out.pcapng", "--wait-connection", 4096)
    kept = [body for kind, body in blocks((tmp_path / "out.pcapng").read_bytes()) if kind == 6]
    assert len(kept) == len(packets(tmp_path / "in.pcap"))
    assert all(body.endswith(b"".join(comments) + bytes(4)) for body in kept)


def test_pcap_output_of_two_link_types_is_refused(tmp_path):
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(1, struct.pack("<HHI", 1, 0, 0)) + block(1, struct.pack("<HHI", 101, 0, 0))
    data += block(6, struct.pack("<IIIII", 0, 0, 0, 4, 4) + b"abcd")
    (tmp_path / "in.pcapng").write_bytes(data)
    done = run("-r", tmp_path / "in.pcapng", "--all", "-P", "-w", tmp_path / "out.pcap", check=False)
    assert done.returncode == 1 and b"one link type only" in done.stderr


def test_filter_on_a_file(tmp_path):
    capture, sockets = mixture(7)
    capture.write(tmp_path / "in.pcap")
    run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcapng", "ip6")
    expected = [packet for packet in truth(tmp_path / "in.pcap", sockets) if packet.data[12:14] == b"\x86\xdd"]
    assert packets(tmp_path / "out.pcapng") == expected != []
    done = run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out2.pcapng", "-f", "what filter", check=False)
    assert done.returncode == 1 and b'"what filter" is not valid' in done.stderr
    assert not (tmp_path / "out2.pcapng").exists()


def test_selection_options(tmp_path):
    capture = Capture()
    chat, feed = capture.tcp(), capture.tcp()
    chat.syn().client(request("/chat?a=1", "chat.example.com", headers=[("Origin", "https://example.com")]))
    feed.syn().client(request("/feed", "feed.example.org"))
    capture.tcp().syn().client(b"\0nothing")
    capture.write(tmp_path / "in.pcap")
    chat, feed = truth(tmp_path / "in.pcap", {chat}), truth(tmp_path / "in.pcap", {feed})
    for words, expected in ((["--host", "chat.*"], chat), (["--path", "/feed"], feed), (["--path", "/chat"], chat),
                            (["--origin", "*example.com"], chat), (["--host", "nowhere"], []),
                            (["--host", "nowhere", "--host", "*.org"], feed)):
        run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcapng", *words)
        assert packets(tmp_path / "out.pcapng") == expected, words
    run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcapng", "--all")
    assert packets(tmp_path / "out.pcapng") == packets(tmp_path / "in.pcap")


def test_connections_that_already_run(tmp_path):
    capture = Capture()
    running, other = capture.tcp(), capture.tcp()
    for i in range(3):
        running.client(text(f"message {i}", mask=MASK)).server(text(f"answer {i}"))
        other.client(b"\x17\3\3\0\5hello").server(b"\x17\3\3\0\5hello")
    capture.write(tmp_path / "in.pcap")
    run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcapng")
    assert packets(tmp_path / "out.pcapng") == []
    run("-r", tmp_path / "in.pcap", "--midstream", "-w", tmp_path / "out.pcapng")
    assert packets(tmp_path / "out.pcapng") == truth(tmp_path / "in.pcap", {running}) != []


@pytest.mark.parametrize("path", sorted((ROOT / "captures" / "others").glob("*.gz")), ids=lambda path: path.name)
def test_other_protocols_that_already_run_are_no_websocket(tmp_path, home, path):
    (home / "in.pcapng").write_bytes(gzip.decompress(path.read_bytes()))
    for first in (0, 5):
        tshark(home, "-r", home / "in.pcapng", "-Y", f"tcp.flags.syn==0 && frame.number>{first}", "-w", home / "cut.pcapng")
        run("-r", home / "cut.pcapng", "--midstream", "-w", tmp_path / "out.pcapng")
        assert packets(tmp_path / "out.pcapng") == []


def test_count(tmp_path):
    capture, sockets = mixture(8)
    capture.write(tmp_path / "in.pcap")
    run("-r", tmp_path / "in.pcap", "-c", 5, "-w", tmp_path / "out.pcapng")
    assert packets(tmp_path / "out.pcapng") == truth(tmp_path / "in.pcap", sockets)[:5]


# ---- bad input --------------------------------------------------------------

@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize("zipped", [False, True])
def test_truncated_file(tmp_path, form, zipped):
    capture, sockets = mixture(9)
    capture.write(tmp_path / "in.pcap")
    expected = truth(tmp_path / "in.pcap", sockets)
    source = tmp_path / "cut"
    as_format(tmp_path / "in.pcap", source, form)
    data = source.read_bytes()
    source.write_bytes(gzip.compress(data)[:-20] if zipped else data[:len(data) * 2 // 3 + 1])
    done = run("-r", source, "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1
    message = done.stderr.decode()
    assert "packets; what came before is kept" in message and str(source) in message
    kept = packets(tmp_path / "out.pcapng")
    assert kept == expected[:len(kept)]
    # Connections still undecided at the cut are not among them, so compare with what an intact file of the same
    # packets gives.
    read = int(message.split(" packets; what came before")[0].split()[-1])
    (tmp_path / "head.pcap").write_bytes((tmp_path / "in.pcap").read_bytes()[:24] + b"".join(
        struct.pack("<IIII", packet.time // 10**9, packet.time % 10**9 // 1000, len(packet.data), packet.length) + packet.data
        for packet in packets(tmp_path / "in.pcap")[:read]))
    run("-r", tmp_path / "head.pcap", "-w", tmp_path / "head.pcapng")
    assert kept == packets(tmp_path / "head.pcapng") != []


@pytest.mark.parametrize("form", ["pcap", "pcapng", "modpcap"])
@pytest.mark.parametrize("way", ["file", "pipe"])
@pytest.mark.parametrize("damage", ["checksum", "length", "data", "trailing zeros", "trailing junk"])
def test_damaged_gzip(tmp_path, form, way, damage):
    """What was readable is kept, and what is wrong is said."""
    capture, sockets = mixture(9)
    capture.write(tmp_path / "in.pcap")
    as_format(tmp_path / "in.pcap", tmp_path / "whole", form)
    zipped = gzip.compress((tmp_path / "whole").read_bytes())
    if damage == "checksum":
        zipped = zipped[:-8] + bytes([zipped[-8] ^ 1]) + zipped[-7:]
    elif damage == "length":
        zipped = zipped[:-1] + b"\x7f"
    elif damage == "data":
        packer, whole = zlib.compressobj(wbits=31), (tmp_path / "whole").read_bytes()
        zipped = packer.compress(whole[:len(whole) // 2]) + packer.flush(zlib.Z_FULL_FLUSH) + b"\7"  # no such type of block
    else:
        zipped += bytes(512) if damage == "trailing zeros" else b"junk"
    (tmp_path / "in.gz").write_bytes(zipped)
    source = tmp_path / "in.gz"
    words = {"input": zipped} if way == "pipe" else {}
    done = run("-r", "-" if words else source, "-w", tmp_path / "out.pcapng", check=False, **words)
    kept, expected = packets(tmp_path / "out.pcapng"), truth(tmp_path / "in.pcap", sockets)
    if damage.startswith("trailing"):  # as gzip itself: padding is passed over, other bytes too
        assert done.returncode == 0, done.stderr
        assert kept == expected
        return
    assert done.returncode == 1
    assert b"what came before is kept" in done.stderr
    if form != "modpcap":  # libpcap words its own
        assert b"gzip: " in done.stderr, done.stderr
    if damage == "data":
        (tmp_path / "half").write_bytes(whole[:len(whole) // 2])
        run("-r", tmp_path / "half", "-w", tmp_path / "half.pcapng", check=False)
        expected = packets(tmp_path / "half.pcapng")
    assert kept == expected != []


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_gzip_of_several_members(tmp_path, way):
    capture, sockets = mixture(9)
    capture.write(tmp_path / "in.pcap")
    data = (tmp_path / "in.pcap").read_bytes()
    zipped = b"".join(gzip.compress(data[at:at + 1000]) for at in range(0, len(data), 1000))
    (tmp_path / "in.gz").write_bytes(zipped)
    words = {"input": zipped} if way == "pipe" else {}
    run("-r", "-" if words else tmp_path / "in.gz", "-w", tmp_path / "out.pcapng", **words)
    assert packets(tmp_path / "out.pcapng") == truth(tmp_path / "in.pcap", sockets)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_corrupt_length(tmp_path, form):
    capture, sockets = mixture(10)
    capture.write(tmp_path / "in.pcap")
    source = tmp_path / "corrupt"
    as_format(tmp_path / "in.pcap", source, form)
    data = bytearray(source.read_bytes())
    at, number = (24, 0) if form == "pcap" else (0, 0)
    while at < len(data) // 2:
        if form == "pcap":
            at += 16 + struct.unpack_from("<I", data, at + 8)[0]
            number += 1
        else:
            number += struct.unpack_from("<I", data, at)[0] == 6
            at += struct.unpack_from("<I", data, at + 4)[0]
    struct.pack_into("<I", data, at + (8 if form == "pcap" else 4), 0xFFFFFFF0)
    source.write_bytes(data)
    done = run("-r", source, "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1
    assert f"corrupt {'packet' if form == 'pcap' else 'block'} length 4294967280 at byte {at}, after {number} packets" in done.stderr.decode()
    kept = packets(tmp_path / "out.pcapng")
    assert kept == truth(tmp_path / "in.pcap", sockets)[:len(kept)] != []


def test_random_damage_never_breaks_it(tmp_path):
    capture, _ = mixture(13)
    capture.write(tmp_path / "in.pcap")
    as_format(tmp_path / "in.pcap", tmp_path / "in.pcapng", "pcapng")
    random.seed(1)
    for name in ("in.pcap", "in.pcapng"):
        for _ in range(40):
            data = bytearray((tmp_path / name).read_bytes())
            for _ in range(random.randrange(1, 6)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            (tmp_path / "bad").write_bytes(data)
            done = run("-r", tmp_path / "bad", "-w", tmp_path / "out.pcapng", "--tls", "--midstream", check=False)
            assert done.returncode in (0, 1), done
            assert done.returncode == 0 or done.stderr
            if done.returncode == 0 or (tmp_path / "out.pcapng").stat().st_size:
                packets(tmp_path / "out.pcapng")  # whole blocks only


@pytest.mark.parametrize("content, says", [(b"", b"is empty"), (b"this is no capture at all", b"unknown file format"),
                                           (b"\xd4\xc3\xb2\xa1\2\0", b"no whole file header"),
                                           (b"\x0a\x0d\x0d\x0a" + b"x" * 60, b"corrupt section header")])
def test_no_capture(tmp_path, content, says):
    (tmp_path / "in").write_bytes(content)
    done = run("-r", tmp_path / "in", "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1
    assert says in done.stderr and str(tmp_path / "in").encode() in done.stderr


def test_missing_input_and_directory(tmp_path):
    for path, says in ((tmp_path / "none", b"No such file"), (tmp_path, b"is a directory")):
        done = run("-r", path, "-w", tmp_path / "out.pcapng", check=False)
        assert done.returncode == 1 and says in done.stderr and str(path).encode() in done.stderr


def test_unwritable_output(tmp_path):
    capture, _ = mixture(1)
    capture.write(tmp_path / "in.pcap")
    done = run("-r", tmp_path / "in.pcap", "-w", "/nowhere/out.pcapng", check=False)
    assert done.returncode == 1 and b"/nowhere/out.pcapng: No such file or directory" in done.stderr


@pytest.mark.parametrize("words", [[], ["-P"]])
def test_full_disk(tmp_path, scratch, words):
    capture, sockets = Capture(), None
    tcp = capture.tcp()
    tcp.upgrade()
    for _ in range(400):
        tcp.server(text("x" * 1000))
    capture.write(tmp_path / "in.pcap")
    done = run("-r", tmp_path / "in.pcap", *words, "-w", scratch / "out", check=False)
    assert done.returncode == 1 and b"No space left on device" in done.stderr
    kept = packets(scratch / "out")
    assert kept == packets(tmp_path / "in.pcap")[:len(kept)]
    assert len(kept) > 100
    assert f", {len(kept)} kept," in done.stderr.decode()


def test_closed_pipe(tmp_path):
    capture, _ = Capture(), None
    tcp = capture.tcp()
    tcp.upgrade()
    for _ in range(2000):
        tcp.server(text("x" * 1000))
    capture.write(tmp_path / "in.pcap")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([run.__globals__["WSCAP"], "-r", tmp_path / "in.pcap", "-w", "-"], stdout=writer,
                          stderr=subprocess.PIPE, timeout=20)
    os.close(writer)
    assert done.returncode == 1 and b"whoever read the output has closed it" in done.stderr


@pytest.mark.parametrize("words, says", [
    (["--nonsense"], "unknown option --nonsense"), (["-c", "0"], "not a number above 0"), (["-w"], "-w needs a value"),
    (["--wait-connection", "18014398509481984"], "up to 2147483647 for --wait-connection"),
    (["--wait-total", "17592186044416"], "for --wait-total"), (["-a", "duration:18446744073709551615"], "for -a duration"),
    (["-a", "weeks:3"], "is not a condition for -a"), (["-b", "files:3", "-w", "x"], "when a file is full"),
    (["-r", "a", "-i", "b"], "choose one"), (["--split", "3"], "--split needs -r and -w"),
    (["-P", "--keylog", "k", "-w", "x"], "pcap files hold no secrets"), (["-f", "tcp", "udp"], "another one"),
])
def test_wrong_usage(words, says):
    done = run(*words, check=False)
    assert done.returncode == 2
    assert says in done.stderr.decode() and "wscap --help" in done.stderr.decode()


def test_help_and_version():
    help_text = run("--help").stdout.decode()
    for word in ("-i", "-r", "-w", "-D", "-f", "-s", "-c", "-a", "-b", "-q", "--host", "--path", "--origin", "--sni",
                 "--tls", "--midstream", "--all", "--keylog", "--print", "-A", "-Y", "--split", "-Z", "--version"):
        assert word in help_text
    assert run("--version").stdout.startswith(b"wscap ")


def test_memory_stays_under_64_mib(tmp_path):
    """A hundred thousand connections that say nothing, over and over."""
    with open(tmp_path / "in.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(250_000):
            client, server = struct.pack("!I", 10 << 24 | number), b"\x0a\xff\0\1"
            for source, target, ports, flags, extra in ((client, server, (40000, 80), 2, 20), (server, client, (80, 40000), 18, 20),
                                                        (client, server, (40000, 80), 16, 12)):
                packet = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + extra, 0, 0x4000, 64, 6, 0, source, target)
                          + struct.pack("!HHIIBBHHH", *ports, 1, 1, (20 + extra) << 2, flags, 65535, 0, 0) + bytes(extra))
                file.write(struct.pack("<IIII", 1, 0, len(packet), len(packet)) + packet)
    done = subprocess.run(["/usr/bin/time", "-f", "%M", run.__globals__["WSCAP"], "-r", tmp_path / "in.pcap", "-w", "/dev/null"],
                          capture_output=True, check=True)
    lines = done.stderr.decode().splitlines()
    assert int(lines[-1]) < 64 * 1024
    assert "250000 connections seen" in lines[1]
    forgotten = int(lines[2].split()[1])
    assert forgotten < 150_000  # so 100,000 were held
