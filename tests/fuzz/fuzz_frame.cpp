// SPDX-License-Identifier: GPL-2.0-or-later
// A frame's header and mask, against RFC 6455 5.2 and 5.3 read byte by byte.
#include "frame.hpp"
#include "fuzz.hpp"

namespace ws::fuzz {
namespace {

void check_header(Bytes bytes) {
    FrameHeader header;
    const bool whole = parse_frame_header(bytes, header);
    const unsigned second = bytes.size() < 2 ? 0 : bytes[1];
    const unsigned length_size = (second & 127) < 126 ? 0 : (second & 127) == 126 ? 2 : 8;
    const std::size_t size = 2 + length_size + (second >> 7) * 4;
    demand(whole == (bytes.size() >= 2 && bytes.size() >= size), "a header is whole or not");
    if (!whole)
        return;
    std::uint64_t length = length_size ? 0 : second & 127;
    for (unsigned i = 0; i < length_size; ++i)
        length = length * 256 + bytes[2 + i];
    demand(header.size == size && header.length_size == length_size && header.payload_length == length, "lengths");
    demand(header.fin == bytes[0] >> 7 && header.opcode == bytes[0] % 16 && header.masked == second >> 7, "first bytes");
    demand(header.rsv1 == (bytes[0] >> 6 & 1) && header.rsv2 == (bytes[0] >> 5 & 1) && header.rsv3 == (bytes[0] >> 4 & 1), "RSV");
    for (unsigned i = 0; i < 4; ++i)
        demand(header.masking_key[i] == (header.masked ? bytes[size - 4 + i] : 0), "key");
    demand(header.frame_length() >= length, "a sum wraps");
    demand(header.length_minimal() == (length_size == 0 || length > (length_size == 2 ? 125U : 65535U)), "minimal length");
}

void check_mask(Input& input) {
    std::uint8_t key[4];
    for (auto& byte : key)
        byte = input.number();
    const auto offset = input.number<std::uint64_t>();
    const auto misaligned = input.below(8);
    const auto masked = exactly(std::string(misaligned, 'x') + input.rest());
    const Bytes from = Bytes(masked).subspan(misaligned);
    std::vector<std::uint8_t> expected;
    for (std::size_t i = 0; i < from.size(); ++i)
        expected.push_back(from[i] ^ key[(offset + i) % 4]);
    std::vector<std::uint8_t> to(from.size());
    unmask(to.data(), from, key, offset);
    demand(to == expected, "unmasked elsewhere");
    to.assign(from.begin(), from.end());
    unmask(to.data(), to, key, offset);
    demand(to == expected, "unmasked in place");
}

} // namespace

void run(Input& input) {
    const auto header = exactly(input.text());
    check_header(header);
    check_mask(input);
}

} // namespace ws::fuzz
