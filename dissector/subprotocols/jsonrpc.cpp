// SPDX-License-Identifier: GPL-2.0-or-later
// JSON-RPC 2.0 (https://www.jsonrpc.org/specification), and what is like it but for the member "jsonrpc": Chromium's DevTools
// (CDP), WebDriver BiDi; LSP, also with its header.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

enum : std::uint8_t { method, id, error_code };
constexpr SubprotocolField fields[] = {
    {"jsonrpc.method", "Method", "What is called; of an answer, what was", FieldKind::text},
    {"jsonrpc.id", "Id", "The call's, that its answer repeats", FieldKind::text},
    {"jsonrpc.error.code", "Error code", "Why a call was refused", FieldKind::integer},
    {"jsonrpc.response_in", "Answered in", "The packet with the answer to this call", FieldKind::answered_in},
    {"jsonrpc.response_to", "Answers the call in", "The packet with the call that this answers", FieldKind::asked_in},
    {"jsonrpc.response_time", "Response time", "From the call to this answer", FieldKind::time},
};

/// Of LSP (Base Protocol): fields as HTTP has them, an empty line.
std::size_t size_of_header(std::string_view text) {
    if (!text.starts_with("Content-Length:"))
        return 0;
    const auto end = text.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

/// `error -32601 "Method not found"`; BiDi's has its code as text, and its message beside it.
void add_error(LineBuffer& line, Records& records, const JsonValue& call, std::size_t origin) {
    const auto error = call["error"];
    records.number(error_code, error["code"], origin);
    line.text("error");
    add_word(line, error.is(JsonKind::object) ? error["code"].scalar() : error.string());
    add_name(line, error.is(JsonKind::object) ? error["message"].string() : call["message"].string());
}

/// False if it is none.
bool add_call(const Reading& reading, Records& records, const JsonValue& call, std::size_t origin) {
    const auto called = call["method"].string();
    const auto number = call["id"];
    const bool has_id = number.is(JsonKind::string) || number.is(JsonKind::number);
    const bool answers = called.empty() && (call["result"] || call["error"]);
    if (called.empty() && !(answers && number))
        return false;
    auto& record = records.add(jsonrpc, reading.data, origin + call.token().begin, call.token().end - call.token().begin);
    auto line = records.line();
    if (!called.empty()) {
        records.text(method, call["method"], origin);
        line.text(has_id ? "request" : "notification");
        add_word(line, called);
    } else if (call["error"]) {
        add_error(line, records, call, origin);
    } else {
        line.text("response");
    }
    if (has_id) {
        records.text(id, number, origin);
        record.link = {answers ? Link::answers : Link::asks, false, call["sessionId"].string(), number.scalar()};
        line.text(", id");
        add_word(line, number.scalar());
    }
    record.subject = called.size() <= longest_subject ? called : std::string_view{};
    record.subject_field = method;
    record.words = line.view();
    records.looks(call["jsonrpc"].string() == "2.0" ? Likeness::clear : Likeness::possible);
    return true;
}

void read(const Reading& reading, Records& records) noexcept {
    const auto origin = reading.is_text ? size_of_header(reading.text()) : 0;
    const auto json = !reading.is_text ? JsonValue()
                      : origin         ? read_json(reading.text().substr(origin), reading.arena)
                                       : reading.json();
    if (json.is(JsonKind::object)) {
        if (!add_call(reading, records, json, origin))
            return records.malformed(jsonrpc, reading, "neither a method nor an answer");
        records.json(json, origin);
        return;
    }
    for (auto call = json.first(); call && !records.full(); call = call.next_in(json))
        if (!add_call(reading, records, call, origin)) {
            if (!records.empty())
                records.stop(origin + call.token().begin, "neither a call nor an answer");
            break;
        }
    if (records.empty())
        return records.malformed(jsonrpc, reading, "no call and no answer");
    records.json(json, origin);
}

} // namespace

const Subprotocol jsonrpc{"jsonrpc", "JSON-RPC", fields, read, "C{[ \t\r\n"};

} // namespace ws
