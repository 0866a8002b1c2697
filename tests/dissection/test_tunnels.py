# SPDX-License-Identifier: GPL-2.0-or-later
"""WebSocket inside tunnels: HTTP's CONNECT, SOCKS, GRE, VXLAN."""

import functools
import ipaddress
import struct

import pytest

from builder import KEY, RSV1, Capture, Deflater, close, ping, pong, request, response, text
from support import CLIENT, SERVER, Cases, Truth, save, streams, tshark
from tls import Tls, secrets

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
USER, PASSWORD = b"ada", b"lovelace"


class TunnelCases(Cases):
    """SOCKS makes Wireshark count a TCP stream more for each tunnel: the cases are told apart by their order."""

    def dissect(self, run):
        if run not in self.dissected:
            segmentation, passes = run
            capture, truths = self.build()
            found = streams(save(capture, segmentation), *self.arguments, *["-2"] * (passes - 1))
            assert len(found) == len(truths)
            self.dissected[run] = dict(zip(truths, (found[number] for number in sorted(found)))), truths
        return self.dissected[run]


cases = Cases()


def talk(tcp, ahead=b"", late=b"", between=lambda: None):
    """A whole WebSocket connection, compressed; ahead and late are in one segment with request and response."""
    client, server = Deflater(), Deflater()
    tcp.client(ahead + request(headers=DEFLATE))
    between()
    tcp.server(late + response(headers=DEFLATE) + text(server.message(b"welcome welcome"), rsv=RSV1))
    messages = [f"message {i} message" for i in range(3)]
    for message in messages:
        tcp.client(text(client.message(message.encode()), rsv=RSV1, mask=KEY))
        tcp.server(text(server.message(message.upper().encode()), rsv=RSV1))
    tcp.server(ping(b"?")).client(pong(b"?", mask=KEY))
    tcp.client(close(1000, "done", mask=KEY)).server(close(1000, "done")).fin()
    return Truth(client=messages, server=["welcome welcome", *(message.upper() for message in messages)],
                 handshakes=[{"ws.handshake.type": 1, "ws.handshake.key.valid": 1, "ws.handshake.url": "ws://example.com/chat"},
                             {"ws.handshake.type": 2, "ws.handshake.status": 101, "ws.handshake.accept.valid": 1}])


# ---- HTTP CONNECT -----------------------------------------------------------

def connect(tcp, port, host="example.com"):
    return tcp.syn().client(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())


def through_connect(tcp, port):
    connect(tcp, port).server(ESTABLISHED)
    return talk(tcp)


def add_connects(to, ports):
    for proxy in (8080, 3128, 9090):
        for port in sorted({*ports, *([proxy] if 80 in ports else [])}):
            to.add(f"connect_{proxy}_to_{port}", functools.partial(through_connect, port=port), server=("10.0.0.2", proxy))


add_connects(cases, [80, 8080, 9999])
# HTTP marks the pieces of a plain request to this port as a mistake, before anybody knows that it is one of WebSocket.
to_443 = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2)])
add_connects(to_443, [443])


@cases.on(server=("10.0.0.2", 8080))
def connect_to_an_ipv6_address(tcp):
    connect(tcp, 80, "[2001:db8::1]").server(ESTABLISHED)
    return talk(tcp)


@cases.on(server=("fd00::2", 3128), ip=6)
def connect_over_ipv6(tcp):
    return through_connect(tcp, 80)


@cases.on(server=("10.0.0.2", 8080))
def connect_after_it_was_refused(tcp):
    connect(tcp, 80).server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno")
    tcp.client(b"CONNECT example.com:80 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n").server(ESTABLISHED)
    truth = talk(tcp)
    truth.diagnoses = ["connect_refused"]
    return truth


@cases.on(server=("10.0.0.2", 8080))
def connect_and_request_at_once(tcp):
    """A client that does not wait for the proxy's answer."""
    return talk(tcp.syn(), ahead=b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n", late=ESTABLISHED)


@cases.on(server=("10.0.0.2", 8080))
def request_before_the_answer(tcp):
    connect(tcp, 80)
    return talk(tcp, between=lambda: tcp.server(ESTABLISHED))


@cases.on(server=("10.0.0.2", 3128))
def answer_in_one_segment_with_the_response(tcp):
    connect(tcp, 80)
    return talk(tcp, late=ESTABLISHED)


@cases.on(server=("10.0.0.2", 3128))
def two_upgrades_in_one_tunnel(tcp):
    first = through_connect_without_fin(tcp, 80)
    second = talk(tcp)
    return Truth(client=first.client + second.client, server=first.server + second.server,
                 handshakes=first.handshakes + second.handshakes)


def through_connect_without_fin(tcp, port):
    connect(tcp, port).server(ESTABLISHED)
    tcp.client(request()).server(response()).client(text("first", mask=KEY)).server(text("one"))
    tcp.client(close(1000, mask=KEY)).server(close(1000))
    handshakes = [{"ws.handshake.type": 1}, {"ws.handshake.type": 2}]
    return Truth(client=["first"], server=["one"], handshakes=handshakes)


@cases.on(server=("10.0.0.2", 8080))
def refused_in_the_tunnel(tcp):
    connect(tcp, 80).server(ESTABLISHED)
    tcp.client(request()).server(response(status="403 Forbidden", body=b"no")).fin()
    return Truth(handshakes=[{"ws.handshake.type": 1}, {"ws.handshake.status": 403}], diagnoses=["forbidden"])


# ---- SOCKS ------------------------------------------------------------------

def address(host, port):
    """RFC 1928 4: type, address, port."""
    try:
        packed = ipaddress.ip_address(host).packed
        kind = {4: b"\x01", 16: b"\x04"}[len(packed)]
    except ValueError:
        packed, kind = bytes([len(host)]) + host.encode(), b"\x03"
    return kind + packed + struct.pack("!H", port)


def through_socks5(tcp, host, port, login=False):
    tcp.syn().client(b"\x05\x02\x00\x02" if login else b"\x05\x01\x00").server(b"\x05\x02" if login else b"\x05\x00")
    if login:
        tcp.client(b"\x01" + bytes([len(USER)]) + USER + bytes([len(PASSWORD)]) + PASSWORD).server(b"\x01\x00")
    tcp.client(b"\x05\x01\x00" + address(host, port)).server(b"\x05\x00\x00" + address("10.0.0.9", 40000))
    return talk(tcp)


def through_socks4(tcp, port, name=b""):
    host = b"\x00\x00\x00\x01" if name else ipaddress.ip_address("10.0.0.9").packed
    tcp.syn().client(b"\x04\x01" + struct.pack("!H", port) + host + b"me\0" + (name + b"\0" if name else b""))
    tcp.server(b"\x00\x5a" + bytes(6))
    return talk(tcp)


SOCKS_SEGMENTS = [("asis", 1), ("asis", 2), (40, 1), (40, 2)]
socks = TunnelCases(runs=SOCKS_SEGMENTS)
for server_port in (1080, 9050):
    for target in (80, 9999):
        on = {"server": ("10.0.0.2", server_port)}
        for host in ("10.0.0.9", "example.com", "fd00::9"):
            for login in (False, True):
                socks.add(f"socks5_{server_port}_to_{host}_{target}_{'login' if login else 'open'}",
                          functools.partial(through_socks5, host=host, port=target, login=login), **on)
        socks.add(f"socks4_{server_port}_{target}", functools.partial(through_socks4, port=target), **on)
        socks.add(f"socks4a_{server_port}_{target}",
                  functools.partial(through_socks4, port=target, name=b"example.com"), **on)


# ---- TLS inside -------------------------------------------------------------

def open_socks5(tcp, host, port):
    tcp.syn().client(b"\x05\x01\x00").server(b"\x05\x00")
    return tcp.client(b"\x05\x01\x00" + address(host, port)).server(b"\x05\x00\x00" + address("10.0.0.9", 40000))


def wss(tcp, version):
    tls = Tls(tcp, version)
    truth = talk(tls)
    truth.handshakes[0]["ws.handshake.url"] = "wss://example.com/chat"
    return truth


def wss_through_connect(tcp, port, version):
    return wss(connect(tcp, port).server(ESTABLISHED), version)


def wss_through_socks5(tcp, port, version):
    return wss(open_socks5(tcp, "example.com", port), version)


def two_upgrades_in_tls(tcp):
    tls = Tls(connect(tcp, 443).server(ESTABLISHED), "1.3")
    tls.client(request()).server(response(), text("one")).client(text("first", mask=KEY))
    tls.client(close(1000, mask=KEY), request(headers=DEFLATE)).server(close(1000))
    deflater = Deflater()
    tls.server(response(headers=DEFLATE), *(text(deflater.message(b"two two"), rsv=RSV1) for _ in range(3)))
    tls.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=["first"], server=["one"] + ["two two"] * 3)


TLS_OPTIONS = {"preferences": [f"tls.keylog_file:{secrets()}"]}
inside_tls = TunnelCases(runs=[("asis", 1), ("asis", 2), ("coalesced", 1), ("coalesced", 2), (600, 1), (600, 2)], **TLS_OPTIONS)
for tls_version in ("1.2", "1.3"):
    for tls_port in (443, 9999):
        for proxy_port in (8080, 3128, 9090):
            inside_tls.add(f"connect_{proxy_port}_to_{tls_port}_{tls_version}",
                           functools.partial(wss_through_connect, port=tls_port, version=tls_version),
                           server=("10.0.0.2", proxy_port))
        for proxy_port in (1080, 9050):
            inside_tls.add(f"socks5_{proxy_port}_to_{tls_port}_{tls_version}",
                           functools.partial(wss_through_socks5, port=tls_port, version=tls_version),
                           server=("10.0.0.2", proxy_port))
inside_tls.add("two_upgrades", two_upgrades_in_tls, server=("10.0.0.2", 8080))


@inside_tls.parametrize
def test_tls_inside(case, run):
    inside_tls.check(case, run)


@cases.parametrize
def test_connect(case, run):
    cases.check(case, run)


@to_443.parametrize
def test_plain_connect_to_443(case, run):
    to_443.check(case, run)


@socks.parametrize
def test_socks(case, run):
    socks.check(case, run)


@pytest.mark.parametrize("passes", [1, 2])
def test_socks_by_decode_as(passes):
    """Wireshark's SOCKS then swaps the wrong port, and leaves it so."""
    capture, truths = Capture(), []
    for i in range(3):
        truths.append(through_socks5(capture.tcp(server=("10.0.0.2", 9050)), ("10.0.0.9", "example.com", "fd00::9")[i], 80))
    found = streams(save(capture), "-d", "tcp.port==9050,socks", *["-2"] * (passes - 1))
    assert len(found) == len(truths)
    for truth, number in zip(truths, sorted(found)):
        truth.check(found[number])


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("end", ["fin", None])
def test_tunnels_between_the_same_ports(end, passes):
    """Another connection to the proxy from the same port, and to another host in it."""
    capture = Capture()
    client, proxy = ("10.0.0.1", 50000), ("10.0.0.2", 8080)
    first = connect(capture.tcp(client, proxy, isn=(1000, 5000)), 80).server(ESTABLISHED)
    first.client(request(headers=DEFLATE)).server(response(headers=DEFLATE))
    first.client(text(Deflater().message(b"first"), rsv=RSV1, mask=KEY))
    if end:
        first.fin()
    second = connect(capture.tcp(client, proxy, isn=(700000, 800000)), 80, "other.example.com").server(ESTABLISHED)
    second.client(request(host="other.example.com")).server(response() + text("second"))
    second.client(close(1000, mask=KEY)).server(close(1000)).fin()
    found = streams(save(capture), *["-2"] * (passes - 1))
    one, other = (found[number] for number in sorted(found))
    Truth(client=["first"], diagnoses=["closed_without_close_frame"] if end else []).check(one)
    Truth(server=["second"]).check(other)
    assert [{layer.get("ws.stream") for layer in stream.layers} for stream in (one, other)] == [{"0"}, {"1"}]


# ---- tunnels without WebSocket ----------------------------------------------

def plain_get(tcp):
    tcp.client(b"GET /page HTTP/1.1\r\nHost: example.com\r\n\r\n")
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    tcp.client(b"GET /other HTTP/1.1\r\nHost: example.com\r\n\r\n").server(b"HTTP/1.1 204 No Content\r\n\r\n").fin()


def almost_a_request(tcp):
    tcp.client(b"GET /up HTTP/1.1\r\nUpgrade: h2c\r\n\r\n").server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").fin()


def endless_head(tcp):
    tcp.client(b"GET /" + b"x" * 500).client(b"y" * 500).server(b"?").client(b"\r\nz: z\r\n").fin()


def server_speaks_first(tcp):
    tcp.server(b"SSH-2.0-x\r\n").client(b"SSH-2.0-y\r\n").client(b"G").server(bytes(range(256))).client(b"ET /").fin()


def binary_bytes(tcp):
    tcp.client(bytes(range(40))).server(b"\x81\x02hi").client(b"\x00").server(b"HTTP/1.1 200 OK\r\n\r\n").fin()


def silence(tcp):
    tcp.fin()


def pop3(tcp):
    tcp.server(b"+OK ready\r\n").client(b"USER ada\r\n").server(b"+OK\r\n").fin()


ORDINARY = [plain_get, almost_a_request, endless_head, server_speaks_first, binary_bytes, silence, pop3]


def ordinary():
    """Tunnels that carry anything else."""
    capture = Capture()
    for content in ORDINARY:
        for proxy, ports in {8080: (80, 110, 443, 9999), 9090: (80, 9090)}.items():
            for port in ports:
                content(connect(capture.tcp(server=("10.0.0.2", proxy)), port).server(ESTABLISHED))
        refused = connect(capture.tcp(server=("10.0.0.2", 3128)), 443).server(response(status="403 Forbidden"))
        content(refused)
        content(connect(capture.tcp(server=("10.0.0.2", 3128)), 443))  # without an answer
        for host in ("10.0.0.9", "example.com"):
            for port in (80, 9999):
                content(open_socks5(capture.tcp(server=("10.0.0.2", 1080)), host, port))
        for version in ("1.2", "1.3"):
            content(Tls(connect(capture.tcp(server=("10.0.0.2", 8080)), 443).server(ESTABLISHED), version))
            content(Tls(open_socks5(capture.tcp(server=("10.0.0.2", 1080)), "example.com", 443), version))
    return capture


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("segmentation", ["asis", "coalesced", 9])
def test_ordinary_tunnels_look_as_without_the_plugin(segmentation, passes):
    path = save(ordinary(), segmentation)
    assert secrets().stat().st_size
    # The heuristic that takes the beginning of a request line in pieces for HTTP is not of tunnels.
    options = ["-V", "-x", "-o", f"tls.keylog_file:{secrets()}", *["-2"] * (passes - 1), "--disable-heuristic", "ws_tcp"]
    assert tshark(path, *options) == tshark(path, *options[:-2], plugins=None)


# ---- a packet that the capture lost -----------------------------------------

def body_until_the_end(tcp):
    """Not a tunnel, but HTTP takes it for one response: that to HEAD has no body, which only the request tells."""
    tcp.syn().client(b"HEAD / HTTP/1.1\r\nHost: example.com\r\n\r\n").server(b"HTTP/1.1 200 OK\r\n\r\n")
    return talk(tcp)


LOSSY = {"connect": functools.partial(through_connect, port=80), "connect_answered_late": request_before_the_answer,
         "head": body_until_the_end, "connect_tls": functools.partial(wss_through_connect, port=443, version="1.3"),
         "socks": functools.partial(through_socks5, host="example.com", port=9999)}


@functools.cache
def lossy(name, port):
    """A connection for each packet that may be lost, and what was said on each of them."""
    capture, count, lost = Capture(), 1, 0
    while lost < count:
        before = len(capture.sends)
        truth = LOSSY[name](capture.tcp(server=("10.0.0.2", port)))
        count = len(capture.sends) - before
        capture.sends[before + lost][5]["drop"] = True
        lost += 1
    return save(capture), truth


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(item in rest for item in part)


@pytest.mark.parametrize("options", [[], ["-o", "tcp.reassemble_out_of_order:TRUE"], ["-o", "tcp.desegment_tcp_streams:FALSE"]],
                         ids=["plain", "in_order", "segments"])
@pytest.mark.parametrize("port", [80, 3128, 9090])
@pytest.mark.parametrize("name", LOSSY)
def test_each_packet_lost(name, port, options):
    """What was decoded once is not decoded again when TCP hands over a whole response at the end of the connection."""
    path, truth = lossy(name, 1080 if name == "socks" else port)
    options = [*options, "-o", f"tls.keylog_file:{secrets()}"]
    once, twice = streams(path, *options), streams(path, *options, "-2")
    assert once and once.keys() == twice.keys()
    complete = 0
    for number, stream in once.items():
        for side, sent in ((CLIENT, truth.client), (SERVER, truth.server)):
            found = [message for message in stream.messages(side) if message is not None]
            assert is_subsequence(found, sent)
            complete += found == sent
        assert not stream.all("ws.violation") and not stream.malformed()
        assert stream.facts() == twice[number].facts()
    assert complete >= len(once)  # of twice as many directions


def test_the_end_of_a_lost_tunnel_stays_tcp():
    """Its FIN carries nothing new, and says so in the listing."""
    capture = Capture()
    tcp = capture.tcp(server=("10.0.0.2", 3128))
    tcp.syn().client(b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n", drop=True).server(ESTABLISHED)
    talk(tcp)
    listing = tshark(save(capture)).splitlines()
    assert [line for line in listing if "FIN" in line] and all("WebSocket" not in line for line in listing if "FIN" in line)
