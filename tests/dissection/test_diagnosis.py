# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a connection failed or died: a case for each diagnosis, and neighbours that must have none."""

import base64
import functools
import json

import pytest

from builder import (CONTINUATION, KEY, RST, RSV1, START, TEXT, Capture, checksum, close, frame, ping, pong, request, response,
                     text)
from support import ROOT, fields, run, save, tshark

# The names, and what the sentence has to tell.
DIAGNOSES = ("reset_during_handshake closed_during_handshake reset_by_middlebox no_answer closed_without_close_frame "
             "aborted idle_timeout upgrade_stripped not_upgraded bad_request upgrade_required gateway_error http10 "
             "proxy_auth_required connect_refused accept_mismatch unauthorized forbidden redirected not_found "
             "rate_limited token_expired token_not_yet_valid session_rejected compressed_empty "
             "pong_timeout close_unanswered unacknowledged lifetime_limit ended_together http_in_websocket server_error "
             "message_too_big message_rejected handshake_rejected websocket_unsupported").split()

DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
cases = {}


class Wire(Capture):
    """With packets that the builder has no words for."""

    def __init__(self):
        super().__init__()
        self.ttls, self.repeats, self.again = {}, [], []

    def packet(self, tcp, side, other, flags, number, acknowledged, payload):
        packet = super().packet(tcp, side, other, flags, number, acknowledged, payload)
        if flags & RST and tcp in self.ttls:
            packet = bytearray(packet)
            packet[14 + 8] = self.ttls[tcp]
            packet[14 + 10:14 + 12] = b"\0\0"
            packet[14 + 10:14 + 12] = checksum(packet[14:34]).to_bytes(2, "big")
        return bytes(packet)

    def repeat_last(self, tcp, delays):
        """What was sent last, again and again."""
        self.again.append((tcp, len([send for send in self.sends if send[0] is tcp]) - 1, delays))

    def packets(self, segmentation=None):
        packets = super().packets(segmentation)
        for tcp, which, delays in self.again:
            ports = {end: tcp.ends[end][1].to_bytes(2, "big") for end in tcp.ends}
            mine = [p for p in packets if ports["client"] in (p[1][34:36], p[1][36:38])]
            packets += [(mine[which][0] + delay, *mine[which][1:]) for delay in delays]
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


@case("aborted", "idle_timeout", says=["352.0", "AWS NLB", "forgot"])
def idle_350(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).sleep(352).client(text("still there?", mask=KEY)).rst("server")


@case("closed_without_close_frame", "idle_timeout", says=["3.0", "set by hand"])
def idle_3(tcp):
    tcp.upgrade().client(text("question", mask=KEY)).sleep(3.002).fin("server")


@case("closed_without_close_frame")
def kept_awake(tcp):
    tcp.upgrade()
    for _ in range(6):
        tcp.sleep(10).server(ping()).client(pong(mask=KEY))
    tcp.sleep(0.5).fin("server")


@case("compressed_empty", says=["server", "RFC 7692", "1007", "Check"])
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


# ---- who waited for what ----------------------------------------------------

@case("pong_timeout", "closed_without_close_frame", says=["server's ping", "2.0"])
def ping_unanswered(tcp):
    tcp.upgrade().client(text("hello", mask=KEY)).server(ping(b"1")).client(pong(b"1", mask=KEY))
    tcp.sleep(1).server(ping(b"2")).sleep(2.02).fin("server")


@case("pong_timeout", says=["keepalive ping timeout", "server's ping", "20.0"])
def keepalive(tcp):
    tcp.upgrade().sleep(20).server(ping(b"1")).sleep(20).server(close(1011, "keepalive ping timeout")).fin("server")


@case()
def ping_then_bye(tcp):
    tcp.upgrade().server(ping(b"1")).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case("closed_without_close_frame")
def ping_answered_then_gone(tcp):
    tcp.upgrade().server(ping(b"1")).client(pong(b"1", mask=KEY)).sleep(2.5).fin("server")


@case("closed_without_close_frame")
def other_side_leaves_a_ping(tcp):
    tcp.upgrade().server(ping(b"1")).sleep(2.5).fin("client")


def engine_io(tcp):
    tcp.syn().client(request("/socket.io/?EIO=4&transport=websocket")).server(response())
    return tcp.server(text('0{"sid":"x","pingInterval":25000,"pingTimeout":20000}'))


@case("pong_timeout", "closed_without_close_frame", says=["Engine.IO ping", "20.0"])
def engine_io_client_frozen(tcp):
    engine_io(tcp).sleep(25).server(text("2")).client(text("3", mask=KEY)).sleep(25).server(text("2")).sleep(20.01).fin("server")


@case("pong_timeout", says=["No Engine.IO ping of the server"])
def engine_io_server_frozen(tcp):
    engine_io(tcp).sleep(25).server(text("2")).client(text("3", mask=KEY)).sleep(25).server(text("2")).client(text("3", mask=KEY))
    tcp.sleep(45).client(close(mask=KEY)).fin("client")


@case()
def twos_and_threes_that_are_no_heartbeat(tcp):
    tcp.upgrade().server(text("2")).sleep(20).server(close(1000)).client(close(1000, mask=KEY)).fin("server")


@case("pong_timeout", says=["heartbeat timeout", "Phoenix"])
def phoenix(tcp):
    beat = '[null,"%d","phoenix","heartbeat",{}]'
    tcp.upgrade().client(text(beat % 1, mask=KEY)).server(text('[null,"1","phoenix","phx_reply",{"status":"ok","response":{}}]'))
    tcp.sleep(30).client(text(beat % 2, mask=KEY)).sleep(30).client(close(1000, "heartbeat timeout", mask=KEY)).fin("client")


@case("pong_timeout", "closed_without_close_frame", says=["No SignalR ping of the client"])
def signalr(tcp):
    beat = '{"type":6}\x1e'
    tcp.upgrade()
    for _ in range(3):
        tcp.client(text(beat, mask=KEY)).server(text(beat)).sleep(15)
    tcp.sleep(15).fin("server")


@case("close_unanswered", says=["client sent Close", "10.0", "server never answered"])
def close_waits(tcp):
    tcp.upgrade().client(close(1000, mask=KEY)).sleep(10).fin("client")


@case("close_unanswered", says=["server ends"])
def close_is_met_with_fin(tcp):
    tcp.upgrade().client(close(1000, mask=KEY)).server(b"").fin("server")


@case()
def close_and_gone(tcp):
    tcp.upgrade().client(close(1000, mask=KEY)).fin("client")


@case("unacknowledged", says=["7 times", "client"])
def path_broken(tcp):
    tcp.upgrade().client(text("are you there?", mask=KEY))
    tcp.capture.repeat_last(tcp, [0.3, 0.9, 2.1, 4.5, 9.3, 18.9, 38.1])


@case()
def path_repaired_late(tcp):
    tcp.upgrade().client(text("are you there?", mask=KEY))
    tcp.capture.repeat_last(tcp, [0.3, 0.9, 2.1, 4.5])
    tcp.sleep(5).server(text("yes")).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case()
def path_repaired(tcp):
    tcp.upgrade().client(text("are you there?", mask=KEY))
    tcp.capture.repeat_last(tcp, [0.2])
    tcp.sleep(0.3).server(text("yes")).client(close(1000, mask=KEY)).server(close(1000)).fin("server")


@case("lifetime_limit", "closed_without_close_frame", says=["Google", "30.0"])
def google_ends_it(tcp):
    tcp.syn().client(request()).server(response(headers=[("Via", "1.1 google")]))
    for _ in range(29):
        tcp.sleep(1).server(text("tick"))
    tcp.sleep(1.01).fin("server")


@case("closed_without_close_frame")
def thirty_seconds_of_another(tcp):
    tcp.upgrade()
    for _ in range(29):
        tcp.sleep(1).server(text("tick"))
    tcp.sleep(1.3).fin("server")


@case("http_in_websocket", says=["400 Bad Request", "Only frames here"])
def http_among_frames(tcp):
    body = b"<html><title>Only frames here</title></html>"
    tcp.upgrade().client(text("hello", mask=KEY)).server(text("hi"))
    tcp.server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).fin("server")


@case("handshake_rejected", says=["subprotocols", "selected none"])
def no_subprotocol(tcp):
    asked(tcp, headers=[("Sec-WebSocket-Protocol", "chat")]).server(response()).fin("client")


@case("handshake_rejected", "accept_mismatch", says=["accept_wrong"])
def wrong_accept(tcp):
    asked(tcp).server(response(headers=[("Sec-WebSocket-Accept", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")])).fin("client")


@case("closed_without_close_frame")
def leaves_at_once(tcp):
    tcp.upgrade().fin("client")


for code, name in ((1002, "message_rejected"), (1003, "message_rejected"), (1007, "message_rejected"), (1009, "message_too_big"),
                   (1011, "server_error"), (1012, "server_error"), (1013, "server_error"), (1014, "server_error")):
    def refused_message(tcp, code=code):
        tcp.upgrade().client(text("hello", mask=KEY)).server(close(code, "so says the server"))
        tcp.client(close(code, mask=KEY)).fin("server")
    add(f"closed_with_{code}", refused_message, name, says=[str(code), "so says the server"])

add("no_websocket_here", refused("501 Not Implemented"), "websocket_unsupported", says=["501"])


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


# ---- forged resets ----------------------------------------------------------

def reset_capture(ip=4, vlan=None, change=lambda packet: packet, after=None):
    """The server's reset, changed; and what comes after it."""
    capture = Capture()
    tcp = capture.tcp(ip=ip, vlan=vlan)
    tcp.upgrade().client(text("question", mask=KEY)).server(text("answer")).rst("server")
    if after:
        after(tcp)
    original = capture.packet

    def packet(tcp, side, other, flags, *rest):
        made = original(tcp, side, other, flags, *rest)
        return bytes(change(bytearray(made))) if flags & RST else made

    capture.packet = packet
    return save(capture)


def put(offset, *values):
    def change(packet):
        packet[offset:offset + len(values)] = bytes(values)
        return packet
    return change


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize(("options", "says"), [
    ({"change": put(14 + 8, 47)}, "TTL 47 where its other packets have 64"),
    ({"ip": 6, "change": put(14 + 7, 47)}, "hop limit 47 where its other packets have 64"),
    ({"vlan": 12, "change": put(14, 0, 7)}, "VLAN 7 where its other packets have VLAN 12"),
    ({"vlan": 12, "change": lambda packet: packet[:12] + packet[16:]}, "no VLAN tag where its other packets have VLAN 12"),
    ({"after": lambda tcp: tcp.server(text("I am well"))}, "goes on sending in #9"),
    ({}, None), ({"ip": 6}, None), ({"vlan": 12}, None),
    ({"change": put(14 + 34, 0, 0)}, None),  # no window, as of a host that has forgotten the connection
    ({"after": lambda tcp: tcp.client(text("are you there?", mask=KEY)).rst("server")}, None)])
def test_forged_reset(options, says, passes):
    rows = fields(reset_capture(**options), ["ws.diagnosis", "ws.diagnosis.seen"], *["-2"] * (passes - 1),
                  shown="ws.diagnosis == reset_by_middlebox")
    sentences = [sentence for _, seen in rows for sentence in seen]
    assert any(says in sentence for sentence in sentences) if says else not sentences


# ---- several connections ----------------------------------------------------

def ended_together(count, apart, **how):
    """So many connections of one server end so far apart; the file has them beside the cases."""
    capture = Capture()
    talks = [capture.tcp() for _ in range(count)]
    for i, tcp in enumerate(talks):
        tcp.upgrade().client(text(f"question {i}", mask=KEY)).server(text("answer")).sleep(1.3)
    for tcp in talks:
        if "close" in how:
            tcp.server(close(how["close"])).client(close(how["close"], mask=KEY))
        tcp.fin(how.get("by", "server")).sleep(apart)
    return save(capture)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize(("count", "apart", "how", "found"), [
    (6, 0.1, {}, 6), (6, 0.1, {"close": 1001}, 6), (6, 0.1, {"close": 1012}, 6),
    (6, 1.7, {}, 0), (2, 0.1, {}, 0), (6, 0.1, {"close": 1000}, 0), (6, 0.1, {"by": "client"}, 0)])
def test_ended_together(count, apart, how, found, passes):
    rows = fields(ended_together(count, apart, **how), ["tcp.stream", "ws.diagnosis", "ws.diagnosis.seen"],
                  *["-2"] * (passes - 1), shown="ws.diagnosis == ended_together")
    expected = found if passes == 2 else max(0, found - 2)  # the first two are known to be no accident later
    assert len({stream[0] for stream, _, _ in rows}) == expected
    if passes == 2 and found:
        assert all(any(f"{found} connections of 10.0.0.2:80" in words for words in seen) for _, _, seen in rows)


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
    named = [diagnosis for diagnosis, _ in found]
    if passes == 2:  # what was refused is linked both ways
        for refusal in ("message_rejected", "message_too_big"):
            assert named.count(refusal) == 2 * expected.count(refusal)
            named = [name for name in named if name != refusal] + [refusal] * expected.count(refusal)
    assert sorted(named) == sorted(expected)
    for words in says:
        assert any(words in sentence for _, sentence in found), found


def test_every_name_has_a_case():
    assert {name for _, names, _ in cases.values() for name in names} | {"ended_together"} == set(DIAGNOSES)


def test_repeated_silence():
    for passes in (1, 2):
        last = dict(dissected(passes)["idle_60_again"])["idle_timeout"]
        assert "2 connections of this file ended after the same silence" in last
    assert "2 connections" in dict(dissected(2)["idle_60"])["idle_timeout"]
    assert "connections of this file" not in dict(dissected(2)["idle_350"])["idle_timeout"]


@pytest.mark.parametrize("passes", [1, 2])
def test_parts(passes):
    """What was seen, why and what to check, none of them cut, and the packet that explains it."""
    capture = Capture()
    tcp = capture.tcp().upgrade()
    tcp.sleep(20).server(ping(b"1")).sleep(20).server(close(1011, "keepalive ping timeout"))
    (row,) = fields(save(capture), ["ws.diagnosis.seen", "ws.diagnosis.cause", "ws.diagnosis.check", "ws.diagnosis.about"],
                    *["-2"] * (passes - 1), shown="ws.diagnosis")
    (seen,), (cause,), (check,), about = row
    assert about == ["6"] and "ping in #6 had no answer for 20.001 s" in seen and "keepalive ping timeout" in seen
    assert "hangs" in cause and check.startswith("Check") and max(map(len, (seen, cause, check))) < 200


@pytest.mark.parametrize("arguments", [[], ["-2"]])
def test_packet_list(arguments):
    """The name stands in the Info column of the packet, whatever its protocol is."""
    capture = Capture()
    capture.tcp().upgrade().server(text("answer")).sleep(60).fin("server")
    asked(capture.tcp()).server(response(status="403 Forbidden")).fin("server")
    capture.tcp().upgrade().client(text("hello", mask=KEY)).server(close(1011, "oops")).client(close(1011, mask=KEY)).fin("server")
    asked(capture.tcp()).rst("server")
    lines = [line for line in tshark(save(capture), *arguments).splitlines() if "[WebSocket: " in line]
    found = [line[line.index("[WebSocket: "):] for line in lines]
    assert found == ["[WebSocket: closed_without_close_frame] [WebSocket: idle_timeout 60.0 s]", "[WebSocket: forbidden 403]",
                     "[WebSocket: server_error 1011]", "[WebSocket: reset_during_handshake 0.0 s]"]
    assert [protocol for line in lines for protocol in (" TCP ", " HTTP ", " WebSocket ") if protocol in line] == [
        " TCP ", " HTTP ", " WebSocket ", " TCP "]


def test_expert_infos_without_a_tree():
    """tshark -z expert builds none."""
    capture = Capture()
    capture.tcp().upgrade().client(text("no mask")).server(close(1002)).fin("server")
    asked(capture.tcp()).server(response(status="403 Forbidden")).fin("server")
    shown = tshark(save(capture), "-q", "-z", "expert")
    for words in ("A client must mask every frame it sends", "The server closed with 1002", "The answer is 403 Forbidden"):
        assert words in shown


def test_nothing_of_connections_that_close_properly():
    capture = Capture(step=0.0001)
    for i in range(10000):
        tcp = capture.tcp(client=(f"10.{i >> 12}.{i >> 6 & 63}.{i & 63}", 50000 + i % 1000)).upgrade()
        for frames in range(i % 4):
            tcp.client(text(f"question {frames}", mask=KEY)).server(ping(b"x")).client(pong(b"x", mask=KEY)).server(text("answer"))
        first, second = (tcp.client, tcp.server) if i % 2 else (tcp.server, tcp.client)
        code = (1000, 1001, None)[i % 3] if i % 2 else 1000
        first(close(code, mask=KEY if i % 2 else None))
        second(close(code, mask=None if i % 2 else KEY))
        tcp.fin("server" if i % 5 else "client")
    for passes in ([], ["-2"]):
        assert fields(save(capture), ["frame.number", "ws.diagnosis"], *passes, shown="ws.diagnosis") == []


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
    if capture.startswith("misbehaving"):
        firsts = fields(ROOT / "captures" / capture, ["ws.close.code"], shown="ws.close.first == 1")
        expected = [REFUSALS[code] for codes, in firsts for code in codes if code in REFUSALS]
        assert len(expected) > 20
    found = [name for names, in rows for name in names]
    if "autobahn" in capture:  # the server is silent when the inflated text is wrong, and its client waits for three seconds
        assert found.count("close_unanswered") == 4
        found = [name for name in found if name != "close_unanswered"]
    assert found == expected


# What programs close with that are sent what they must refuse (RFC 6455 7.4.1).
REFUSALS = {"1002": "message_rejected", "1003": "message_rejected", "1007": "message_rejected", "1009": "message_too_big"}
# The server of wss says that it restarts.
REAL = dict.fromkeys(["wss", "wss-connect-proxy", "wss-socks5-proxy"], ["server_error"]) | {
    "nginx-failing": ["upgrade_stripped", "upgrade_required", "upgrade_required", "closed_without_close_frame",
                      "idle_timeout", "closed_without_close_frame", "idle_timeout", "gateway_error", "unauthorized"],
    "haproxy-failing": ["aborted", "idle_timeout", "closed_without_close_frame", "idle_timeout"] * 2,
    "mqtt-ws": ["closed_without_close_frame"],
    "mqtt-ws-split": ["closed_without_close_frame"],
}


# ---- bad input --------------------------------------------------------------

@pytest.mark.parametrize("body", [
    b"", b"\0" * 100, b"<" * 5000, b"<html>" * 3000, b"\xff\xfe" * 300, b"x" * 30000, "ü".encode() * 20000, b"\r\n" * 9000,
    b"<script>" + b"a" * 9000, b"Session ID unknown " + b"k" * 100, bytes(range(256)) * 40])
def test_bodies_of_any_kind(body):
    capture = Capture()
    answer = response(status="400 Bad Request", headers=[("Content-Length", str(len(body)))], body=body)
    asked(capture.tcp()).server(answer).fin("server")
    for passes in ([], ["-2"]):
        rows = fields(save(capture), ["ws.diagnosis", "ws.diagnosis.seen"], *passes, shown="ws.diagnosis")
        assert [names for names, _ in rows] == [["bad_request"]]
        seen = rows[0][1][0]
        assert len(seen.encode()) < 200 and "kkkk" not in seen and seen.isprintable()


def test_thousands_of_pings():
    capture = Capture()
    tcp = capture.tcp().upgrade()
    for i in range(3000):
        tcp.server(ping(b"%d" % i))
    tcp.sleep(5).fin("server")
    (row,) = fields(save(capture), ["ws.diagnosis.seen"], shown="ws.diagnosis == pong_timeout")
    assert "3000 of the server's pings" in " ".join(row[0])


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
