// SPDX-License-Identifier: GPL-2.0-or-later
// A head of HTTP and the opening handshake from arbitrary bytes: what is told of a head lies in it, and as long as its end is
// missing it is incomplete.
#include "fuzz.hpp"
#include "handshake.hpp"

#include <glib.h>

namespace ws::fuzz {
namespace {

void check(const Handshake& h, std::string_view head) {
    demand(lies_in(h.start_line, head) && !h.start_line.empty(), "the start line");
    for (const auto& violation : h.violations)
        demand(lies_in(violation.where, head), "where a violation is");
    for (const auto protocol : h.protocols)
        demand(lies_in(protocol, head) && !protocol.empty(), "a subprotocol");
    for (const auto bits : negotiate(h.extensions, h.extensions_read).window_bits)
        demand(bits >= 8 && bits <= 15, "window bits");
    if (h.key_valid) {
        gsize size = 0;
        g_free(g_base64_decode(std::string(h.key->value).c_str(), &size));
        demand(size == 16, "a valid key");
    }
    demand(std::string(h.url).size() == h.url.size(), "the URL can be read");
}

/// At each place, or at some where there are many.
void check_prefixes(std::string_view text) {
    const auto step = 1 + text.size() / 256;
    for (std::size_t size = 1; size < text.size(); size += step) {
        TestArena memory;
        HttpHead cut;
        const auto prefix = exactly(text.substr(0, size));
        demand(parse_http_head(as_text(prefix), memory, cut) == HeadResult::incomplete, "a head without its end");
    }
}

/// What `text` says as a request, kept for the response.
void read(const std::string& text, bool secure, Offer& offer) {
    TestArena memory;
    const Arena arena = memory;
    const auto bytes = exactly(text);
    const auto all = as_text(bytes);
    HttpHead head;
    if (parse_http_head(all, arena, head) == HeadResult::complete) {
        demand(head.size > 0 && head.size <= all.size(), "the head's size");
        const auto own = all.substr(0, head.size);
        check_prefixes(own);
        HttpHead alone;
        demand(parse_http_head(own, arena, alone) == HeadResult::complete && alone.size == head.size, "the head alone");
        for (const auto& field : head.fields)
            demand(lies_in(field.name, own) && lies_in(field.value, own) && trim(field.value) == field.value, "a field");
        const auto body = body_of(head);
        demand(body.kind == HttpBody::Kind::sized ? body.size <= largest_body : body.size == 0, "the body's size");
        if (head.is_request) {
            is_upgrade_request(head);
            check(read_request(head, secure, arena, offer), own);
        } else {
            is_upgrade_response(head);
            check(read_response(head, &offer, arena), own);
            check(read_response(head, nullptr, arena), own);
        }
    }
    demand(memory.used() < 10000 + 1000 * (text.size() + offer.extensions.size()), "memory");
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    Offer offer;
    if (how & 1) { // a head that is one already, with the values of the fuzzer
        read("GET " + input.text() + " HTTP/1.1\r\nHost: " + input.text() +
                 "\r\nSec-WebSocket-Key: " + "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: " + input.text() +
                 "\r\nSec-WebSocket-Protocol: " + input.text() + "\r\n\r\n",
             how & 2, offer);
        read("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: " + input.text() +
                 "\r\nSec-WebSocket-Protocol: " + input.text() + "\r\nSec-WebSocket-Accept: " + input.text() + "\r\n\r\n",
             how & 2, offer);
    } else {
        read(input.text(), how & 2, offer);
        read(input.rest(), how & 2, offer);
    }
}

} // namespace ws::fuzz
