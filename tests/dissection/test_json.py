# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON in messages: the fields of Wireshark's own dissector, which reads the same text from a UDP datagram as truth."""

import json
import re
import resource
import struct

import pytest

from builder import Capture, text
from support import fields, packets_matching, save, scratch, tshark, wireshark_version

NAMES = ["json.object", "json.array", "json.member", "json.key", "json.path", "json.path_with_value", "json.member_with_value",
         "json.value.string", "json.value.number", "json.value.true", "json.value.false", "json.value.null"]

TEXTS = [
    "{}", "[]", '{"a":1}', " { \"a\" : [ 1 , \"two\" , { \"three\" : null } ] , \"b\" : true , \"c\" : false } ", "[[[]],{},[{}]]", '[1,-0,0.5,1e5,-1.25E-7]',
    '{"":""}', '{"a":{"b":{"c":{"d":"e"}}}}', '{"a":1,"a":2}', '["naïve 👋","\\u00e9\\ud83d\\ude00 \\"\\\\\\/ \\n\\t"]', '{"k\\"ey\\u00e9s":"va:l/ue"}',
    '[' * 20 + ']' * 20, json.dumps({f"key{i}": [i, str(i), {"n": i / 7}] for i in range(40)}), '["' + "x" * 3000 + '"]',
    '{"a":[{"b":[{"c":"d"},"e"]},"f"],"g":"h"}', '[true,false,null,"",0]', '{"type":"tick","price":7.25,"symbol":"BTC-USD"}',
]


def in_datagrams(texts):
    """The same texts, each in a UDP datagram: port 9999 is JSON's by Decode As."""
    packets = b""
    for number, content in enumerate(texts):
        payload = content.encode()
        udp = struct.pack("!HHHH", 40000, 9999, 8 + len(payload), 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2") + udp
        packets += struct.pack("<IIII", 1000 + number, 0, len(ip), len(ip)) + ip
    path = scratch() / "datagrams.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + packets)
    path.chmod(0o644)
    return path


def in_messages(texts):
    tcp = Capture().tcp().upgrade()
    for content in texts:
        tcp.server(text(content))
    return save(tcp.capture)


def tree_of(out):
    """JSON's part of each packet of `tshark -V`, without its margin."""
    parts = re.findall(r"^( *)JavaScript Object Notation\n((?:\1 +\S.*\n)*)", out, re.M)
    return [[line[len(margin):] for line in lines.splitlines()] for margin, lines in parts]


@pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one", "two"])
def test_fields_and_values_are_wiresharks(passes):
    theirs = fields(in_datagrams(TEXTS), NAMES, "-d", "udp.port==9999,json", shown="json")
    ours = fields(in_messages(TEXTS), NAMES, *passes, shown="json")
    assert len(ours) == len(theirs) == len(TEXTS)
    for i, content in enumerate(TEXTS):
        assert ours[i] == theirs[i], content


def test_tree_is_wiresharks():
    theirs = tree_of(tshark(in_datagrams(TEXTS), "-V", "-d", "udp.port==9999,json"))
    ours = tree_of(tshark(in_messages(TEXTS), "-V"))
    assert len(theirs) == len(TEXTS) and ours == theirs


@pytest.mark.parametrize("preference", ["json.compact_form:TRUE", "json.hide_extended_path_based_filtering:TRUE"])
def test_its_preferences_hold(preference):
    theirs = tree_of(tshark(in_datagrams(TEXTS[:8]), "-V", "-d", "udp.port==9999,json", "-o", preference))
    ours = tree_of(tshark(in_messages(TEXTS[:8]), "-V", "-o", preference))
    assert len(theirs) == 8 and ours == theirs
    assert theirs != tree_of(tshark(in_datagrams(TEXTS[:8]), "-V", "-d", "udp.port==9999,json"))


def test_marked_bytes():
    path = in_messages(['{"a": [1, "two"]}'])
    out = tshark(path, "-Y", "json", "-T", "pdml")
    places = {name: (int(pos), int(size)) for name, size, pos in
              re.findall(r'<field name="(json\.[a-z._]+)"[^>]*? size="(\d+)" pos="(\d+)"', out)}
    start = places["json.object"][0]
    assert {name: (pos - start, size) for name, (pos, size) in places.items()} == {
        "json.object": (0, 17), "json.member": (1, 15), "json.key": (1, 3), "json.path": (1, 15), "json.array": (6, 10),
        "json.value.number": (7, 1), "json.value.string": (10, 5), "json.path_with_value": (10, 5), "json.member_with_value": (10, 5)}


def test_bounds():
    """What is too deep, too long or broken is text."""
    deep = "[" * 202 + "]" * 202
    many = "[" + "1," * 250000 + "1]"
    broken = ['{"a":1,}', "[1 2]", '{"a"}', "[tru]", '["\\x"]']
    path = in_messages([deep, many, *broken, '{"last":1}'])
    matching = packets_matching(path, "json")
    assert packets_matching(path, 'json.key == "last"') == matching and len(matching) == 1
    assert "Malformed" not in tshark(path, "-V", "-Y", "json")


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (1200 << 20, 1200 << 20))


@pytest.mark.parametrize("content", ['{"' + "k" * 60000 + '":[' + "1," * 30000 + "1]}", ('{"' + "k" * 5000 + '":') * 190 + "1" + "}" * 190,
                                     '["' + "\\ud800" * 20000 + '"]'], ids=["often", "deep", "surrogates"])
def test_long_paths_cost_no_more_than_their_text(content):
    """A path of 60 kB above 30,000 values would be 2 GB."""
    path = in_messages([content, '{"after":1}'])
    out = tshark(path, "-V", limit=limited)
    assert "Malformed" not in out and "Key: after" in out
    assert ("JavaScript Object Notation (not all paths are shown: too long)" in out) == ("k" in content)
    [[values], _] = fields(path, ["json.value.number"], shown="json")
    assert len(values) == content.count("1")


def test_can_be_disabled():
    path = in_messages(['{"a":1}'])
    assert packets_matching(path, "json", "--disable-protocol", "json") == []
    assert packets_matching(path, "ws.message.text", "--disable-protocol", "json") == [6]


def test_escapes_where_wireshark_is_no_truth():
    """4.0 drops an escape at the end of a string. A lone surrogate is no text and stays as it is written, as does everything from
    4.4 on."""
    found = fields(in_messages(['{"caf\\u00e9":"\\ud83d\\ude00"}', '["\\ud800!"]']), ["json.key", "json.value.string"], shown="json")
    if wireshark_version() < (4, 4):
        assert found == [[["café"], ["😀"]], [[], ["\\ud800!"]]]
    else:
        assert found == [[["caf\\u00e9"], ["\\ud83d\\ude00"]], [[], ["\\ud800!"]]]
