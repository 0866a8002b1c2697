# SPDX-License-Identifier: GPL-2.0-or-later
"""Engine.IO and Socket.IO: chosen by their URL, read packet by packet, questions linked with their answers."""

import resource
import struct

import pytest

from builder import CONTINUATION, KEY, Capture, binary, frame, text
from support import ROOT, fields, packets_matching, save, scratch, tshark

PATH = "/socket.io/?EIO=4&transport=websocket"
NAMES = ["engineio.type", "socketio.type", "socketio.namespace", "socketio.event", "socketio.ack_id", "socketio.attachments"]
BOTH = pytest.mark.parametrize("passes", [[], ["-2"]], ids=["one", "two"])


def upgraded(path=PATH):
    return Capture().tcp().upgrade(path=path)


def infos(path, *arguments):
    out = tshark(path, "-Y", "ws.opcode", "-T", "fields", "-e", "_ws.col.Info", *arguments)
    return [line.split("  ", 1)[1] for line in out.splitlines()]


# text, words in the Info column, values of NAMES
PACKETS = [
    ('0{"sid":"abc","pingInterval":25000}', "Engine.IO open", ["0", "", "", "", "", ""]),
    ("2", "Engine.IO ping", ["2", "", "", "", "", ""]),
    ("2probe", "Engine.IO ping probe", ["2", "", "", "", "", ""]),
    ("5", "Engine.IO upgrade", ["5", "", "", "", "", ""]),
    ("6", "Engine.IO noop", ["6", "", "", "", "", ""]),
    ("1", "Engine.IO close", ["1", "", "", "", "", ""]),
    ("4hello", "Engine.IO message hello", ["4", "", "", "", "", ""]),
    ("40", "Socket.IO CONNECT", ["4", "0", "/", "", "", ""]),
    ('40/admin,{"sid":"x"}', "Socket.IO CONNECT /admin", ["4", "0", "/admin", "", "", ""]),
    ("41/admin,", "Socket.IO DISCONNECT /admin", ["4", "1", "/admin", "", "", ""]),
    ('42["tick",1]', 'Socket.IO EVENT "tick"', ["4", "2", "/", "tick", "", ""]),
    ('42/admin,13["save",{"a":1}]', 'Socket.IO EVENT /admin "save", ack 13', ["4", "2", "/admin", "save", "13", ""]),
    ("43/admin,13[true]", "Socket.IO ACK /admin 13", ["4", "3", "/admin", "", "13", ""]),
    ('44{"message":"Not authorized"}', "Socket.IO CONNECT_ERROR", ["4", "4", "/", "", "", ""]),
    ('451-["file",{"_placeholder":true,"num":0}]', 'Socket.IO BINARY_EVENT "file", 1 attachment',
     ["4", "5", "/", "file", "", "1"]),
    ("462-7[]", "Socket.IO BINARY_ACK 7, 2 attachments", ["4", "6", "/", "", "7", "2"]),
    ("42[1,2]", "Socket.IO EVENT", ["4", "2", "/", "", "", ""]),
    ('42["naïve 👋"]', 'Socket.IO EVENT "naïve 👋"', ["4", "2", "/", "naïve 👋", "", ""]),
]


@BOTH
@pytest.mark.parametrize("segmentation", ["asis", 7, "bytes"])
def test_each_packet(segmentation, passes):
    tcp = upgraded()
    for packet, _, _ in PACKETS:
        tcp.server(text(packet))
    path = save(tcp.capture, segmentation)
    rows = fields(path, NAMES, *passes, shown="engineio")
    for i, name in enumerate(NAMES):
        assert sum((row[i] for row in rows), []) == [values[i] for _, _, values in PACKETS if values[i]], name
    if segmentation == "asis":
        assert infos(path, *passes) == [f"Text [{len(packet.encode())}] {words}" for packet, words, _ in PACKETS]


@BOTH
def test_several_in_a_packet(passes):
    tcp = upgraded()
    tcp.server(text('42["a"]') + text("2") + text('42["b"]'))
    path = save(tcp.capture)
    assert infos(path, *passes) == ['Text [7] Socket.IO EVENT "a"  Text [1] Engine.IO ping  Text [7] Socket.IO EVENT "b"']
    assert fields(path, ["socketio.event"], *passes, shown="socketio") == [[["a", "b"]]]


@BOTH
def test_heartbeats_have_their_time(passes):
    tcp = upgraded()
    tcp.server(text("2")).sleep(0.25 - 0.001).client(text("3", mask=KEY)).client(text("2probe", mask=KEY)).server(text("3probe"))
    tcp.server(text("3"))  # nobody asked
    path = save(tcp.capture)
    rows = fields(path, ["frame.number", "engineio.pong_in", "engineio.ping_in", "engineio.rtt"], *passes, shown="engineio")
    later = bool(passes)
    assert rows == [[["6"], ["7"] if later else [], [], []], [["7"], [], ["6"], ["0.250000000"]],
                    [["8"], ["9"] if later else [], [], []], [["9"], [], ["8"], ["0.001000000"]], [["10"], [], [], []]]
    assert packets_matching(path, "engineio.rtt > 0.2", *passes) == [7]


@BOTH
def test_acknowledgments_are_linked(passes):
    """By side, namespace and id: ids are counted on each."""
    tcp = upgraded()
    tcp.client(text('420["save"]', mask=KEY)).server(text('420["ask"]')).client(text('42/admin,0["save"]', mask=KEY))
    tcp.server(text("43/admin,0[]")).server(text("430[]")).client(text("430[]", mask=KEY)).server(text("430[]"))
    path = save(tcp.capture)
    to = {int(row[0][0]): row[1] for row in fields(path, ["frame.number", "socketio.response_to"], *passes, shown="socketio")}
    assert to == {6: [], 7: [], 8: [], 9: ["8"], 10: ["6"], 11: ["7"], 12: []}
    answered = {int(row[0][0]): row[1] for row in fields(path, ["frame.number", "socketio.response_in"], *passes, shown="socketio")}
    assert answered == ({6: ["10"], 7: ["11"], 8: ["9"]} if passes else {6: [], 7: [], 8: []}) | {9: [], 10: [], 11: [], 12: []}


@BOTH
@pytest.mark.parametrize("revision", [3, 4])
def test_attachments_belong_to_their_event(revision, passes):
    tcp = upgraded(f"/socket.io/?EIO={revision}&transport=websocket")
    first = b"\x04" if revision == 3 else b""
    tcp.client(text('452-["file",{}]', mask=KEY)).server(binary(first + b"other side")).client(binary(first + b"\x00\x01", mask=KEY))
    tcp.client(text("2", mask=KEY)).client(binary(first + b"\x02", mask=KEY)).client(binary(first + b"\x03", mask=KEY))
    tcp.client(text('451-["file",{}]', mask=KEY)).client(text('42["tick"]', mask=KEY)).client(binary(b"\x04", mask=KEY))
    path = save(tcp.capture)
    rows = fields(path, ["frame.number", "socketio.attachment_of"], *passes, shown="ws.opcode == 2")
    assert rows == [[["7"], []], [["8"], ["6"]], [["10"], ["6"]], [["11"], []], [["14"], []]]
    assert infos(path, *passes)[2] == f"Binary [{2 + len(first)}] Socket.IO attachment of #6"


@pytest.mark.parametrize("bad", ["", "9", "hello", "4", "42", "42[", '42["never', "45", "451", "451-", "4599999999999-[]", "42/", "42/,", "4/a",
                                 "2" * 5000, "42" + "[" * 5000, '42["' + "x" * 70000 + '"]', "40{", "0", "0{", '0{"sid":"', "\0", "4\0",
                                 '42["a\\'])
def test_malformed_packets_keep_their_text(bad):
    tcp = upgraded()
    tcp.server(text(bad)).server(text("9 is no type")).server(frame(1, b'42["\xff"]')).server(text('42["after"]'))
    path = save(tcp.capture)
    assert "Malformed" not in tshark(path, "-V") and "Dissector bug" not in tshark(path, "-V", "-2")
    assert fields(path, ["ws.message.text"], shown="ws.message.text")[-2:] == [[["9 is no type"]], [['42["after"]']]]
    found = infos(path)
    assert found[1] == "Text [12] 9 is no type" and found[2].startswith('Text [7] 42["')
    assert found[3] == 'Text [11] Socket.IO EVENT "after"'


def test_only_where_the_url_says_so():
    """One lucky message is no evidence; what the user chooses is."""
    tcp = upgraded("/chat")
    tcp.server(text('42["tick"]')).server(text("2"))
    path = save(tcp.capture)
    assert packets_matching(path, "engineio or socketio") == []
    assert infos(path) == ['Text [10] 42["tick"]', "Text [1] 2"]
    assert packets_matching(path, "socketio.event == tick", "-d", "ws.port==80,engineio") == [6]
    assert packets_matching(path, "socketio.event == tick", "-d", "ws.stream==0,engineio") == [6]


@pytest.mark.parametrize("off, found", [(["engineio"], [[], []]), (["socketio"], [["4"], []]), ([], [["4"], ["tick"]])])
def test_each_can_be_disabled(off, found):
    tcp = upgraded()
    tcp.server(text('42["tick"]'))
    path = save(tcp.capture)
    arguments = [word for name in off for word in ("--disable-protocol", name)]
    assert fields(path, ["engineio.type", "socketio.event"], *arguments, shown="ws.opcode") == [found]
    assert ("tick" in infos(path, *arguments)[0])


@pytest.mark.parametrize("packet, sid", [('0{ "sid" : "a b" }', "a b"), ('0{"sid":"caf\\u00e9\\"x"}', 'café"x'), ('0{"upgrades":["\\"sid\\":\\"no\\""],"sid":"yes"}', "yes"),
                                         ('0{"sid":7}', None), ('0["sid","x"]', None)])
def test_sid_as_json_has_it(packet, sid):
    tcp = upgraded()
    tcp.server(text(packet))
    assert fields(save(tcp.capture), ["engineio.sid"], shown="engineio") == [[[sid] if sid else []]]


def test_named_in_the_hierarchy_with_json():
    tcp = upgraded()
    tcp.server(text('42["tick",{"price":7}]'))
    path = save(tcp.capture)
    found = [line.split()[0] for line in tshark(path, "-q", "-z", "io,phs").splitlines() if "frames:1 " in line]
    assert found[-4:] == ["ws", "engineio", "socketio", "json"]
    assert packets_matching(path, 'socketio.event == "tick" && json.key == "price"') == [6]


def test_fragments_and_many():
    """A message in fragments; more than Wireshark's limit of layers in a packet."""
    tcp = upgraded()
    tcp.server(text('42["fra', fin=False)).server(frame(CONTINUATION, b'gment"]'))
    tcp.server(b"".join(text(f'42["e{i}"]') for i in range(1500)))
    path = save(tcp.capture)
    rows = fields(path, ["socketio.event"], shown="socketio")
    assert rows == [[["fragment"]], [[f"e{i}" for i in range(1500)]]]


@BOTH
def test_real_software(passes):
    """Socket.IO 4.8 with its own client: the log says when the engine opened, and that each side's first event is hello."""
    path = ROOT / "captures" / "endings" / "pongs-socketio-defaults.pcapng"
    rows = fields(path, ["ws.stream", "socketio.event"], *passes, shown="socketio.event")
    assert rows == [[["0"], ["hello"]], [["1"], ["hello"]]]
    assert [row[0] for row in fields(path, ["engineio.rtt"], *passes, shown="engineio.rtt")] == [["0.002436771"]]
    assert len(packets_matching(path, "engineio.sid", *passes)) == 2


# ---- what is not there, or not what it seems ---------------------------------

@BOTH
def test_attachments_after_a_loss(passes):
    """The second attachment and the next event were not captured: what comes then belongs to nobody who is known."""
    tcp = upgraded()
    tcp.client(text('452-["a",{}]', mask=KEY)).client(binary(b"\x00one", mask=KEY)).client(binary(b"\x00two", mask=KEY), drop=True)
    tcp.client(text('451-["b",{}]', mask=KEY), drop=True).client(binary(b"\x00of b", mask=KEY))
    tcp.client(text('451-["c",{}]', mask=KEY)).client(binary(b"\x00of c", mask=KEY))
    path = save(tcp.capture)
    assert fields(path, ["socketio.attachment_of"], *passes, shown="ws.opcode == 2") == [[["6"]], [[]], [["9"]]]


@BOTH
def test_attachments_after_a_hole_in_a_message(passes):
    long = text('451-["b","' + "x" * 2000 + '"]', mask=KEY)
    tcp = upgraded()
    tcp.client(text('452-["a",{}]', mask=KEY)).client(binary(b"\x00one", mask=KEY))
    tcp.client(long[:900]).client(long[900:1500], drop=True).client(long[1500:]).client(binary(b"\x00of b", mask=KEY))
    assert fields(save(tcp.capture), ["socketio.attachment_of"], *passes, shown="ws.opcode == 2") == [[["6"]], [[]]]


@BOTH
def test_heartbeats_after_a_loss(passes):
    """A pong and the next ping were not captured: the pong after them answers none that is there."""
    def sure(mask=None):
        return b"".join(text(f'42["enough to be certain that frames go on",{i}]', mask=mask) for i in range(4))
    tcp = upgraded()
    tcp.server(sure()).client(sure(KEY)).server(text("2")).client(text("3", mask=KEY), drop=True)
    tcp.client(sure(KEY)).server(text("2"), drop=True).client(text("3", mask=KEY)).server(sure())
    tcp.server(text("2")).client(text("3", mask=KEY))
    path = save(tcp.capture)
    assert packets_matching(path, "engineio.type == 2", *passes) == [8, 12]
    rows = fields(path, ["frame.number", "engineio.ping_in"], *passes, shown="engineio.type == 3")
    assert rows == [[["10"], []], [["13"], ["12"]]]


@BOTH
def test_repeated_and_late_packets(passes):
    tcp = upgraded()
    tcp.server(text("2"), duplicate=True).client(text("3", mask=KEY), duplicate=True)
    tcp.client(text('420["a"]', mask=KEY), late=1).client(text('421["b"]', mask=KEY)).server(text("431[]")).server(text("430[]"))
    path = save(tcp.capture)
    passes = [*passes, "-o", "tcp.reassemble_out_of_order:TRUE"]
    assert sum((row[0] for row in fields(path, ["engineio.rtt"], *passes, shown="engineio.type == 3")), []) == ["0.001000000"]
    assert sum((row[0] for row in fields(path, ["socketio.ack_id"], *passes, shown="socketio.response_to")), []) == ["1", "0"]


@pytest.mark.parametrize("name", [b"engineio", b"ws"])
def test_by_name_with_data_of_others(name):
    """A file of exported PDUs names a dissector, and what it is given beside the bytes."""
    def tag(code, value):
        return struct.pack(">HH", code, len(value)) + value
    pdu = tag(12, name + bytes(-len(name) % 4)) + tag(34, struct.pack(">HIIIBHHB", 1, 1, 2, 3, 0, 4, 5, 0)) + tag(0, b"") + b'42["tick"]'
    path = scratch() / f"pdu-{name.decode()}.pcap"
    path.write_bytes(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 252) + struct.pack("<IIII", 1, 0, len(pdu), len(pdu)) + pdu)
    path.chmod(0o644)
    out = tshark(path, "-V", "-x", strict=True)
    assert "Exported PDU" in out and "Malformed" not in out
    assert (packets_matching(path, "socketio.event == tick", strict=True) == [1]) == (name == b"engineio")


@pytest.mark.parametrize("path", ["/chat", PATH])
def test_packets_full_of_heartbeats(path):
    """What one costs does not grow with the number of those before it in the packet: of these, all would take a minute."""
    tcp = upgraded(path)
    for _ in range(4):
        tcp.server(text("2") * 20000)
    capture = save(tcp.capture)
    assert len(infos(capture, "-2")) == 4
    assert tshark(capture, limit=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20))).count("Server → Client") == 4
