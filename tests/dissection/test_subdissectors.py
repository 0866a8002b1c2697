# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages handed on: to the dissector of the subprotocol, of the port, or to JSON's."""

import os
import pathlib

import pytest

from builder import KEY, Capture, Deflater, binary, fragments, ping, request, response, text
from http2_builder import DATA, Http2
from http2_builder import frame as http2_frame
from support import BUILD, CLIENT, SERVER, Cases, Truth, fields, packets_matching, run, save, scratch, streams, tshark
from tls import Tls, secrets

PROTOCOL = "Sec-WebSocket-Protocol"

MQTT_CONNECT = bytes.fromhex("101500044d5154540402003c0009636c69656e742d3031")
JSON = b'{"type":"tick","bid":1.085,"tags":["a","b"]}'
XML = b"<?xml version='1.0'?><a xmlns='urn:example'><b>text</b></a>"
MSGPACK = bytes.fromhex("82a7636f6d70616374c3a6736368656d6100")
CBOR = bytes.fromhex("a26161016162820203")

OPCUA_HELLO = (b"HELF" + (32).to_bytes(4, "little") + bytes(4) + (65535).to_bytes(4, "little") * 2 + bytes(8)
               + b"\xff" * 4)

# subprotocol -> (dissector, a message, what its fields say)
MAPPED = {
    "mqtt": ("mqtt", binary, MQTT_CONNECT, 'mqtt.clientid == "client-01"'),
    "mqttv3.1": ("mqtt", binary, MQTT_CONNECT, "mqtt.msgtype == 1"),
    "amqp": ("amqp", binary, b"AMQP\x00\x01\x00\x00", "amqp.init.protocol"),
    "xmpp": ("xmpp", text, b"<message xmlns='jabber:client' to='a@example.com' type='chat'><body>hi</body></message>", "xmpp"),
    "msrp": ("msrp", text, b"MSRP a786hjs2 SEND\r\nTo-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp\r\n"
             b"From-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp\r\nMessage-ID: 87652491\r\n"
             b"Byte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nHi\r\n-------a786hjs2$\r\n", 'msrp.method == "SEND"'),
    "bfcp": ("bfcp", binary, bytes.fromhex("200b00000000000100020003"), "bfcp.primitive == 11"),
    "soap": ("xml", text, XML, "xml"),
    "rfb": ("vnc", binary, b"RFB 003.008\n", "vnc"),
    "wamp.2.json": ("json", text, JSON, 'json.key == "bid"'),
    "wamp.2.msgpack": ("msgpack", binary, MSGPACK, 'msgpack.string == "compact"'),
    "wamp.2.cbor": ("cbor", binary, CBOR, "cbor"),
    "ocpp1.6": ("json", text, b'[2,"19223201","BootNotification",{}]', "json"),
    "ocpp2.0": ("json", text, b'[2,"19223201","Heartbeat",{}]', "json"),
    "ocpp2.0.1": ("json", text, b'[3,"19223201",{}]', "json"),
    "graphql-ws": ("json", text, b'{"type":"connection_init"}', 'json.key == "type"'),
    "graphql-transport-ws": ("json", text, b'{"type":"ping"}', 'json.key == "type"'),
    "janus-protocol": ("json", text, b'{"janus":"ping"}', 'json.key == "janus"'),
    "text.ircv3.net": ("irc", text, b"PRIVMSG #chan :hello", 'irc contains "PRIVMSG"'),
}


def selected(protocol):
    header = [(PROTOCOL, protocol)]
    return {"offer": header, "accept": header}


@pytest.fixture(scope="module")
def mapped():
    """One connection per subprotocol, in the order of MAPPED."""
    capture = Capture()
    for name, (_, make, message, _) in MAPPED.items():
        capture.tcp(server=("10.0.0.2", 8080)).upgrade(**selected(name)).client(make(message, mask=KEY)).server(text("after"))
    return save(capture)


@pytest.mark.parametrize("protocol", sorted({row[0] for row in MAPPED.values()}))
def test_subprotocol_is_decoded(mapped, protocol):
    names = list(MAPPED)
    found = packets_of(mapped, f'ws and frame.protocols contains ":{protocol}"')
    expected = {i for i, row in enumerate(MAPPED.values()) if row[0] == protocol}
    # XMPP is XML, and its dissector calls that of XML.
    assert {i for i in found if names[i] != "xmpp"} == {i for i in expected if names[i] != "xmpp"}
    assert expected <= found


def packets_of(path, display_filter, *arguments):
    """The TCP streams whose packets a display filter shows."""
    return set(map(int, tshark(path, "-Y", display_filter, "-T", "fields", "-e", "tcp.stream", *arguments).split()))


@pytest.mark.parametrize("name", MAPPED)
def test_fields_of_a_subprotocol(mapped, name):
    assert list(MAPPED).index(name) in packets_of(mapped, f"ws and ({MAPPED[name][3]})")


def test_subprotocols_stay_websocket(mapped):
    """What another dissector decodes keeps its ws fields, and nothing of it is malformed."""
    for i, stream in streams(mapped).items():
        _, make, message, _ = list(MAPPED.values())[i]
        assert stream.messages(CLIENT) == [message if make is binary else message.decode()]
        assert stream.messages(SERVER) == ["after"] and not stream.all("ws.violation")
        assert stream.packets[0].number not in stream.malformed()
        assert stream.frames(CLIENT) and stream.packets[-2].number not in stream.malformed()


cases = Cases(runs=[("asis", 1), ("asis", 2), ("coalesced", 2), ("bytes", 1)])


def hand_on(chunks, message):
    def talk(tcp):
        tcp.upgrade(**selected("mqtt"))
        for chunk in chunks:
            tcp.client(chunk)
        return Truth(client=[message])
    return talk


cases.add("whole", hand_on([binary(MQTT_CONNECT, mask=KEY)], MQTT_CONNECT))
cases.add("fragmented", hand_on(fragments(2, MQTT_CONNECT, [3, 0, 7], mask=KEY), MQTT_CONNECT))
cases.add("over_segments", hand_on([binary(MQTT_CONNECT, mask=KEY)[:9], binary(MQTT_CONNECT, mask=KEY)[9:]], MQTT_CONNECT))


@cases
def compressed(tcp):
    deflate = ("Sec-WebSocket-Extensions", "permessage-deflate")
    tcp.upgrade(offer=[deflate, (PROTOCOL, "mqtt")], accept=[deflate, (PROTOCOL, "mqtt")])
    tcp.client(binary(Deflater().message(MQTT_CONNECT), rsv=4, mask=KEY))
    return Truth(client=[MQTT_CONNECT])


@cases.parametrize
def test_message_is_handed_on(case, run):
    cases.check(case, run)


@pytest.mark.parametrize("run", cases.runs, ids=str)
def test_message_arrives_whole(run):
    capture, _ = cases.build()
    path = save(capture, run[0])
    found = packets_of(path, 'mqtt.clientid == "client-01"', *["-2"] * (run[1] - 1))
    assert found == set(range(len(cases.functions)))


def test_json_text():
    """Text that is JSON goes to JSON's dissector; other text does not."""
    capture = Capture()
    tcp = capture.tcp()
    tcp.upgrade()  # packets 1 to 5
    sent = [JSON, b"[1,2]", b' \n{"a": null}', b"{not json}", b"plain", b"", b'{"open": "', b"12", b"[]", b"{}"]
    for message in sent:
        tcp.server(text(message))
    tcp.server(binary(JSON)).server(b"".join(fragments(1, JSON, [10])))
    path = save(capture)
    is_json = [True, True, True, False, False, False, False, False, True, True, False, True]
    expected = [6 + i for i, yes in enumerate(is_json) if yes]
    assert packets_matching(path, "json") == expected
    assert packets_matching(path, "json", "-2") == expected
    assert packets_matching(path, 'json.key == "bid" and json.value.number == 1.085') == [6, 17]
    stream = streams(path)[0]
    assert stream.messages(SERVER)[:-2] == [message.decode() for message in sent]
    assert not stream.malformed() and not stream.experts()


def test_subprotocol_is_that_of_the_response():
    """An offer alone maps nothing, and the names are matched as they are."""
    capture = Capture()
    for offered, chosen in [("mqtt, chat", "chat"), ("mqtt", None), ("MQTT", "MQTT"), ("chat, mqtt", "mqtt")]:
        tcp = capture.tcp().upgrade(offer=[(PROTOCOL, offered)], accept=[(PROTOCOL, chosen)] if chosen else ())
        tcp.client(binary(MQTT_CONNECT, mask=KEY))
    assert packets_of(save(capture), "mqtt") == {3}


def test_opcua():
    """It is a plugin itself: here both are in one folder."""
    folders = dict(line.split(":", 1) for line in run("tshark", "-G", "folders", plugins=None).stdout.decode().splitlines())
    theirs = pathlib.Path(folders["Global Plugins"].strip())
    together = scratch() / "together" / theirs.name / "epan"
    together.mkdir(parents=True)
    for plugins, name in [(theirs, "opcua.so"), (BUILD / "plugins" / theirs.name, "ws.so")]:
        (together / name).symlink_to((plugins / "epan" / name).resolve(strict=True))
    capture = Capture()
    capture.tcp().upgrade(**selected("opcua+uacp")).client(binary(OPCUA_HELLO, mask=KEY))
    assert packets_matching(save(capture), 'ws and opcua.transport.type == "HEL"', plugins=together.parents[1]) == [6]


@pytest.fixture(scope="module")
def script():
    """Dissectors in Lua: one for a subprotocol, one that refuses, one that fails, and a heuristic one."""
    path = scratch() / "subdissectors.lua"
    path.write_text("""
        local proto = Proto("example_sub", "Example")
        local size = ProtoField.uint32("example_sub.size", "Size")
        proto.fields = { size }
        function proto.dissector(tvb, pinfo, tree)
            tree:add(proto, tvb()):add(size, tvb:reported_length_remaining())
            return tvb:len()
        end
        DissectorTable.get("ws.protocol"):add("example.takes", proto)

        local refuses = Proto("example_refuses", "Example that refuses")
        function refuses.dissector(tvb, pinfo, tree) return 0 end
        DissectorTable.get("ws.protocol"):add("example.refuses", refuses)

        local fails = Proto("example_fails", "Example that reads too far")
        function fails.dissector(tvb, pinfo, tree)
            tree:add(fails, tvb())
            return tvb(1000, 1):uint()
        end
        DissectorTable.get("ws.protocol"):add("example.fails", fails)

        DissectorTable.get("ws.port"):add(9001, proto)

        local guess = Proto("example_guess", "Example that recognises")
        guess:register_heuristic("ws", function(tvb, pinfo, tree)
            if tvb:len() < 5 or tvb(0, 5):string() ~= "magic" then return false end
            tree:add(guess, tvb())
            return true
        end)
    """)
    os.chmod(path, 0o644)
    return path


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_registered_dissectors(script, passes):
    capture = Capture()
    for name in ("example.takes", "example.refuses", "example.fails", "example.unknown"):
        tcp = capture.tcp().upgrade(**selected(name))
        tcp.client(text("first message", mask=KEY)).server(binary(b"magic")).client(text("last", mask=KEY))
    path = save(capture)
    lua = ["-X", f"lua_script:{script}", *passes]
    assert packets_of(path, "example_sub.size == 13", *lua) == {0}
    assert packets_matching(path, "example_sub", *lua) == [6, 7, 8]
    # What the first refuses is offered to the heuristic ones.
    assert packets_of(path, "example_guess", *lua) == {1, 3}
    found = streams(path, *lua)
    for stream in found.values():
        assert stream.messages(CLIENT) == ["first message", "last"] and stream.messages(SERVER) == [b"magic"]
        assert stream.all("ws.violation") == []
    # A dissector that fails spoils neither the frame it got nor what follows.
    assert packets_of(path, "_ws.lua.error or _ws.malformed", *lua) == packets_of(path, "example_fails", *lua) == {2}
    assert not found[0].malformed() and not found[1].malformed() and not found[3].malformed()


def test_dissector_of_the_port(script):
    """Registered for ws.port, the server's; a known subprotocol comes first."""
    capture = Capture()
    for port in (9001, 9002):
        capture.tcp(server=("10.0.0.2", port)).upgrade().client(text("hello", mask=KEY))
    capture.tcp(server=("10.0.0.2", 9001)).upgrade(**selected("mqtt")).client(binary(MQTT_CONNECT, mask=KEY))
    path = save(capture)
    lua = ["-X", f"lua_script:{script}"]
    assert packets_of(path, "example_sub.size == 5", *lua) == {0}
    assert packets_of(path, "mqtt", *lua) == {2}


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_several_messages_in_a_packet(passes):
    """Each goes to the subdissector by itself."""
    capture = Capture()
    tcp = capture.tcp().upgrade(**selected("mqtt"))
    publish = [bytes.fromhex("300a0003612f62") + b"12345", bytes.fromhex("300a0003612f63") + b"67890"]
    tcp.server(binary(publish[0]) + ping() + binary(publish[1]))
    path = save(capture)
    out = tshark(path, "-Y", "mqtt", "-T", "fields", "-e", "mqtt.topic", "-e", "mqtt.msg", *passes)
    assert out.split() == ["a/b,a/c", b"12345".hex() + "," + b"67890".hex()]


# ---- more messages in a packet than Wireshark allows layers, or items ---------

BUSY = 1003


def busy_json(i):
    return '{"n":%d}' % i


def server_texts(path, *arguments):
    return streams(path, *arguments)[0].messages(SERVER)


@pytest.fixture(scope="module")
def busy():
    """A packet with so many JSON messages, and one after it."""
    capture = Capture()
    capture.tcp().upgrade().server(b"".join(text(busy_json(i)) for i in range(BUSY))).server(text('{"last":true}')).fin()
    return save(capture)


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_many_json_messages_in_a_packet(busy, passes):
    expected = [busy_json(i) for i in range(BUSY)]
    assert server_texts(busy, *passes) == [*expected, '{"last":true}']
    (texts, protocols), _ = fields(busy, ["ws.message.text", "frame.protocols"], *passes, shown="ws.message.text")
    assert texts == expected and protocols[0].split(":").count("json") == 1
    verbose = run("tshark", "-r", busy, "-V", *passes)
    assert verbose.stdout.decode().count("JavaScript Object Notation") == BUSY + 1 and b"bug" not in verbose.stderr.lower()
    (sent,), = fields(busy, ["ws.session.messages.server"], *passes, shown="ws.session.messages.server")
    assert sent == [str(BUSY + 1)]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_many_messages_of_a_subprotocol_in_a_packet(passes):
    capture = Capture()
    publish = [b"\x30" + bytes([5 + len(str(i))]) + b"\x00\x03a/b" + str(i).encode() for i in range(BUSY)]
    tcp = capture.tcp().upgrade(**selected("mqtt"))
    tcp.server(b"".join(map(binary, publish)))
    tcp.server(binary(publish[0]))
    path = save(capture)
    (messages, payloads, protocols), (after, _, _) = fields(path, ["ws.message.data", "mqtt.msg", "frame.protocols"], *passes,
                                                            shown="mqtt")
    assert messages == [message.hex() for message in publish] and after == [publish[0].hex()]
    assert payloads == [str(i).encode().hex() for i in range(BUSY)] and protocols[0].endswith(":ws:mqtt")


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_many_messages_of_a_dissector_that_fails(script, passes):
    capture = Capture()
    capture.tcp().upgrade(**selected("example.fails")).server(b"".join(text(str(i)) for i in range(BUSY))).server(text("after"))
    path = save(capture)
    lua = ["-X", f"lua_script:{script}", *passes]
    assert server_texts(path, *lua) == [*map(str, range(BUSY)), "after"]
    assert tshark(path, "-Y", "example_fails", "-V", *lua).count("\nExample that reads too far") == BUSY + 1


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_a_subdissector_with_too_many_items(passes):
    """What a limit of Wireshark's ends is that message's subtree, and no more: the rest has its columns, too."""
    capture = Capture()
    long = "[" + ",".join(map(str, range(9000))) + "]"
    sent = [busy_json(0), long, busy_json(1), "plain", long, busy_json(2)]
    capture.tcp().upgrade(**selected("wamp.2.json")).server(b"".join(map(text, sent))).server(text("after"))
    path = save(capture)
    limit = ["-o", "gui.max_tree_items:6000", *passes]
    assert server_texts(path, *limit) == [*sent, "after"]
    info = tshark(path, "-Y", "json", "-T", "fields", "-e", "_ws.col.Info", "-e", "_ws.col.Protocol", *limit)
    assert info.count('{"n":') == 3 and "plain" in info and "WebSocket" in info


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_more_frames_than_items(passes):
    capture = Capture()
    capture.tcp().upgrade().server(b"".join(text(str(i)) for i in range(BUSY))).server(text("after"))
    assert server_texts(save(capture), "-o", "gui.max_tree_items:6000", *passes) == [*map(str, range(BUSY)), "after"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_many_records_in_a_packet(passes):
    """Of TLS, with a message each: HTTP calls the plugin for each."""
    capture = Capture()
    tls = Tls(capture.tcp(server=("10.0.0.2", 443)).syn(), "1.3")
    tls.client(request()).server(response())
    tls.server(*(text(busy_json(i)) for i in range(BUSY))).server(text("after"))
    path = save(capture)
    assert server_texts(path, "-o", f"tls.keylog_file:{secrets()}", *passes) == [*map(busy_json, range(BUSY)), "after"]


@pytest.mark.parametrize("passes", [[], ["-2"]])
def test_many_frames_of_http2_in_a_packet(passes):
    capture = Capture()
    http2 = Http2(capture.tcp(server=("10.0.0.2", 8080))).websocket(1)
    http2.send(SERVER, b"".join(http2_frame(DATA, 0, 1, text(busy_json(i))) for i in range(BUSY))).server(1, text("after"))
    assert server_texts(save(capture), *passes) == [*map(busy_json, range(BUSY)), "after"]


@pytest.mark.parametrize("passes", [(), ("-2",)])
@pytest.mark.parametrize("how, found", [({"path": "/websockify"}, True), (selected("binary"), True), ({"path": "/chat"}, False)])
def test_remote_framebuffer_of_websockify(how, found, passes):
    """Known by the URL or the name, and a first message that can be no other."""
    tcp = Capture().tcp().upgrade(**how)
    tcp.server(binary(b"RFB 003.008\n")).client(binary(b"RFB 003.008\n", mask=KEY))
    path = save(tcp.capture)
    assert (packets_matching(path, "vnc", *passes) == [6, 7]) is found
    tcp = Capture().tcp().upgrade(**how)
    tcp.server(binary(b"RFB 003.008\nmore"))
    assert packets_matching(save(tcp.capture), "vnc", *passes) == []


def test_words_of_wiresharks_dissectors_stand_for_the_text():
    """Of what they say nothing about, the text is there."""
    tcp = Capture().tcp().upgrade(**selected("xmpp"))
    tcp.client(text("<message xmlns='jabber:client'/>", mask=KEY)).client(text("no XML", mask=KEY))
    rows = fields(save(tcp.capture), ["_ws.col.Info"], shown="ws.opcode == 1")
    assert [row[0][0].split("  ")[1].strip() for row in rows] [:1] == ["Text [32] MESSAGE"]


@pytest.mark.parametrize("passes", [(), ("-2",)])
def test_where_mqtt_goes_on(passes):
    """MQTT 3.1.1, 6: a packet may be cut over messages."""
    tcp = Capture().tcp().upgrade(**selected("mqtt"))
    for part in (MQTT_CONNECT[:5], MQTT_CONNECT[5:9], MQTT_CONNECT[9:] + b"\xc0", b"\0"):
        tcp.client(binary(part, mask=KEY))
    rows = fields(save(tcp.capture), ["ws.message.goes_on_in", "_ws.col.Info"], *passes, shown="ws.opcode == 2")
    where = [f" in #{packet}" if passes else "" for packet in (7, 8, 9)]
    assert [row[0] for row in rows] == ([["7"], ["8"], ["9"], []] if passes else [[]] * 4)
    assert [row[1][0].split("  ")[1] for row in rows] == [
        f"Binary [5] [goes on{where[0]}]", f"Binary [4] [goes on{where[1]}]", f"Binary [15] Connect Command [goes on{where[2]}]",
        "Binary [1] Ping Request"]
