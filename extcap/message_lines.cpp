// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_lines.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wscap {
namespace {

constexpr std::size_t text_on_a_line = 200; // bytes

/// One attribute of an element of PDML.
std::string attribute(std::string_view line, std::string_view name) {
    const auto start = line.find(" " + std::string(name) + "=\"");
    if (start == std::string_view::npos)
        return {};
    const auto from = start + name.size() + 3;
    const auto to = line.find('"', from);
    std::string_view raw = line.substr(from, to == std::string_view::npos ? to : to - from);
    std::string text;
    while (!raw.empty()) {
        constexpr std::pair<std::string_view, char> entities[] = {
            {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#x27;", '\''}};
        std::size_t taken = 0;
        if (raw[0] == '&')
            for (const auto& [entity, character] : entities)
                if (raw.starts_with(entity)) {
                    text += character;
                    taken = entity.size();
                }
        if (!taken) {
            text += raw[0];
            taken = 1;
        }
        raw.remove_prefix(taken);
    }
    return text;
}

std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        unsigned value = 0;
        std::from_chars(&digits[i], &digits[i] + 2, value, 16);
        bytes += static_cast<char>(value);
    }
    return bytes;
}

/// Terminals obey control characters; whoever sends a message must not command this one.
std::string harmless(std::string_view text, bool lines) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        const bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;
        if ((c >= 0x20 && c != 0x7F && !c1) || (lines && (c == '\n' || c == '\t'))) {
            out += text[i];
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        } else {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", c1 ? static_cast<unsigned char>(text[++i]) : c);
            out += escape;
        }
    }
    return out;
}

std::string hex_dump(std::string_view bytes) {
    std::string out;
    for (std::size_t line = 0; line < bytes.size(); line += 16) {
        char text[32];
        std::snprintf(text, sizeof text, "\t%06zx ", line);
        out += text;
        std::string shown;
        for (std::size_t i = line; i < line + 16; ++i) {
            std::snprintf(text, sizeof text, i < bytes.size() ? " %02x" : "   ",
                          i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
            out += text;
            if (i < bytes.size())
                shown += bytes[i] >= 0x20 && bytes[i] < 0x7F ? bytes[i] : '.';
        }
        out += "  " + shown + "\n";
    }
    return out;
}

/// One field of the dissection: what it shows, and its bytes.
struct Value {
    std::string show, bytes;
};
using Values = std::map<std::string, Value, std::less<>>;

class Printer {
  public:
    Printer(std::FILE* to, bool whole) : to_(to), whole_(whole) {}

    /// A tag, with whatever blank space is before it.
    void tag(std::string_view text) {
        const auto start = text.find('<');
        if (start == std::string_view::npos)
            return;
        text.remove_prefix(start);
        const bool opens = text.starts_with("<field ") || text.starts_with("<proto ");
        if (text.starts_with("<packet")) {
            packet_.clear();
            open_.clear();
        } else if (opens) {
            const auto name = attribute(text, "name");
            auto& values = open_.empty() ? packet_ : open_.back();
            if (!name.empty())
                remember(values, name, text);
            if (!text.ends_with("/>"))
                open_.emplace_back();
        } else if ((text.starts_with("</field") || text.starts_with("</proto")) && !open_.empty()) {
            close();
        } else if (text.starts_with("</packet")) {
            std::fflush(to_);
        }
    }

  private:
    static void remember(Values& values, const std::string& name, std::string_view text) {
        // Only what is shown is worth keeping; a packet has hundreds of fields.
        if (name.starts_with("ws.") || name == "frame.time_epoch" || name.starts_with("ip.") || name.starts_with("ipv6.") ||
            name.starts_with("tcp."))
            values.try_emplace(name, Value{attribute(text, "show"), from_hex(attribute(text, "value"))});
    }

    void close() {
        Values values = std::move(open_.back());
        open_.pop_back();
        auto& outer = open_.empty() ? packet_ : open_.back();
        if (values.contains("ws.message.opcode"))
            message(values);
        else if (const auto opcode = number(values, "ws.opcode"); opcode >= 8 && opcode <= 10)
            control(values, opcode);
        else if (values.contains("ws.handshake.type"))
            handshake(values);
        else
            outer.merge(values);
    }

    const Value* find(const Values& values, std::string_view name) const {
        if (const auto found = values.find(name); found != values.end())
            return &found->second;
        for (auto level = open_.rbegin(); level != open_.rend(); ++level)
            if (const auto found = level->find(name); found != level->end())
                return &found->second;
        const auto found = packet_.find(name);
        return found != packet_.end() ? &found->second : nullptr;
    }

    std::string show(const Values& values, std::string_view name) const {
        const auto* value = find(values, name);
        return value ? harmless(value->show, false) : std::string{};
    }

    long number(const Values& values, std::string_view name) const {
        const auto found = values.find(name);
        return found == values.end() ? -1 : std::strtol(found->second.show.c_str(), nullptr, 0);
    }

    std::string start(const Values& values) const {
        const std::string epoch = show(values, "frame.time_epoch");
        const std::time_t seconds = std::strtoll(epoch.c_str(), nullptr, 10);
        std::tm local{};
        char time[16] = "--:--:--"; // of a year that no calendar has
        if (localtime_r(&seconds, &local))
            std::strftime(time, sizeof time, "%H:%M:%S", &local);
        const auto dot = epoch.find('.');
        const auto end = [&](const char* v4, const char* v6, const char* port) {
            const bool six = !find(values, v4);
            const auto address = show(values, six ? v6 : v4);
            return (six ? "[" + address + "]" : address) + ":" + show(values, port);
        };
        const auto from = end("ip.src", "ipv6.src", "tcp.srcport"), to = end("ip.dst", "ipv6.dst", "tcp.dstport");
        // The client stands left, so that a conversation reads in columns.
        const bool server = show(values, "ws.direction") == "1";
        return std::string(time) + (dot == std::string::npos ? "" : epoch.substr(dot, 7)) + " " +
               (server ? to + " <- " + from : from + " -> " + to) + " ";
    }

    void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), to_); }

    static std::string shortened(const std::string& text) {
        return text.size() <= text_on_a_line ? text : text.substr(0, text_on_a_line) + "...";
    }

    void message(const Values& values) {
        const bool binary = number(values, "ws.message.opcode") == 2;
        const auto* data = find(values, binary ? "ws.message.data" : "ws.message.text");
        const std::string content = data ? data->bytes : "";
        const auto words = values.find("ws.message.info"); // what its subprotocol says
        put(start(values) + (binary ? "Binary " : "Text ") + show(values, "ws.message.length") +
            (words == values.end() ? "" : " " + harmless(words->second.show, false) + ":"));
        if (whole_)
            put("\n" + (binary ? hex_dump(content) : harmless(content, true) + "\n"));
        else
            put(" " + (binary ? shortened(to_hex(content)) : harmless(shortened(content), false)) + "\n");
    }

    static std::string to_hex(std::string_view bytes) {
        std::string text;
        for (const char c : bytes.substr(0, text_on_a_line)) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
            text += two;
        }
        return text;
    }

    void control(const Values& values, long opcode) {
        std::string text = start(values);
        text += opcode == 8 ? "Close " : opcode == 9 ? "Ping " : "Pong ";
        text += show(values, "ws.payload_length");
        if (const auto found = values.find("ws.close.code"); found != values.end())
            text += " " + found->second.show;
        if (const auto found = values.find("ws.close.reason"); found != values.end())
            text += " " + harmless(found->second.bytes, false);
        if (const auto found = values.find(opcode == 9 ? "ws.ping" : "ws.pong"); opcode != 8 && found != values.end())
            text += " " + harmless(found->second.bytes, false);
        put(text + "\n");
    }

    void handshake(const Values& values) {
        const bool request = number(values, "ws.handshake.type") == 1;
        put(start(values) +
            (request ? "Request " + show(values, "ws.handshake.url") : "Response " + show(values, "ws.handshake.status")) + "\n");
    }

    std::FILE* to_;
    bool whole_;
    Values packet_;
    std::vector<Values> open_; ///< One for each element that is open.
};

} // namespace

void print_messages(std::FILE* pdml, std::FILE* to, bool whole) {
    Printer printer(to, whole);
    char* tag = nullptr;
    std::size_t room = 0;
    // Not line by line: attributes may hold line breaks. '>' is escaped everywhere but at the end of a tag.
    for (ssize_t size; (size = getdelim(&tag, &room, '>', pdml)) > 0;)
        printer.tag({tag, static_cast<std::size_t>(size)});
    std::free(tag);
    std::fflush(to);
}

} // namespace wscap
