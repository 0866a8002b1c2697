// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.hpp"

#include <simdjson.h>

namespace ws {

namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080U; // of eight bytes
constexpr std::size_t worth_a_call = 64;                 // bytes, from which on simdjson is faster

/// So many bytes that no character is cut at the end, if they are well-formed.
std::size_t whole_characters(Bytes bytes) {
    auto begin = bytes.size();
    while (begin > 0 && bytes.size() - begin < 3 && (bytes[begin - 1] & 0xc0) == 0x80)
        --begin;
    return begin > 0 && bytes[begin - 1] >= 0xc0 ? begin - 1 : bytes.size();
}

} // namespace

std::size_t Utf8Validator::feed(Bytes bytes) noexcept {
    if (!valid_)
        return 0;
    std::size_t i = 0;
    bool is_long = true; // and not known to have a bad byte
    while (i < bytes.size()) {
        is_long = is_long && bytes.size() - i >= worth_a_call;
        if (missing_ == 0 && is_long) {
            const auto rest = bytes.subspan(i);
            const auto size = whole_characters(rest);
            is_long = false;
            if (simdjson::validate_utf8(reinterpret_cast<const char*>(rest.data()), size))
                i += size;
        } else if (missing_ == 0) {
            // Most text is ASCII: eight bytes at a time.
            std::uint64_t block;
            for (; i + 8 <= bytes.size(); i += 8) {
                std::memcpy(&block, bytes.data() + i, 8);
                if (block & high_bits)
                    break;
            }
            if (i + 8 > bytes.size() && bytes.size() >= 8) { // so that no rest is left for what is slower
                std::memcpy(&block, bytes.data() + bytes.size() - 8, 8);
                if (!(block & high_bits))
                    break;
            }
        }
        if (i == bytes.size())
            break;
        const std::uint8_t byte = bytes[i];
        if (missing_) {
            if (byte < low_ || byte > high_) {
                valid_ = false;
                return i;
            }
            --missing_;
            low_ = 0x80;
            high_ = 0xbf;
        } else if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) {
                valid_ = false;
                return i;
            }
            missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
            if (byte == 0xe0)
                low_ = 0xa0; // shorter forms exist
            else if (byte == 0xed)
                high_ = 0x9f; // surrogates
            else if (byte == 0xf0)
                low_ = 0x90; // shorter forms exist
            else if (byte == 0xf4)
                high_ = 0x8f; // above U+10FFFF
        }
        ++i;
    }
    return bytes.size();
}

std::size_t well_formed_part(Bytes bytes) noexcept {
    const auto good = Utf8Validator{}.feed(bytes);
    // The last character may not be whole.
    auto begin = good;
    while (begin > 0 && good - begin < 3 && (bytes[begin - 1] & 0xc0) == 0x80)
        --begin;
    if (begin == 0 || bytes[begin - 1] < 0xc0)
        return good;
    const auto lead = bytes[--begin];
    const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return good - begin < size ? begin : good;
}

} // namespace ws
