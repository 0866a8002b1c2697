// SPDX-License-Identifier: GPL-2.0-or-later
// Sec-WebSocket-Extensions: each extension that is read means the same by itself.
#include "extensions.hpp"
#include "fuzz.hpp"

namespace ws::fuzz {
namespace {

void check(const Extension& extension, std::string_view all, const Arena& arena) {
    demand(lies_in(extension.text, all) && lies_in(extension.name, extension.text) && !extension.name.empty(), "the name");
    List<Extension> again;
    demand(parse_extensions(extension.text, arena, again) && again.size() == 1, "an extension by itself");
    demand(again[0].name == extension.name && again[0].parameters.size() == extension.parameters.size(), "the same");
    for (std::size_t i = 0; i < extension.parameters.size(); ++i) {
        const auto& parameter = extension.parameters[i];
        demand(lies_in(parameter.text, extension.text) && !parameter.name.empty(), "a parameter");
        demand(again[0].parameters[i].value == parameter.value, "the same value");
        demand(parameter.value.size() <= parameter.text.size(), "unquoted, and longer");
    }
    for (const bool in_response : {false, true}) {
        const auto p = deflate_parameters(extension, in_response);
        for (const auto bits : {p.client_max_window_bits, p.server_max_window_bits})
            demand(bits == 0 || (bits >= 8 && bits <= 15), "window bits");
    }
}

} // namespace

void run(Input& input) {
    TestArena memory;
    const Arena arena = memory;
    const auto offer = exactly(input.text()), answer = exactly(input.rest());
    DeflateParameters deflate[2];
    for (const bool in_response : {false, true}) {
        const auto& bytes = in_response ? answer : offer;
        List<Extension> extensions;
        const bool read = parse_extensions(as_text(bytes), arena, extensions);
        for (const auto& extension : extensions) {
            check(extension, as_text(bytes), arena);
            deflate[in_response] = deflate_parameters(extension, in_response);
        }
        for (const auto bits : negotiate(extensions, read).window_bits)
            demand(bits >= 8 && bits <= 15, "negotiated window bits");
    }
    if (deflate_response_fits(deflate[0], deflate[1]))
        demand(!deflate[0].server_no_context_takeover || deflate[1].server_no_context_takeover, "a demand that was not met");
    demand(memory.used() < 10000 + 1000 * (offer.size() + answer.size()), "memory");
}

} // namespace ws::fuzz
