// SPDX-License-Identifier: GPL-2.0-or-later
// STOMP 1.0 to 1.2 (https://stomp.github.io/stomp-specification-1.2.html). Messages cut the stream of frames where they like.
#include "record.hpp"
#include "subprotocols.hpp"

#include "../utf8.hpp"

#include <algorithm>
#include <charconv>

namespace ws {
namespace {

enum : std::uint8_t { command, header, destination, subscription, id, receipt_id, body };
constexpr SubprotocolField fields[] = {
    {"stomp.command", "Command", "What the frame is", FieldKind::text},
    {"stomp.header", "Header", "A header, as it was sent", FieldKind::text},
    {"stomp.destination", "Destination", "Where a message goes, or came from", FieldKind::text},
    {"stomp.subscription", "Subscription", "That a message comes by", FieldKind::text},
    {"stomp.id", "Id", "Of a subscription, or what an ACK or NACK is about", FieldKind::text},
    {"stomp.receipt_id", "Receipt", "That is asked for, or given", FieldKind::text},
    {"stomp.body", "Body", "What the frame carries, if it is text", FieldKind::text},
    {"stomp.response_in", "Receipt in", "The packet with the receipt that this asks for", FieldKind::answered_in},
    {"stomp.response_to", "Receipt of", "The packet with the frame whose receipt this is", FieldKind::asked_in},
    {"stomp.response_time", "Response time", "From the frame to its receipt", FieldKind::time},
};

constexpr std::string_view commands[] = {"CONNECT",     "STOMP",      "CONNECTED", "SEND",    "SUBSCRIBE",
                                         "UNSUBSCRIBE", "ACK",        "NACK",      "BEGIN",   "COMMIT",
                                         "ABORT",       "DISCONNECT", "MESSAGE",   "RECEIPT", "ERROR"};

/// A line without its end, which is taken too; nothing where it does not end.
std::optional<std::string_view> take_line(std::string_view text, std::size_t& at) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos)
        return std::nullopt;
    auto line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// What `\n`, `\c`, `\\` and `\r` stand for.
std::string_view unescaped(std::string_view value, const Arena& arena) {
    if (value.find('\\') == std::string_view::npos)
        return value;
    auto* const to = arena.array<char>(value.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        char c = value[i];
        if (c == '\\' && i + 1 < value.size()) {
            const char next = value[++i];
            c = next == 'n' ? '\n' : next == 'r' ? '\r' : next == 'c' ? ':' : next;
        }
        to[size++] = c;
    }
    return {to, size};
}

/// What is known of a frame before its body.
struct Head {
    std::string_view command, about, receipt, content_type, message;
    std::optional<std::size_t> length;
};

void add_header(Records& records, Head& head, std::string_view line, std::size_t at) {
    records.text(header, at, line.size(), line);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
        return records.stop(at, "a header without a colon");
    const auto name = line.substr(0, colon);
    const auto raw = line.substr(colon + 1);
    const auto value = unescaped(raw, records.arena());
    const auto add = [&](std::uint8_t field) { records.text(field, at + colon + 1, raw.size(), value); };
    if (name == "destination" && head.about.empty()) { // of repeated headers the first counts
        add(destination);
        head.about = value;
    } else if (name == "subscription") {
        add(subscription);
    } else if (name == "id") {
        add(id);
    } else if ((name == "receipt" || name == "receipt-id") && head.receipt.empty()) {
        add(receipt_id);
        head.receipt = value;
    } else if (name == "content-type") {
        head.content_type = value;
    } else if (name == "message") {
        head.message = value;
    } else if (name == "content-length" && !head.length) {
        std::size_t length = 0;
        if (std::from_chars(raw.data(), raw.data() + raw.size(), length).ec == std::errc())
            head.length = length;
        else
            records.stop(at, "a content-length that is no number");
    }
}

void finish(Records& records, const Head& head) {
    auto& record = records.last();
    auto line = records.line();
    line.text(head.command);
    add_name(line, head.about);
    add_name(line, head.message);
    record.words = line.view();
    record.subject = head.command;
    if (!head.receipt.empty())
        record.link = {head.command == "RECEIPT" ? Link::answers : Link::asks, false, {}, head.receipt};
}

void add_body(Records& records, const Head& head, std::string_view text, std::size_t at, std::size_t size) {
    const auto part = text.substr(at, size);
    if (part.empty())
        return;
    if (well_formed_part(as_bytes(part)) == size)
        records.text(body, at, size, part);
    auto& content = records.last().content;
    content.offset = static_cast<std::uint32_t>(at);
    content.size = static_cast<std::uint32_t>(size);
    if (head.content_type.find("xml") != std::string_view::npos)
        content.kind = "xml";
    else if (head.content_type.empty() || head.content_type.find("json") != std::string_view::npos)
        records.json(read_json(part, records.arena()), at);
}

/// A frame that begins at `at`; where it ends, or nothing if the next message goes on with it or it is none.
std::optional<std::size_t> add_frame(const Reading& reading, Records& records, std::size_t at) {
    const auto text = reading.text();
    const auto begin = at;
    const auto first = take_line(text, at);
    const auto word = first.value_or(text.substr(begin));
    const bool known = std::any_of(std::begin(commands), std::end(commands),
                                   [&](std::string_view one) { return first ? one == word : one.starts_with(word); });
    constexpr const char* no_command = "no command that STOMP has";
    if (!known && records.empty()) {
        records.malformed(stomp, reading, no_command);
        return std::nullopt;
    }
    auto& record = records.add(stomp, reading.data, begin, text.size() - begin);
    Head head;
    // At its end there is a NUL, and none before that its body does not count.
    const auto unfinished = [&](std::size_t size = 0) {
        finish(records, head);
        records.goes_on({size, std::string_view("\0", 1)});
        return std::nullopt;
    };
    if (!known) {
        record.words = "malformed";
        records.stop(begin, no_command);
        return std::nullopt;
    }
    head.command = word;
    records.text(command, begin, word.size(), word);
    if (!first)
        return unfinished();
    for (;;) {
        const auto start = at;
        const auto line = take_line(text, at);
        if (!line && text.find('\0', at) != std::string_view::npos) {
            finish(records, head);
            records.stop(at, "a NUL before the headers end");
            return std::nullopt;
        }
        if (!line)
            return unfinished();
        if (line->empty())
            break;
        add_header(records, head, *line, start);
    }
    records.looks(Likeness::clear);
    if (head.length && *head.length >= text.size() - at)
        return unfinished(bounded_sum(*head.length, at + 1 - begin));
    if (!head.length && text.find('\0', at) == std::string_view::npos)
        return unfinished();
    const auto size = head.length ? *head.length : text.find('\0', at) - at;
    add_body(records, head, text, at, size);
    finish(records, head);
    if (text[at + size] != '\0')
        records.stop(at + size, "no NUL behind the body");
    records.last().size = static_cast<std::uint32_t>(at + size + 1 - begin);
    return records.last().stopped ? std::nullopt : std::optional(at + size + 1);
}

void read(const Reading& reading, Records& records) noexcept {
    constexpr std::string_view ends = "\r\n"; // of lines: they may stand between frames
    const auto text = reading.text();
    std::optional<std::size_t> at = text.find_first_not_of(ends);
    if (at == std::string_view::npos) {
        if (!text.empty())
            records.add(stomp, reading.data).words = "heartbeat";
        return;
    }
    while (at && *at < text.size() && !records.full()) {
        at = add_frame(reading, records, *at);
        if (at)
            at = std::min(text.find_first_not_of(ends, *at), text.size());
    }
}

} // namespace

const Subprotocol stomp{"stomp", "STOMP", fields, read, "CSUBANDMRE\r\n"};

} // namespace ws
