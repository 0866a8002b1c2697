// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ws {

/// What a JSON text consists of (RFC 8259), in the order of the text.
enum class JsonKind : std::uint8_t { object, array, key, string, number, truth, falsehood, null };

struct JsonToken {
    JsonKind kind;
    std::uint32_t begin, end; ///< In the text, with quotes and brackets.
    std::uint32_t next;       ///< Index of the token behind it and all that it contains.
    std::string_view value;   ///< Of a key or a string without escapes, else the token itself.
};

/// One value of a JSON text, or none: what is asked of none is none, or empty.
class JsonValue {
  public:
    JsonValue() = default;
    JsonValue(const JsonToken* all, std::uint32_t index) : all_(all), index_(index) {}

    explicit operator bool() const { return all_ != nullptr; }
    bool is(JsonKind kind) const { return all_ && token().kind == kind; }
    const JsonToken& token() const { return all_[index_]; }

    /// A member of an object by its name, the last of that name as most readers have it.
    JsonValue operator[](std::string_view key) const;
    /// An element of an array, from 0.
    JsonValue at(std::uint32_t index) const;
    /// Its first element; and the one behind this element of that array: of the last one none.
    JsonValue first() const { return at(0); }
    JsonValue next_in(const JsonValue& array) const;
    /// How many elements or members it has.
    std::uint32_t size() const;

    /// What a string says; else empty.
    std::string_view string() const { return is(JsonKind::string) ? token().value : std::string_view{}; }
    /// What a number is, as a double can hold it; of another value, or one too large, nothing.
    std::optional<double> number() const;
    /// What a number is that has no fraction and fits.
    std::optional<std::int64_t> integer() const;
    /// What a string says, or how a number is written; else empty.
    std::string_view scalar() const { return is(JsonKind::number) ? token().value : string(); }

  private:
    const JsonToken* all_ = nullptr;
    std::uint32_t index_ = 0;
};

/// Reads a text that is one JSON object or array and nothing else but blanks; its tokens lie in the arena. Returns none of what
/// is malformed, longer than 16 MiB, deeper than 200 or has more than 250,000 tokens.
JsonValue read_json(std::string_view text, const Arena& arena) noexcept;

} // namespace ws
