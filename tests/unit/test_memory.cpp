// SPDX-License-Identifier: GPL-2.0-or-later
// What a connection costs: all that this program allocates is counted.
#include "support.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> in_use{0}; ///< Bytes.
std::atomic<std::size_t> most{0};   ///< That were in use at a time.

} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    void* to = std::malloc(size ? size : 1);
    if (!to)
        std::abort();
    in_use += malloc_usable_size(to);
    most = std::max(most.load(), in_use.load());
    return to;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { // libraries use this one, too
    return operator new(size);
}

[[gnu::noinline]] void operator delete(void* at) noexcept {
    if (at)
        in_use -= malloc_usable_size(at);
    std::free(at);
}

void operator delete(void* at, std::size_t) noexcept {
    operator delete(at);
}

namespace ws::test {
namespace {

/// Bytes that a connection and all that it keeps take at most, as long as nothing is in progress.
constexpr std::size_t most_per_connection = 1000;
/// The same for each packet that may be visited again.
constexpr std::size_t most_per_packet = 100;

/// What a packet gets, which goes with the packet.
alignas(16) std::byte of_packet[1 << 20];
std::size_t used = 0;

void* allocate(void*, std::size_t size) {
    void* to = of_packet + used;
    used += (size + 15) / 16 * 16;
    EXPECT_LE(used, sizeof of_packet);
    return to;
}

std::vector<std::shared_ptr<const void>> kept;

void keep(void*, std::shared_ptr<const void> object) {
    kept.push_back(std::move(object));
}

/// Bytes that a connection takes after a talk.
std::size_t memory_after(const Negotiated& negotiated, const Talk& talk, bool revisits = false) {
    const Arena arena(allocate, nullptr, keep);
    const auto before = in_use.load();
    const auto connection = std::make_unique<ConnectionDecoder>(negotiated, Limits{});
    std::uint32_t packet = 0;
    for (const auto& [direction, bytes] : talk) {
        used = 0;
        connection->feed({.direction = direction, .bytes = as_bytes(bytes), .sequence = {}, .packet = ++packet, .ordinal = 0},
                         revisits, arena);
    }
    return in_use - before;
}

/// Whole and fragmented messages, each in a packet.
Talk plain_talk(int count) {
    Talk talk;
    for (int i = 0; i < count; ++i) {
        const auto direction = both_directions[i % 2];
        talk.push_back({direction, wire(direction, {.payload = prose(100)}) + wire(direction, {.fin = false, .payload = "be"}) +
                                       wire(direction, {.opcode = 0, .payload = "gun"})});
    }
    return talk;
}

TEST(Memory, IsSmallBeforeAnyFrame) {
    for (const auto& negotiated : {plain(), deflate(), deflate_frame(), Negotiated{}}) {
        EXPECT_LE(memory_after(negotiated, {}), 128U);
        EXPECT_GT(memory_after(negotiated, {}), 64U) << "it is counted";
    }
}

TEST(Memory, IsSmallWhereNothingIsCompressed) {
    for (const auto& negotiated : {plain(), deflate(), deflate_frame(), Negotiated{}}) {
        EXPECT_LE(memory_after(negotiated, plain_talk(2)), most_per_connection);
        EXPECT_LE(memory_after(negotiated, plain_talk(200)), most_per_connection);
    }
}

TEST(Memory, IsSmallForEachPacketThatIsVisitedAgain) {
    EXPECT_LE(memory_after(plain(), plain_talk(200), true), most_per_connection + 200 * most_per_packet);
}

TEST(Memory, OfALongMessageIsItsSize) {
    constexpr std::size_t size = 64 << 20, chunk = 100'000;
    for (const std::size_t fragment : {size, size / 50}) {
        std::string bytes;
        for (std::size_t at = 0; at < size; at += fragment)
            bytes += wire(server, {.fin = at + fragment >= size, .opcode = at ? 0U : 2U, .payload = std::string(fragment, 'x')});
        const auto connection = std::make_unique<ConnectionDecoder>(plain(), Limits{});
        const auto before = in_use.load();
        most = before;
        std::size_t length = 0;
        for (std::size_t at = 0; at < bytes.size(); at += chunk) {
            used = 0;
            const auto piece = std::string_view(bytes).substr(at, chunk);
            const Arena arena(allocate, nullptr, keep);
            const auto facts = connection->feed({.direction = server,
                                                 .bytes = as_bytes(piece),
                                                 .sequence = {},
                                                 .packet = static_cast<std::uint32_t>(at / chunk + 1),
                                                 .ordinal = 0},
                                                false, arena);
            for (const auto* frame : frames_of(facts))
                if (frame->completes)
                    length = frame->completes->data.size();
            kept.clear();
        }
        EXPECT_GE(length, size);
        // A buffer that does not know its end beforehand is copied when it grows.
        EXPECT_LT(most - before, fragment == size ? size * 13 / 10 : 3 * size);
        EXPECT_LT(in_use - before, size / 10) << "it is given back";
    }
}

TEST(Memory, OfAnInflaterIsTakenForTheFirstCompressedMessageOnly) {
    const auto compressed = wire(server, {.rsv1 = true, .payload = Deflater().message("compressed")});
    EXPECT_GT(memory_after(deflate(), {{server, compressed}}), most_per_connection);
}

} // namespace
} // namespace ws::test
