// SPDX-License-Identifier: GPL-2.0-or-later
// What the fuzzers share. Each of them is one function, run(), that takes what it likes from its input and demands what must
// hold; driver.cpp calls it for libFuzzer and for replay.cpp, and sets the limit of its work.
#pragma once

#include "test_arena.hpp"

#include <algorithm>
#include <concepts>
#include <random>
#include <string>
#include <vector>

namespace ws::fuzz {

using test::TestArena;

/// Ends the program with a message: that is a finding.
[[noreturn]] void fail(const std::string& why);

inline void demand(bool holds, const char* what) {
    if (!holds)
        fail(what);
}

/// Of two accounts of the same.
inline void demand_equal(const std::string& one, const std::string& other, const char* what) {
    if (one != other)
        fail(std::string(what) + "\n--- one\n" + one + "\n--- other\n" + other);
}

/// The fuzzer's bytes, taken from the front; zeros and empty texts once they are used up. tests/fuzz/seeds writes the same.
class Input {
  public:
    explicit Input(Bytes bytes) : bytes_(bytes) {}

    std::size_t left() const { return bytes_.size(); }

    /// Big-endian.
    template <std::unsigned_integral T = std::uint8_t>
    T number() {
        T value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | (bytes_.empty() ? 0U : bytes_[0]));
            bytes_ = bytes_.subspan(std::min<std::size_t>(1, bytes_.size()));
        }
        return value;
    }
    /// From 0 to limit - 1, of one byte or two.
    std::size_t below(std::size_t limit) { return (limit > 256 ? number<std::uint16_t>() : number()) % limit; }
    bool flag() { return number() & 1; }

    template <class T, std::size_t size>
    const T& one_of(const T (&choices)[size]) {
        return choices[below(size)];
    }

    /// Up to a backslash that another byte than a backslash follows; two of them stand for one. So bytes can be put in and taken
    /// out without moving what comes after the text.
    std::string text() {
        std::string out;
        while (!bytes_.empty()) {
            const auto byte = number();
            if (byte == '\\' && (bytes_.empty() || number() != '\\'))
                break;
            out += static_cast<char>(byte);
        }
        return out;
    }
    /// All that is left.
    std::string rest() {
        std::string out(as_text(bytes_));
        bytes_ = {};
        return out;
    }

  private:
    Bytes bytes_;
};

/// The fuzzer itself.
void run(Input& input);

inline bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}
inline bool lies_in(Bytes part, Bytes whole) {
    return lies_in(as_text(part), as_text(whole));
}

/// In memory of their own size.
inline std::vector<std::uint8_t> exactly(std::string_view bytes) {
    return {bytes.begin(), bytes.end()};
}

/// Cuts into pieces: whole for 0, bytes for 1, else at random.
class Cutter {
  public:
    explicit Cutter(unsigned how) : how_(how), random_(how) {}

    /// How long the next piece of `left` bytes is.
    std::size_t next(std::size_t left) {
        return how_ == 0 ? left : how_ == 1 ? std::min<std::size_t>(left, 1) : std::min<std::size_t>(left, 1 + random_() % how_);
    }
    /// Calls `visit(piece)` for each piece of `bytes`, as long as it returns true.
    template <class Visit>
    void each(std::string_view bytes, Visit visit) {
        while (!bytes.empty()) {
            const auto size = next(bytes.size());
            if (!visit(bytes.substr(0, size)))
                return;
            bytes.remove_prefix(size);
        }
    }

  private:
    unsigned how_;
    std::minstd_rand random_;
};

} // namespace ws::fuzz
