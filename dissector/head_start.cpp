// SPDX-License-Identifier: GPL-2.0-or-later
#include "head_start.hpp"

#include "frame.hpp"

namespace ws {

std::optional<HeadStart> find_head_start(Bytes bytes, std::size_t boundary, std::string_view start) noexcept {
    const auto text = as_text(bytes);
    while (boundary < bytes.size()) {
        const auto here = text.substr(boundary, start.size());
        if (start.starts_with(here))
            return HeadStart{boundary, here.size() == start.size()};
        FrameHeader header;
        if (!parse_frame_header(bytes.subspan(boundary), header))
            break;
        if (header.frame_length() > bytes.size() - boundary)
            break;
        boundary += static_cast<std::size_t>(header.frame_length());
    }
    return std::nullopt;
}

std::size_t find_head_end(std::string_view tail) noexcept {
    for (std::size_t at = 0; at < tail.size(); ++at) {
        const char c = tail[at];
        if (c == '\n' && tail.substr(at + 1).starts_with('\n'))
            return at + 2;
        if (c == '\n' && tail.substr(at + 1).starts_with("\r\n"))
            return at + 3;
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c > '~')
            return 0;
    }
    return 0;
}

} // namespace ws
