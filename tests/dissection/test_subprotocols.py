# SPDX-License-Identifier: GPL-2.0-or-later
"""The subprotocols that the plugin reads itself: what their messages say, however they travel, and what is not theirs."""

import importlib
import json
import pkgutil
import random
import re

import pytest

import subprotocols
from builder import KEY, Capture, Deflater, binary, close, frame, text
from support import NUL, fields, packets_matching, save, scratch, tshark

NAMES = sorted(module.name for module in pkgutil.iter_modules(subprotocols.__path__))
TRIED = {name: importlib.import_module(f"subprotocols.{name}") for name in NAMES}
BY_CONTENT = [name for name in NAMES if TRIED[name].CONTENT is not None]
FOUND_BY_NAME = [name for name in NAMES if hasattr(TRIED[name], "SUBPROTOCOL")]
BOTH = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one", "two"])
EACH = pytest.mark.parametrize("name", NAMES)
FIRST = 6  # the packet of the first message: three of TCP and two of the handshake are before it


def connection(tried, known=True):
    header = [("Sec-WebSocket-Protocol", tried.SUBPROTOCOL)] if known and hasattr(tried, "SUBPROTOCOL") else ()
    path = getattr(tried, "PATH", "/chat") if known else "/chat"
    return Capture().tcp().upgrade(path=path, offer=header, accept=header)


def send(tcp, side, payload, make=None):
    make = make or (text if isinstance(payload, str) else binary)
    data = payload.encode() if isinstance(payload, str) else payload
    return tcp.client(make(data, mask=KEY)) if side == "c" else tcp.server(make(data))


def recorded(tried, known=True, make=None):
    tcp = connection(tried, known)
    for side, payload, *_ in tried.MESSAGES:
        send(tcp, side, payload, make(payload) if make else None)
    return tcp


def suffixes(tried):
    return sorted({suffix for *_, values in tried.MESSAGES for suffix in values})


def said(name, path, *arguments):
    """Each field's values in the order of the capture."""
    names = suffixes(TRIED[name])
    rows = fields(path, [f"{name}.{suffix}" for suffix in names], *arguments, shown="ws.message.number")
    return {suffix: sum((row[i] for row in rows), []) for i, suffix in enumerate(names)}


def expected(name):
    return {suffix: sum((values.get(suffix, []) for *_, values in TRIED[name].MESSAGES), []) for suffix in suffixes(TRIED[name])}


def infos(path, *arguments):
    rows = fields(path, ["_ws.col.Info"], *arguments, shown="ws.message.number")
    return [row[0][0].split("  ", 1)[-1] for row in rows]


def without_time(words):
    return re.sub(r", [\d.]+ (µs|ms|s)\b| \[goes on( in #\d+)?\]", "", words)


@BOTH
@EACH
def test_each_message(name, passes):
    path = save(recorded(TRIED[name]).capture)
    names = suffixes(TRIED[name])
    rows = fields(path, ["frame.number"] + [f"{name}.{suffix}" for suffix in names], *passes, shown="ws.message.number")
    got = [{suffix: values for suffix, values in zip(names, row[1:]) if values} for row in rows]
    assert got == [values for *_, values in TRIED[name].MESSAGES]


@BOTH
@EACH
def test_named_in_the_info_column(name, passes):
    tried = TRIED[name]
    shown = [re.sub(r"^(Text|Binary) \[\d+\] ", "", info) for info in infos(save(recorded(tried).capture), *passes)]
    settled = 0 if passes or name in FOUND_BY_NAME or hasattr(tried, "PATH") else tried.CONTENT
    assert [without_time(info) for info in shown][settled:] == [words for _, _, words, _ in tried.MESSAGES][settled:]


@BOTH
@pytest.mark.parametrize("name", [name for name in NAMES if TRIED[name].LINKS])
def test_requests_and_answers_are_linked(name, passes):
    links = TRIED[name].LINKS
    path = save(recorded(TRIED[name]).capture)
    rows = fields(path, ["frame.number", f"{name}.response_in", f"{name}.response_to", f"{name}.response_time", "frame.time_epoch"],
                  *passes, shown="ws.message.number")
    times = {int(row[0][0]): float(row[4][0]) for row in rows}
    answers = {}
    for question, answered in links.items():
        for answer in answered:
            answers.setdefault(answer + FIRST, []).append(question + FIRST)
    for row in rows:
        number = int(row[0][0])
        asks = links.get(number - FIRST)
        assert sorted(map(int, row[2])) == sorted(answers.get(number, [])), number
        # In the first pass nobody knows yet who will answer.
        assert sorted(row[1]) == ([str(asks[0] + FIRST)] * asks.count(asks[0]) if passes and asks else []), number
        assert len(row[3]) == len(row[2]), number
        for asked, time in zip(row[2], row[3]):
            assert float(time) == pytest.approx(times[number] - times[int(asked)], abs=2e-6)


@EACH
@pytest.mark.parametrize("segmentation", [7, "bytes"])
def test_cut_by_tcp(name, segmentation):
    assert said(name, save(recorded(TRIED[name]).capture, segmentation)) == expected(name)


def in_frames(payload):
    """Makes a message of three frames."""
    opcode = 1 if isinstance(payload, str) else 2

    def make(data, **how):
        third = len(data) // 3
        return (frame(opcode, data[:third], fin=False, **how) + frame(0, data[third:2 * third], fin=False, **how)
                + frame(0, data[2 * third:], **how))
    return make


@BOTH
@EACH
def test_in_fragments(name, passes):
    assert said(name, save(recorded(TRIED[name], make=in_frames).capture), *passes) == expected(name)


@BOTH
@EACH
def test_compressed(name, passes):
    tried = TRIED[name]
    header = [("Sec-WebSocket-Protocol", tried.SUBPROTOCOL)] if hasattr(tried, "SUBPROTOCOL") else []
    extension = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    tcp = Capture().tcp().upgrade(path=getattr(tried, "PATH", "/chat"), offer=header + extension, accept=header + extension)
    deflaters = {"c": Deflater(), "s": Deflater()}
    for side, payload, *_ in tried.MESSAGES:
        data = deflaters[side].message(payload.encode() if isinstance(payload, str) else payload)
        opcode = 1 if isinstance(payload, str) else 2
        send(tcp, side, data, lambda content, opcode=opcode, **how: frame(opcode, content, rsv=4, **how))
    assert said(name, save(tcp.capture), *passes) == expected(name)


@pytest.mark.parametrize("name", BY_CONTENT)
def test_found_by_what_two_messages_say(name):
    """In the first pass from the message that settles it, in the second all of them."""
    tried = TRIED[name]
    path = save(recorded(tried, known=False).capture)
    assert packets_matching(path, name)[0] == FIRST + tried.CONTENT
    assert len(packets_matching(path, name, "-2")) == len(tried.MESSAGES)
    got, want = said(name, path, "-2"), expected(name)
    assert got == want


@pytest.mark.parametrize("name", BY_CONTENT)
def test_not_by_one_lucky_message(name):
    """Each in a connection of its own, where nothing before it, and nothing after it, is like it."""
    capture = Capture()
    for side, payload, *_ in TRIED[name].MESSAGES:
        tcp = capture.tcp().upgrade()
        for message in ('{"unlike":"any"}', payload, '{"unlike":"any"}'):
            send(tcp, side, message)
    assert packets_matching(save(capture), name, "-2") == []


@BOTH
@pytest.mark.parametrize("name", [name for name in BY_CONTENT])
def test_what_is_not_its_own_is_somebody_elses(name, passes):
    """Where the messages settled it, one that says nothing of the kind is shown as it is, without a complaint."""
    tried = TRIED[name]
    tcp = connection(tried, known=False)
    for side, payload, *_ in tried.MESSAGES:
        send(tcp, side, payload)
    send(tcp, "c", "hello, somebody else")
    path = save(tcp.capture)
    last = FIRST + len(tried.MESSAGES)
    assert packets_matching(path, f"frame.number == {last} && ({name} || _ws.expert)", *passes) == []
    assert infos(path, *passes)[-1] == "Text [20] hello, somebody else"


@EACH
def test_taken_for_no_other(name):
    path = save(recorded(TRIED[name], known=False).capture)
    others = set(NAMES) - {name, "stomp" if name == "sockjs" else ""}
    assert fields(path, ["frame.protocols"], "-2", shown=" || ".join(sorted(others))) == []


def other_texts(count):
    """Texts as programs send them: JSON of all kinds, lists, numbers, lines, words."""
    chance = random.Random(6455)
    words = ["type", "id", "event", "data", "tick", "price", "ping", "pong", "message", "channel", "topic", "result", "error", "ok", "op",
             "args", "user", "seq", "ts", "status", "symbol", "payload", "method", "name", "value"]

    def value(depth=0):
        kind = chance.randrange(8 if depth < 3 else 5)
        if kind < 2:
            return chance.choice([0, 1, 2, 3, 4, 7, 42, 1.5, -3, 1742998800])
        if kind < 4:
            return chance.choice(words) + chance.choice(["", "", str(chance.randrange(1000)), " " + chance.choice(words)])
        if kind == 4:
            return chance.choice([True, False, None])
        if kind < 7:
            return {chance.choice(words): value(depth + 1) for _ in range(chance.randrange(5))}
        return [value(depth + 1) for _ in range(chance.randrange(5))]

    for _ in range(count):
        kind = chance.randrange(6)
        if kind < 3:
            yield json.dumps({chance.choice(words): value() for _ in range(1 + chance.randrange(5))})
        elif kind == 3:
            yield json.dumps([value() for _ in range(chance.randrange(6))])
        elif kind == 4:
            yield " ".join(chance.choices(words, k=1 + chance.randrange(6)))
        else:
            yield chance.choice(["2", "3", "o", "h", "{}", "[]", "0", "PING", "ping", "\n", "hello\n", "+OK", "<a/>", "GET /", "a[", "null", '"text"'])


def test_a_thousand_texts_of_others():
    """A connection for each sixteen, which is as long as the plugin looks."""
    capture = Capture()
    texts = list(other_texts(1600))
    for start in range(0, len(texts), 16):
        tcp = capture.tcp().upgrade(path="/feed")
        for number, one in enumerate(texts[start:start + 16]):
            send(tcp, "cs"[number % 2], one)
    path = save(capture)
    for name in [*NAMES, "engineio"]:
        assert packets_matching(path, name, "-2") == [], name


@EACH
def test_can_be_disabled(name):
    """The messages are then what they are to everybody: text, or JSON."""
    tried = TRIED[name]
    path = save(recorded(tried).capture)
    off = ("--disable-protocol", name)
    assert packets_matching(path, name, *off) == []
    assert packets_matching(path, "ws.message.text", *off) == packets_matching(path, "ws.message.text")
    plain = [info for info, (_, payload, *_) in zip(infos(path, *off), tried.MESSAGES) if isinstance(payload, str) and payload.isprintable()]
    texts = [payload for _, payload, *_ in tried.MESSAGES if isinstance(payload, str) and payload.isprintable()]
    if name not in ("sockjs", "xmppframing"):  # STOMP in it has a switch of its own; Wireshark reads XMPP
        assert [info.split("] ", 1)[-1].rstrip("…") for info in plain] == [text[:len(info.split("] ", 1)[-1].rstrip("…"))] for text, info in zip(texts, plain)]


@pytest.mark.parametrize("name", [name for name in NAMES if any(isinstance(m[1], str) and m[1].startswith(("{", "[")) and m[1][-1] in "}]" for m in TRIED[name].MESSAGES)])
def test_the_json_fields_are_the_same_as_without_it(name):
    path = save(recorded(TRIED[name]).capture)
    wanted = ["json.key", "json.value.string", "json.value.number", "json.member"]
    shown = "json && ws.message.number"
    by_packet = {row[0][0]: row[1:] for row in fields(path, ["frame.number", *wanted], shown=shown)}
    plain = fields(path, ["frame.number", *wanted], "--disable-protocol", name, shown=shown)
    assert plain and [[[number], *by_packet[number]] for (number,), *_ in plain] == plain


@EACH
def test_in_the_hierarchy(name):
    tree = tshark(save(recorded(TRIED[name]).capture), "-q", "-z", "io,phs")
    assert re.search(rf"^ *{name} +frames:", tree, re.M)


@EACH
def test_chosen_by_decode_as(name):
    """Of a connection of which nothing tells: by the port, and by the number."""
    tried = TRIED[name]
    tcp = connection(tried, known=False)
    send(tcp, *tried.MESSAGES[0][:2])
    path = save(tcp.capture)
    for choice in (f"ws.port==80,{name}", f"ws.stream==0,{name}"):
        assert packets_matching(path, name, "-d", choice) == [FIRST]


@BOTH
@EACH
def test_malformed(name, passes):
    """What was read is shown, and where it stopped; the text is there. Whoever chose it wants to be told."""
    tried = TRIED[name]
    tcp = connection(tried)
    for side, payload, *_ in tried.MESSAGES[:2]:
        send(tcp, side, payload)
    for payload in tried.MALFORMED:
        send(tcp, "c", payload)
    path = save(tcp.capture)
    chosen = passes if name in FOUND_BY_NAME else (*passes, "-d", f"ws.port==80,{name}")
    detail = tshark(path, "-V", *chosen)
    assert "Malformed Packet" not in detail and "Dissector bug" not in detail
    first = FIRST + 2
    assert packets_matching(path, f"{name}.malformed && frame.number >= {first}", *chosen) == [first + i for i in range(len(tried.MALFORMED))]
    texts = [payload for payload in tried.MALFORMED if isinstance(payload, str) and "\x1e" not in payload]
    shown = f'ws.message.text && frame.number >= {first} && !(ws.message.text contains "\\x1e")'
    assert fields(path, ["ws.message.text"], *chosen, shown=shown) == [
        [[one.replace("\0", NUL).replace("\n", "\\n").replace("\r", "\\r")]] for one in texts]


@EACH
def test_exported_messages_name_their_dissector(name):
    """What is exported can be dissected again, alone."""
    path = save(recorded(TRIED[name]).capture)
    exported = scratch() / f"exported-{name}.pcapng"
    exported.touch()
    exported.chmod(0o666)
    tshark(path, "-U", "OSI layer 7", "-w", str(exported))
    assert len(packets_matching(exported, name)) >= len(TRIED[name].MESSAGES) - 2


# ---- the same words elsewhere ------------------------------------------------

@BOTH
@EACH
def test_the_same_words_for_each_message_in_the_tap(name, passes):
    tried = TRIED[name]
    path = save(recorded(tried).capture)
    told = [json.loads(line).get("info", "") for line in tshark(path, "-q", "-z", "ws,messages", *passes).splitlines()]
    settled = 0 if passes or name in FOUND_BY_NAME or hasattr(tried, "PATH") else tried.CONTENT
    assert [without_time(info) for info in told][settled:] == [words for _, _, words, _ in tried.MESSAGES][settled:]
    assert fields(path, ["ws.message.info"], *passes, shown="ws.message.info") == [[[info]] for info in told if info]


@EACH
def test_the_same_words_in_follow(name):
    tried = TRIED[name]
    shown = tshark(save(recorded(tried).capture), "-q", "-z", "follow,ws,ascii,0")
    for _, _, words, _ in tried.MESSAGES[1:]:
        assert any(without_time(line).endswith(f"[{words}]") for line in shown.splitlines()), words


def test_named_in_the_list_of_sessions():
    """By the negotiated name, else by what was found."""
    capture = Capture()
    header = [("Sec-WebSocket-Protocol", "ocpp1.6")]
    capture.tcp().upgrade(offer=header, accept=header).client(text('[2,"1","Heartbeat",{}]', mask=KEY))
    capture.tcp().upgrade(path="/a").client(text('[2,"1","Heartbeat",{}]', mask=KEY)).server(text('[3,"1",{}]'))
    capture.tcp().upgrade(path="/b").client(text("hello", mask=KEY))
    lines = [line.split() for line in tshark(save(capture), "-q", "-z", "ws,sessions").splitlines() if "ws://" in line]
    assert [[word for word in line if "ocpp" in word.lower()] for line in lines] == [["ocpp1.6"], ["OCPP"], []]


def test_where_a_unit_goes_on():
    """In the second pass; in the first, that it does."""
    path = save(recorded(TRIED["nats"]).capture)
    assert [info for info in infos(path) if "goes on" in info] == ["Binary [17] NATS MSG LONG [goes on]", "Binary [7] NATS MSG LONG, PI [goes on]"]
    assert fields(path, ["frame.number", "ws.message.goes_on_in"], "-2", shown="ws.message.goes_on_in") == [[["13"], ["14"]], [["14"], ["15"]]]
    assert [info for info in infos(path, "-2") if "goes on" in info] == [
        "Binary [17] NATS MSG LONG [goes on in #14]", "Binary [7] NATS MSG LONG, PI [goes on in #15]"]


@BOTH
def test_close_codes_of_graphql(passes):
    tcp = connection(TRIED["graphqlws"])
    send(tcp, *TRIED["graphqlws"].MESSAGES[0][:2])
    tcp.server(close(4401, "who are you"))
    path = save(tcp.capture)
    rows = fields(path, ["_ws.col.Info"], *passes, shown="ws.close.code == 4401")
    assert 'Close 4401 Private use "who are you" GraphQL Unauthorized' in rows[0][0][0]
    assert json.loads(tshark(path, "-q", "-z", "ws,messages", *passes).splitlines()[-1])["info"] == "GraphQL Unauthorized"
