// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.hpp"

namespace ws {

bool parse_frame_header(Bytes bytes, FrameHeader& header) noexcept {
    if (bytes.size() < 2)
        return false;
    const std::uint8_t short_length = bytes[1] & 0x7f;
    header.length_size = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
    header.masked = (bytes[1] & 0x80) != 0;
    header.size = static_cast<std::uint8_t>(2 + header.length_size + (header.masked ? 4 : 0));
    if (bytes.size() < header.size)
        return false;

    header.fin = (bytes[0] & 0x80) != 0;
    header.rsv1 = (bytes[0] & 0x40) != 0;
    header.rsv2 = (bytes[0] & 0x20) != 0;
    header.rsv3 = (bytes[0] & 0x10) != 0;
    header.opcode = bytes[0] & 0x0f;
    header.payload_length = short_length;
    if (header.length_size) {
        header.payload_length = 0;
        for (int i = 0; i < header.length_size; ++i)
            header.payload_length = header.payload_length << 8 | bytes[2 + i];
    }
    if (header.masked)
        std::memcpy(header.masking_key, bytes.data() + header.size - 4, 4);
    else
        std::memset(header.masking_key, 0, 4);
    return true;
}

/// As wide as registers get; where they are narrower, several stand for it.
using Wide [[gnu::vector_size(64)]] = std::uint64_t;

template <class Block>
[[gnu::always_inline]] static inline void unmask_block(std::uint8_t* to, const std::uint8_t* from, std::uint64_t key) {
    Block block;
    std::memcpy(&block, from, sizeof block);
    block ^= key;
    std::memcpy(to, &block, sizeof block);
}

// The loader chooses the one for this processor.
#if defined(__x86_64__) && defined(__GLIBC__)
#define WS_FOR_EACH_PROCESSOR [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define WS_FOR_EACH_PROCESSOR
#endif

/// Whole blocks; returns how many bytes they are.
WS_FOR_EACH_PROCESSOR static std::size_t unmask_blocks(std::uint8_t* to, Bytes from, std::uint64_t key) {
    std::size_t i = 0;
    for (; i + sizeof(Wide) <= from.size(); i += sizeof(Wide))
        unmask_block<Wide>(to + i, from.data() + i, key);
    return i;
}

[[gnu::noinline]] // else GCC 12 warns of what cannot be: it takes the blocks for longer than the payload
void unmask(std::uint8_t* to, Bytes from, const std::uint8_t (&key)[4], std::uint64_t offset) noexcept {
    std::uint8_t turned[8];
    for (unsigned i = 0; i < 8; ++i)
        turned[i] = key[(offset + i) & 3];
    std::uint64_t wide;
    std::memcpy(&wide, turned, 8);

    auto i = unmask_blocks(to, from, wide);
    for (; i + 8 <= from.size(); i += 8)
        unmask_block<std::uint64_t>(to + i, from.data() + i, wide);
    for (; i < from.size(); ++i)
        to[i] = from[i] ^ turned[i & 7];
}

} // namespace ws
