// SPDX-License-Identifier: GPL-2.0-or-later
// The opening handshake from arbitrary bytes: what is told of a head must lie in it, and parts that are
// parsed again mean the same.
#include "handshake.hpp"
#include "support.hpp"

#include <fuzzer/FuzzedDataProvider.h>
#include <glib.h>

#include <cstdlib>

namespace ws::test {
namespace {

void demand(bool condition) {
    if (!condition)
        std::abort();
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_extension(const Extension& extension, const Arena& arena) {
    List<Extension> again;
    demand(parse_extensions(extension.text, arena, again) && again.size() == 1);
    demand(again[0].name == extension.name && again[0].parameters.size() == extension.parameters.size());
    for (std::size_t i = 0; i < extension.parameters.size(); ++i)
        demand(again[0].parameters[i].value == extension.parameters[i].value && !extension.parameters[i].name.empty());
    for (const bool in_response : {false, true}) {
        const auto p = deflate_parameters(extension, in_response);
        for (const auto bits : {p.client_max_window_bits, p.server_max_window_bits})
            demand(bits == 0 || (bits >= 8 && bits <= 15));
    }
}

void check(const Handshake& h, std::string_view head, const Arena& arena) {
    demand(lies_in(h.start_line, head) && !h.start_line.empty());
    for (const auto& f : h.violations)
        demand(lies_in(f.where, head));
    for (const auto protocol : h.protocols)
        demand(lies_in(protocol, head) && !protocol.empty());
    for (const auto& extension : h.extensions)
        check_extension(extension, arena);
    for (const auto bits : negotiate(h.extensions, h.extensions_read).window_bits)
        demand(bits >= 8 && bits <= 15);
    if (h.key_valid) {
        gsize size = 0;
        g_free(g_base64_decode(std::string(h.key->value).c_str(), &size));
        demand(size == 16);
    }
    demand(std::string(h.url).size() == h.url.size()); // read all of it
}

/// What `bytes` say as a request, kept for the response.
void read(std::string_view bytes, std::size_t prefix, Offer& offer) {
    TestArena memory;
    const Arena arena = memory;
    HttpHead head;
    const auto result = parse_http_head(bytes, arena, head);
    HttpHead cut;
    if (result == HeadResult::complete) {
        demand(head.size > 0 && head.size <= bytes.size());
        prefix %= head.size;
        demand(prefix == 0 || parse_http_head(bytes.substr(0, prefix), arena, cut) != HeadResult::complete);
        demand(parse_http_head(bytes.substr(0, head.size), arena, cut) == HeadResult::complete && cut.size == head.size);
        for (const auto& field : head.fields)
            demand(lies_in(field.name, bytes) && lies_in(field.value, bytes) && trim(field.value) == field.value);
        const auto text = bytes.substr(0, head.size);
        if (head.is_request) {
            is_upgrade_request(head);
            check(read_request(head, prefix % 2, arena, offer), text, arena);
        } else {
            is_upgrade_response(head);
            check(read_response(head, &offer, arena), text, arena);
            check(read_response(head, nullptr, arena), text, arena);
        }
    }
    demand(memory.used() < 10000 + 1000 * (bytes.size() + offer.extensions.size()));
}

} // namespace
} // namespace ws::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace ws::test;
    FuzzedDataProvider data(bytes, size);
    const auto prefix = data.ConsumeIntegral<std::uint16_t>();
    ws::Offer offer;
    if (data.ConsumeBool()) { // a head that is one already, with the values of the fuzzer
        const auto line = data.ConsumeBool() ? "GET / HTTP/1.1" : "HTTP/1.1 101 Switching Protocols";
        const auto extensions = data.ConsumeRandomLengthString(), protocols = data.ConsumeRandomLengthString();
        read("GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: "
             "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: " +
                 extensions + "\r\nSec-WebSocket-Protocol: " + protocols + "\r\n\r\n",
             prefix, offer);
        read(line + ("\r\nSec-WebSocket-Extensions: " + data.ConsumeRandomLengthString()) + "\r\nSec-WebSocket-Protocol: " +
                 data.ConsumeRandomLengthString() + "\r\nSec-WebSocket-Accept: " + data.ConsumeRandomLengthString() + "\r\n\r\n",
             prefix, offer);
    } else {
        const auto request = data.ConsumeRandomLengthString();
        const auto response = data.ConsumeRemainingBytesAsString();
        read(request, prefix, offer);
        read(response, prefix, offer);
    }
    return 0;
}
