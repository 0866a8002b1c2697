// SPDX-License-Identifier: GPL-2.0-or-later
#include "extensions.hpp"

#include "http_head.hpp"

#include <algorithm>

namespace ws {
namespace {

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    void skip_blank() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }
    bool accept(char c) {
        skip_blank();
        if (at_ >= text_.size() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }
    std::string_view token() {
        skip_blank();
        const auto begin = at_;
        while (at_ < text_.size() && is_token_char(text_[at_]))
            ++at_;
        return text_.substr(begin, at_ - begin);
    }
    /// The content of a quoted string, unescaped; false if it is not closed, or not a token (RFC 6455 9.1).
    bool quoted(const Arena& arena, std::string_view& value) {
        auto end = at_;
        while (end < text_.size() && text_[end] != '"')
            end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size())
            return false;
        auto* to = arena.array<char>(end - at_ + 1);
        std::size_t size = 0;
        for (; at_ < end; ++at_) {
            if (text_[at_] == '\\')
                ++at_;
            to[size++] = text_[at_];
        }
        ++at_;
        value = {to, size};
        return size > 0 && std::all_of(value.begin(), value.end(), is_token_char);
    }
    bool done() {
        skip_blank();
        return at_ >= text_.size();
    }
    std::size_t position() const { return at_; }
    std::string_view since(std::size_t begin) const { return trim(text_.substr(begin, at_ - begin)); }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool parse_parameter(Scanner& scan, const Arena& arena, Extension& extension) {
    scan.skip_blank();
    const auto begin = scan.position();
    ExtensionParameter parameter;
    parameter.name = scan.token();
    if (parameter.name.empty())
        return false;
    if (scan.accept('=')) {
        parameter.has_value = true;
        if (scan.accept('"')) {
            if (!scan.quoted(arena, parameter.value))
                return false;
        } else if (parameter.value = scan.token(); parameter.value.empty()) {
            return false;
        }
    }
    parameter.text = scan.since(begin);
    extension.parameters.push_back(arena, parameter);
    return true;
}

bool parse_extension(std::string_view element, const Arena& arena, List<Extension>& out) {
    Scanner scan(element);
    Extension extension;
    extension.text = element;
    extension.name = scan.token();
    if (extension.name.empty())
        return false;
    while (scan.accept(';'))
        if (!parse_parameter(scan, arena, extension))
            return false;
    if (!scan.done())
        return false;
    out.push_back(arena, extension);
    return true;
}

/// 8 to 15 in decimal without leading zeros (RFC 7692 7.1.2), or 0.
std::uint8_t window_bits(std::string_view value) {
    if (value == "8" || value == "9")
        return static_cast<std::uint8_t>(value[0] - '0');
    if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
        return static_cast<std::uint8_t>(10 + value[1] - '0');
    return 0;
}

} // namespace

bool parse_extensions(std::string_view value, const Arena& arena, List<Extension>& out) noexcept {
    bool well_formed = true;
    for_each_element(value, [&](std::string_view element) { well_formed = parse_extension(element, arena, out) && well_formed; });
    return well_formed;
}

DeflateParameters deflate_parameters(const Extension& extension, bool in_response) noexcept {
    DeflateParameters result;
    bool server_bits_given = false;
    const auto once = [&](bool& seen) {
        result.valid = result.valid && !seen;
        seen = true;
    };
    for (const auto& parameter : extension.parameters) {
        if (parameter.name == "server_no_context_takeover") {
            once(result.server_no_context_takeover);
            result.valid = result.valid && !parameter.has_value;
        } else if (parameter.name == "client_no_context_takeover") {
            once(result.client_no_context_takeover);
            result.valid = result.valid && !parameter.has_value;
        } else if (parameter.name == "server_max_window_bits") {
            once(server_bits_given);
            result.server_max_window_bits = window_bits(parameter.value);
            result.valid = result.valid && result.server_max_window_bits != 0;
        } else if (parameter.name == "client_max_window_bits") {
            once(result.client_window_bits_given);
            result.client_max_window_bits = window_bits(parameter.value);
            result.valid = result.valid && (result.client_max_window_bits != 0 || (!parameter.has_value && !in_response));
        } else {
            result.valid = false;
        }
    }
    return result;
}

bool deflate_response_fits(const DeflateParameters& offer, const DeflateParameters& response) noexcept {
    if (!offer.valid)
        return false;
    if (offer.server_no_context_takeover && !response.server_no_context_takeover)
        return false;
    if (offer.server_max_window_bits != 0 &&
        (response.server_max_window_bits == 0 || response.server_max_window_bits > offer.server_max_window_bits))
        return false;
    if (response.client_window_bits_given && !offer.client_window_bits_given)
        return false;
    return offer.client_max_window_bits == 0 || !response.client_window_bits_given ||
           response.client_max_window_bits <= offer.client_max_window_bits;
}

Negotiated negotiate(const List<Extension>& accepted, bool all_read) noexcept {
    Negotiated result;
    result.known = true;
    result.unknown_extension = !all_read;
    for (const auto& extension : accepted) {
        if (extension.name == "permessage-deflate") {
            const auto parameters = deflate_parameters(extension, true);
            result.compression = Negotiated::Compression::permessage_deflate;
            result.no_context_takeover[0] = parameters.client_no_context_takeover;
            result.no_context_takeover[1] = parameters.server_no_context_takeover;
            if (parameters.client_max_window_bits)
                result.window_bits[0] = parameters.client_max_window_bits;
            if (parameters.server_max_window_bits)
                result.window_bits[1] = parameters.server_max_window_bits;
        } else if (extension.name == "x-webkit-deflate-frame" || extension.name == "deflate-frame") {
            // Its own no_context_takeover needs no care here: a window that is kept but never referred to does no harm.
            result.compression = Negotiated::Compression::deflate_frame;
        } else {
            result.unknown_extension = true;
        }
    }
    return result;
}

} // namespace ws
