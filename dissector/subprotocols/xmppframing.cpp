// SPDX-License-Identifier: GPL-2.0-or-later
// XMPP's framing in WebSocket (RFC 7395, 3.3): <open/> and <close/>, which XMPP over TCP does not have. All else is XMPP.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

enum : std::uint8_t { element, to, from, id, version, see_other_uri };
constexpr SubprotocolField fields[] = {
    {"xmppframing.element", "Element", "open, or close", FieldKind::text},
    {"xmppframing.to", "To", "The domain that the client wants", FieldKind::text},
    {"xmppframing.from", "From", "The domain that answers", FieldKind::text},
    {"xmppframing.id", "Stream id", "That the server gave", FieldKind::text},
    {"xmppframing.version", "Version", "Of XMPP", FieldKind::text},
    {"xmppframing.see_other_uri", "See other", "Where the server sends the client", FieldKind::text},
};
constexpr std::string_view attributes[] = {"", "to", "from", "id", "version", "see-other-uri"};

constexpr std::string_view space = "urn:ietf:params:xml:ns:xmpp-framing";
constexpr std::string_view blanks = " \t\r\n";

/// The value of an attribute of the first tag; empty: it has none.
std::string_view value_of(std::string_view tag, std::string_view name) {
    for (auto at = tag.find_first_of(blanks); at != std::string_view::npos;) {
        at = tag.find_first_not_of(blanks, at);
        const auto equals = tag.find('=', std::min(at, tag.size()));
        const auto quote = tag.find_first_of("'\"", std::min(equals, tag.size()));
        const auto end = quote == std::string_view::npos ? quote : tag.find(tag[quote], quote + 1);
        if (end == std::string_view::npos)
            return {};
        auto found = tag.substr(at, equals - at);
        found = found.substr(0, found.find_first_of(blanks));
        if (found == name)
            return tag.substr(quote + 1, end - quote - 1);
        at = end + 1;
    }
    return {};
}

void read(const Reading& reading, Records& records) noexcept {
    const auto text = reading.is_text ? reading.text() : std::string_view{};
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    const auto tag = text.substr(begin, text.find('>') == std::string_view::npos ? 0 : text.find('>') - begin);
    const bool opens = tag.starts_with("<open");
    if ((!opens && !tag.starts_with("<close")) || value_of(tag, "xmlns") != space)
        return;
    auto& record = records.add(xmppframing, reading.data);
    record.content = {"xml", 0, static_cast<std::uint32_t>(reading.data.size()), {}};
    const auto name = tag.substr(1, opens ? 4 : 5);
    records.text(element, name);
    auto line = records.line();
    line.text(name);
    for (std::uint8_t field = to; field <= see_other_uri; ++field) {
        const auto value = value_of(tag, attributes[field]);
        if (value.empty())
            continue;
        records.text(field, value);
        if (field == to || field == from)
            add_word(line.text(field == to ? " to" : " from"), value);
    }
    record.words = line.view();
}

} // namespace

const Subprotocol xmppframing{"xmppframing", "XMPP framing", fields, read, {}, false};

} // namespace ws
