# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a connection failed or died: a case for each diagnosis, and neighbours that must have none."""

import base64
import functools
import json

import pytest

from builder import (CONTINUATION, KEY, RST, RSV1, START, TEXT, Capture, checksum, close, frame, ping, pong, request, response,
                     text)
from support import ROOT, fields, run, save

# The names, and what the sentence has to tell.
DIAGNOSES = ("reset_during_handshake closed_during_handshake reset_by_middlebox no_answer closed_without_close_frame "
             "aborted idle_timeout upgrade_stripped not_upgraded bad_request upgrade_required gateway_error http10 "
             "proxy_auth_required connect_refused accept_mismatch unauthorized forbidden redirected not_found "
             "rate_limited token_expired token_not_yet_valid session_rejected compressed_empty").split()

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
cases = {}


class Wire(Capture):
    """With packets that the builder has no words for."""

    def __init__(self):
        super().__init__()
        self.ttls, self.repeats = {}, []

    def packet(self, tcp, side, other, flags, number, acknowledged, payload):
        packet = super().packet(tcp, side, other, flags, number, acknowledged, payload)
        if flags & RST and tcp in self.ttls:
            packet = bytearray(packet)
            packet[14 + 8] = self.ttls[tcp]
            packet[14 + 10:14 + 12] = b"\0\0"
            packet[14 + 10:14 + 12] = checksum(packet[14:34]).to_bytes(2, "big")
        return bytes(packet)

    def packets(self, segmentation=None):
        packets = super().packets(segmentation)
        for tcp, delays in self.repeats:
            port = tcp.ends["client"][1].to_bytes(2, "big")
            first = next(p for p in packets if p[1][34:36] == port and b"GET " in p[1])
            packets += [(first[0] + delay, *first[1:]) for delay in delays]
        return sorted(packets, key=lambda packet: packet[0])


def case(*names, says=()):
    """A conversation, exactly what is to be said of it, and words that a sentence must have."""
    def add(function):
        assert function.__name__ not in cases
        cases[function.__name__] = function, list(names), says
        return function
    return add


def asked(tcp, **options):
    return tcp.syn().client(request(**options))


def refused(status, headers=(), version="HTTP/1.1", **options):
    def conversation(tcp):
        asked(tcp, **options).server(response(status=status, headers=headers, version=version)).fin("server")
    return conversation


def add(name, conversation, *names, says=()):
    conversation = functools.partial(conversation)
    conversation.__name__ = name
    case(*names, says=says)(conversation)


def jwt(**claims):
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
    return ".".join([part({"alg": "HS256", "typ": "JWT"}), part({"sub": "ann", **claims}), "c2lnbmF0dXJl"])


# ---- answers ----------------------------------------------------------------

CHECKS = ("heck",)
add("ok_page", refused("200 OK"), "not_upgraded", says=["200 OK", "proxy", *CHECKS])
add("no_content", refused("204 No Content"), "not_upgraded")
add("bad", refused("400 Bad Request", [("Server", "nginx/1.22.1")]), "bad_request", says=["400", "nginx/1.22.1", *CHECKS])
add("old_version", refused("426 Upgrade Required", [("Sec-WebSocket-Version", "13, 8"), ("Sec-WebSocket-Version", "7")]),
    "upgrade_required", says=["13, 8, 7"])
for code in ("502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"):
    add("gateway_" + code[:3], refused(code), "gateway_error", says=[code, *CHECKS])
add("one_zero", refused("404 Not Found", version="HTTP/1.0"), "not_found", "http10", says=["HTTP/1.0"])
add("proxy_auth", refused("407 Proxy Authentication Required"), "proxy_auth_required", says=["407", *CHECKS])
add("not_logged_in", refused("401 Unauthorized"), "unauthorized", says=["neither Authorization nor a cookie"])
add("wrong_cookie", refused("401 Unauthorized", headers=()), "unauthorized")
add("forbidden_origin", functools.partial(refused, "403 Forbidden")(host="a.example"), "forbidden")
add("redirect", refused("302 Found", [("Location", "https://login.example/in?token=s3cr3t")]), "redirected",
    says=["https://login.example/in"])
add("missing", refused("404 Not Found"), "not_found", says=["path"])
add("too_often", refused("429 Too Many Requests", [("Retry-After", "30")]), "rate_limited", says=["Retry-After: 30"])
add("teapot", refused("418 I'm a teapot"))
add("broken_inside", refused("500 Internal Server Error"))
add("malformed_status", refused("4xx Bad"))


@case("forbidden", says=["https://evil.example", "example.com", "differ"])
def origin_differs(tcp):
    asked(tcp, headers=[("Origin", "https://evil.example")]).server(response(status="403 Forbidden")).fin("server")


@case("forbidden")
def origin_is_host(tcp):
    asked(tcp, host="example.com:8080", headers=[("Origin", "http://example.com")])
    tcp.server(response(status="403 Forbidden")).fin("server")


@case("upgrade_stripped", "bad_request", says=["Upgrade and Connection are"])
def stripped(tcp):
    asked(tcp, omit=["Upgrade", "Connection"]).server(response(status="400 Bad Request")).fin("server")


@case("upgrade_stripped", "not_upgraded", says=["Connection: Upgrade is"])
def connection_stripped(tcp):
    asked(tcp, headers=[("Connection", "close")]).server(response(status="200 OK")).fin("server")


@case("accept_mismatch", says=["another request"])
def other_answer(tcp):
    asked(tcp).server(response(headers=[("Sec-WebSocket-Accept", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case()
def healthy(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer"))
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case()
def still_open(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer"))


@case()
def ordinary_pages(tcp):
    tcp.syn().client(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    tcp.fin("server")


@case("unauthorized")
def second_try(tcp):
    asked(tcp).server(response(status="401 Unauthorized")).client(request(headers=[("Authorization", "Basic YTpi")]))
    tcp.server(response()).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case("not_found", "unauthorized")
def pipelined(tcp):
    asked(tcp, path="/one").client(request(path="/two"))
    tcp.server(response(status="404 Not Found")).server(response(status="401 Unauthorized")).fin("server")


@case()
def behind_a_page(tcp):
    """The first answer is the page's."""
    tcp.syn().client(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").client(request())
    tcp.server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").server(response())
    tcp.client(close(1000, mask=KEY)).server(close(1000)).fin("server")


# ---- tunnels ----------------------------------------------------------------

def connect(target, answer):
    def conversation(tcp):
        tcp.syn().client(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        tcp.server(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()).fin("server")
    return conversation


@case()
def asks_for_port_8444(tcp):
    """So that the file holds a request for it."""
    asked(tcp, host="chat.example:8444").server(response()).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


add("tunnel_80", connect("chat.example:80", "403 Forbidden"), "connect_refused", says=["chat.example:80", "403 Forbidden"])
add("tunnel_known", connect("chat.example:8444", "403 Forbidden"), "connect_refused")
add("tunnel_elsewhere", connect("mail.example:8444", "403 Forbidden"))
add("tunnel_443", connect("mail.example:443", "407 Proxy Authentication Required"))
add("tunnel_made", connect("chat.example:80", "200 OK"))


# ---- ends -------------------------------------------------------------------

@case("reset_during_handshake", says=["server reset", "firewall"])
def reset_at_once(tcp):
    asked(tcp).rst("server")


@case("reset_during_handshake", "reset_by_middlebox", says=["TTL 47", "64"])
def reset_from_the_way(tcp):
    tcp.capture.ttls[tcp] = 47
    asked(tcp).rst("server")


@case("closed_during_handshake", says=["server closed"])
def closed_at_once(tcp):
    asked(tcp).server(b"").fin("server")


@case("closed_during_handshake", says=["client closed", "gave up"])
def client_gives_up(tcp):
    asked(tcp).server(b"").sleep(5).fin("client")


@case()
def answer_not_captured(tcp):
    asked(tcp).server(response(status="403 Forbidden"), drop=True).fin("server")


@case("no_answer", says=["3 times", "firewall"])
def silent_server(tcp):
    asked(tcp)
    tcp.capture.repeats.append((tcp, [0.2, 0.6, 1.4, 3]))


@case()
def repeated_once(tcp):
    asked(tcp)
    tcp.capture.repeats.append((tcp, [0.2]))
    tcp.sleep(0.3).server(response()).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case("closed_without_close_frame", says=["server closed", "1006"])
def just_gone(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).sleep(0.3).fin("server")


@case("aborted", says=["client reset", "1006"])
def reset_mid_connection(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).rst("client")


@case("aborted", "reset_by_middlebox")
def reset_mid_connection_from_the_way(tcp):
    tcp.capture.ttls[tcp] = 255
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).rst("server")


@case()
def reset_after_close(tcp):
    tcp.capture.ttls[tcp] = 255
    tcp.upgrade().client(close(1000, mask=KEY)).server(close(1000)).rst("client")


@case()
def close_not_captured(tcp):
    tcp.upgrade().server(text("answer")).server(close(1000), drop=True).fin("server")


@case()
def close_cut(tcp):
    tcp.upgrade().server(text("answer")).server(close(1000), snap=54 + 1).fin("server")


@case()
def late_close(tcp):
    tcp.upgrade().server(text("answer")).server(close(1000, "bye")).client(close(1000, mask=KEY)).fin("client")


@case("closed_without_close_frame", "idle_timeout", says=["60.0", "nginx", "server closed"])
def idle_60(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).sleep(60).fin("server")


@case("closed_without_close_frame", "idle_timeout")
def idle_60_again(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).sleep(60.01).fin("server")


@case("aborted", "idle_timeout", says=["350", "AWS NLB"])
def idle_350(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).sleep(350).rst("server")


@case("closed_without_close_frame", "idle_timeout", says=["3.0", "set by hand"])
def idle_3(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).sleep(3.002).fin("server")


@case("closed_without_close_frame")
def kept_awake(tcp):
    tcp.upgrade()
    for _ in range(6):
        tcp.sleep(10).server(ping()).client(pong(mask=KEY))
    tcp.sleep(0.5).fin("server")


@case("compressed_empty", says=["server", "RFC 7692", "1007", "check"])
def compressed_without_a_byte(tcp):
    tcp.upgrade(DEFLATE, DEFLATE).server(frame(TEXT, rsv=RSV1))
    tcp.server(close(1000)).client(close(1000, mask=KEY)).fin("server")


@case()
def empty_as_it_should_be(tcp):
    tcp.upgrade(DEFLATE, DEFLATE).server(frame(TEXT, b"\0", rsv=RSV1)).server(frame(TEXT))
    tcp.server(frame(TEXT, rsv=RSV1, fin=False) + frame(CONTINUATION, b"\0"))
    tcp.server(close(1000)).client(close(1000, mask=KEY)).fin("server")


@case()
def idle_then_closed(tcp):
    tcp.upgrade().sleep(60).server(close(1001)).client(close(1001, mask=KEY)).fin("server")


for code in (1008, 3000, 3003, 4401, 4403):
    def rejected(tcp, code=code):
        tcp.upgrade().client(text("hello", mask=KEY)).server(close(code)).client(close(code, mask=KEY)).fin("server")
    add(f"rejected_{code}", rejected, "session_rejected", says=[str(code), *CHECKS])


@case()
def rejected_by_client(tcp):
    tcp.upgrade().client(close(4401, mask=KEY)).server(close(4401)).fin("server")


@case()
def other_private_code(tcp):
    tcp.upgrade().server(close(4400)).client(close(4400, mask=KEY)).fin("server")


# ---- tokens -----------------------------------------------------------------

PAST, FUTURE = START - 3600, START + 36000
PLACES = {
    "Authorization": lambda token: {"headers": [("Authorization", "Bearer " + token)]},
    "a cookie": lambda token: {"headers": [("Cookie", f"theme=dark; session={token}; x=y")]},
    "the query": lambda token: {"path": f"/chat?room=1&access_token={token}&v=2"},
    "Sec-WebSocket-Protocol": lambda token: {"headers": [("Sec-WebSocket-Protocol", f"access_token, {token}")]},
}


def with_token(token, place, status="401 Unauthorized"):
    def conversation(tcp):
        asked(tcp, **PLACES[place](token)).server(response(status=status)).fin("server")
    return conversation


for number, place in enumerate(PLACES):
    add(f"expired_{number}", with_token(jwt(exp=PAST), place), "token_expired", "unauthorized", says=[place, "expired"])
add("early", with_token(jwt(nbf=FUTURE, exp=FUTURE + 60), "a cookie"), "token_not_yet_valid", "unauthorized", says=["clock"])
add("expired_fraction", with_token(jwt(exp=PAST + 0.5), "a cookie"), "token_expired", "unauthorized")
add("valid", with_token(jwt(exp=FUTURE, nbf=PAST), "a cookie"), "unauthorized")
add("nested_exp", with_token(jwt(other={"exp": PAST}), "a cookie"), "unauthorized")
add("exp_is_text", with_token(jwt(exp="yesterday"), "a cookie"), "unauthorized")
add("no_times", with_token(jwt(), "Authorization"), "unauthorized")
add("broken_json", with_token("eyJhbGciOiJub25lIn0.eyJleHAiOjE2.x", "a cookie"), "unauthorized")
add("broken_base64", with_token("eyJhbGciOiJub25lIn0.eyJ.x", "a cookie"), "unauthorized")
add("two_parts", with_token(jwt(exp=PAST).rsplit(".", 1)[0], "a cookie"), "unauthorized")
add("deep_json", with_token("eyJhbGciOiJub25lIn0." + base64.urlsafe_b64encode(b'{"a":' + b"[" * 3000).decode().rstrip("=") + ".x",
                            "Authorization"), "unauthorized")


# ---- all of them ------------------------------------------------------------

@functools.cache
def dissected(passes):
    """Of each case: [(diagnosis, sentence)...]."""
    capture = Wire()
    for function, *_ in cases.values():
        tcp = capture.tcp(server=("10.0.0.2", 3128 if function.__name__.startswith("tunnel") else 80))
        function(tcp)
    path = save(capture)
    rows = fields(path, ["tcp.stream", "ws.diagnosis", "ws.diagnosis.explanation"], *["-2"] * (passes - 1),
                  shown="ws.diagnosis")
    found = {name: [] for name in cases}
    for stream, names, sentences in rows:
        found[list(cases)[int(stream[0])]] += list(zip(names, sentences))
    return found


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", cases)
def test_diagnosis(name, passes):
    _, expected, says = cases[name]
    found = dissected(passes)[name]
    assert sorted(diagnosis for diagnosis, _ in found) == sorted(expected)
    for words in says:
        assert any(words in sentence for _, sentence in found), found


def test_every_name_has_a_case():
    assert {name for _, names, _ in cases.values() for name in names} == set(DIAGNOSES)


def test_repeated_silence():
    for passes in (1, 2):
        last = dict(dissected(passes)["idle_60_again"])["idle_timeout"]
        assert "2 connections of this file ended after the same silence" in last
    assert "2 connections" in dict(dissected(2)["idle_60"])["idle_timeout"]
    assert "connections of this file" not in dict(dissected(2)["idle_350"])["idle_timeout"]


def test_no_secret_in_a_sentence():
    for found in dissected(1).values():
        for _, sentence in found:
            assert "eyJ" not in sentence and "s3cr3t" not in sentence


def test_expert_infos():
    """One per name."""
    registered = {line.split("\t")[2] for line in run("tshark", "-G", "fields").stdout.decode(errors="replace").splitlines()
                  if line.startswith("F\t")}
    for name in DIAGNOSES:
        assert f"ws.diagnosis.{name}" in registered


@pytest.mark.parametrize("capture", sorted(p.name for p in (ROOT / "captures").glob("*.pcapng")))
def test_real_traffic(capture):
    """mqtt: the broker ends TCP before the client's Close frame, which leaves it without an answer."""
    rows = fields(ROOT / "captures" / capture, ["ws.diagnosis"], shown="ws.diagnosis")
    expected = REAL.get(capture.removesuffix(".pcapng"), [])
    assert [name for names, in rows for name in names] == expected


REAL = {
    "nginx-failing": ["upgrade_stripped", "upgrade_required", "upgrade_required", "closed_without_close_frame",
                      "idle_timeout", "closed_without_close_frame", "idle_timeout", "gateway_error", "unauthorized"],
    "haproxy-failing": ["aborted", "idle_timeout", "closed_without_close_frame", "idle_timeout"] * 2,
    "mqtt-ws": ["closed_without_close_frame"],
    "mqtt-ws-split": ["closed_without_close_frame"],
}


# ---- bad input --------------------------------------------------------------

def test_hostile_heads():
    capture = Capture()
    headers = [
        [("Cookie", "a=" + jwt(exp=PAST) + ";" + "b=eyJ.eyJ." * 5000)],
        [("Cookie", f"c{i}=eyJhbGciOiJub25lIn0.eyJleHAiOjF9.x") for i in range(1000)],
        [("Authorization", "eyJ" * 20000)],
        [("Authorization", "." * 60000)],
        [("Cookie", ";=" * 25000)],
    ]
    for lines in headers:
        capture.tcp().syn().client(request(headers=lines)).server(response(status="401 " + "x" * 50000))
    path = save(capture)
    for passes in ([], ["-2"]):
        rows = fields(path, ["ws.diagnosis", "ws.diagnosis.explanation"], *passes, shown="ws.diagnosis")
        assert len([row for row in rows if "unauthorized" in row[0]]) == len(headers)
        assert all(len(sentence) < 1500 for _, sentences in rows for sentence in sentences)
    assert not fields(path, ["frame.number"], shown="_ws.malformed")
