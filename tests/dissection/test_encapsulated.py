# SPDX-License-Identifier: GPL-2.0-or-later
"""WebSocket in packets within packets: GRE and VXLAN over either IP, with VLAN tags outside or inside."""

import ipaddress
import struct

import pytest

from builder import KEY, RSV1, Capture, Deflater, checksum, close, request, response, text
from support import Cases, Truth, dissect, save

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
GRE, UDP, VXLAN = 47, 17, 4789
ENDS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}


class Encapsulated(Capture):
    """Each packet in another: how is "gre" (of IP), "gre-ethernet" or "vxlan", ip the version of IP outside."""

    def __init__(self, how, ip, vlan=None, **options):
        super().__init__(**options)
        self.how, self.ip, self.outer_vlan = how, ip, vlan

    def packet(self, tcp, side, *arguments):
        inner = super().packet(tcp, side, *arguments)
        if self.how == "vxlan":
            payload = struct.pack("!BxxxI", 8, 42 << 8) + inner
            payload = struct.pack("!HHHH", 50001, VXLAN, 8 + len(payload), 0) + payload
        elif self.how == "gre-ethernet":
            payload = struct.pack("!HH", 0, 0x6558) + inner
        else:
            payload = struct.pack("!H", 0) + inner[12:]  # from the type of the Ethernet frame on, without addresses
        protocol = UDP if self.how == "vxlan" else GRE
        ends = ENDS[self.ip] if side == "client" else ENDS[self.ip][::-1]
        addresses = b"".join(ipaddress.ip_address(end).packed for end in ends)
        if self.ip == 6:
            header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses
        else:
            header = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 99, protocol, 0) + addresses)
            header[10:12] = struct.pack("!H", checksum(header))
        return self.link_header(side, self.outer_vlan, self.ip == 6) + header + payload


class EncapsulatedCases(Cases):
    def build(self):
        capture = Encapsulated(**self.capture)
        return capture, {name: function(capture.tcp(**self.options[name])) for name, function in self.functions.items()}


def compressed(tcp):
    tcp.upgrade(offer=DEFLATE, accept=DEFLATE)
    client, server = Deflater(), Deflater()
    for i in range(3):
        tcp.client(text(client.message(b"from the client"), rsv=RSV1, mask=KEY))
        tcp.server(text(server.message(b"from the server"), rsv=RSV1))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=["from the client"] * 3, server=["from the server"] * 3)


def twice(tcp):
    tcp.upgrade().client(text("a", mask=KEY)).client(close(1000, mask=KEY)).server(close(1000))
    tcp.client(request(headers=DEFLATE)).server(response(headers=DEFLATE))
    tcp.server(text(Deflater().message(b"bbbb"), rsv=RSV1))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(client=["a"], server=["bbbb"])


def reset(tcp):
    tcp.upgrade().client(text("cut", mask=KEY)).rst("server")
    return Truth(client=["cut"], diagnoses=["aborted"])


def ended_without_close(tcp):
    tcp.upgrade().client(text("gone", mask=KEY)).fin()
    return Truth(client=["gone"], diagnoses=["closed_without_close_frame"])


def through_proxy(tcp):
    tcp.syn().client(b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n").server(b"HTTP/1.1 200 OK\r\n\r\n")
    tcp.client(request()).server(response() + text("in a tunnel in a tunnel"))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin()
    return Truth(server=["in a tunnel in a tunnel"])


TALKS = [compressed, twice, reset, ended_without_close, through_proxy]
RUNS = [("asis", 1), ("asis", 2), ("bytes", 2)]
GROUPS = {}
for how, outer, vlan in [("gre", 4, None), ("gre", 6, 7), ("gre-ethernet", 6, None), ("vxlan", 4, 7), ("vxlan", 6, None)]:
    group = GROUPS[f"{how}-ip{outer}-vlan{vlan}"] = EncapsulatedCases(how=how, ip=outer, vlan=vlan, runs=RUNS)
    for inner in (4, 6):
        for inner_vlan in (None,) if how == "gre" else (None, 9):
            for talk in TALKS:
                port = {"server": ({4: "10.0.0.2", 6: "fd00::2"}[inner], 8080)} if talk is through_proxy else {}
                group.add(f"{talk.__name__}_ip{inner}_vlan{inner_vlan}", talk, ip=inner, vlan=inner_vlan, **port)


@pytest.mark.parametrize("run", RUNS, ids=str)
@pytest.mark.parametrize("group", GROUPS)
def test_encapsulated(group, run):
    for case in GROUPS[group].functions:
        GROUPS[group].check(case, run)


@pytest.mark.parametrize("group", GROUPS)
def test_ends_are_seen_in_the_inner_header(group):
    """Each connection has its summary, on its last packet but one (or the reset), with the messages that it had."""
    capture, truths = GROUPS[group].build()
    layers = [packet.ws[-1] for packet in dissect(save(capture), shown="ws.session.duration")]
    counts = [(int(layer.get("ws.session.messages.client")), int(layer.get("ws.session.messages.server"))) for layer in layers]
    ends = {"twice": (0, 1)}  # of its second connection
    assert counts == [ends.get(name.split("_")[0], (len(truth.client), len(truth.server))) for name, truth in truths.items()]
