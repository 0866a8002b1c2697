// SPDX-License-Identifier: GPL-2.0-or-later
// A ClientHello as it comes in: what is known of it stays so with every byte more.
#include "fuzz.hpp"
#include "tls_hello.hpp"

namespace ws::fuzz {

void run(Input& input) {
    using wscap::HelloResult;
    const auto text = input.rest();
    wscap::TlsHello last;
    auto result = HelloResult::incomplete;
    const auto step = 1 + text.size() / 256;
    for (std::size_t size = 0; size <= text.size(); size += step) {
        const auto bytes = exactly(std::string_view(text).substr(0, size));
        wscap::TlsHello hello;
        const auto now = wscap::parse_client_hello(bytes, hello);
        demand(result == HelloResult::incomplete || now == result, "another result with more bytes");
        if (now == HelloResult::complete) {
            demand(hello.server_name.size() <= size && bytes[0] == 22, "a ClientHello");
            demand(result != now || (hello.random == last.random && hello.server_name == last.server_name),
                   "another ClientHello");
        }
        last = hello;
        result = now;
    }
}

} // namespace ws::fuzz
