// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of a subprotocol, as data: its name, its fields, and who reads its messages.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ws {

class Reading;
class Records;

enum class FieldKind : std::uint8_t {
    text,
    code,        ///< A small number, with names.
    number,      ///< Unsigned, 64 bits.
    integer,     ///< Signed, 64 bits.
    answered_in, ///< On a question: the packet with its answer.
    asked_in,    ///< On an answer: the packet with its question.
    time,        ///< On an answer: since its question.
    belongs_to,  ///< On an attachment: the packet with what it belongs to.
};

/// The name of one number.
struct NumberName {
    std::uint32_t number;
    const char* name;
};
/// Null: none.
constexpr const char* name_of(std::span<const NumberName> names, std::int64_t number) {
    for (const auto& row : names)
        if (row.number == number)
            return row.name;
    return nullptr;
}

/// A field of Wireshark's.
struct SubprotocolField {
    const char* name; ///< "ocpp.action"
    const char* title;
    const char* about;
    FieldKind kind;
    std::span<const NumberName> names = {};
};

/// Subprotocol::begins of JSON's objects and arrays.
constexpr std::string_view json_begins = "{[ \t\r\n";

/// One that the plugin reads itself. Readers refer to fields by their place in `fields`; of each kind that a link fills in there
/// is one at most.
struct Subprotocol {
    const char* name;  ///< Of the protocol in filters: "ocpp".
    const char* title; ///< "OCPP"
    std::span<const SubprotocolField> fields;
    /// What one message says; no record where it is none of this subprotocol. Null: it stands inside another only.
    void (*read)(const Reading& reading, Records& records) noexcept;
    /// The first characters of its texts, one of them each; empty: any. What begins otherwise need not be read to know.
    std::string_view begins = {};
    bool tells_itself = true; ///< What is none of it can be told by `read`; false: only its name says whose a message is.
    std::span<const NumberName> close_codes = {}; ///< What the codes of its Close frames mean, beside those that all have.
};

} // namespace ws
