// SPDX-License-Identifier: GPL-2.0-or-later
#include "http2.hpp"

#include "http2_frame.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace ws {

using namespace http2;

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; // RFC 9113 3.4
enum Flag : std::uint8_t { ACK = 1, END_STREAM = 1, END_HEADERS = 4, PADDED = 8, HAS_PRIORITY = 32 };

/// A header block, compressed, and what it inflates to; more is not kept.
constexpr std::size_t longest_block = std::size_t{1} << 18;
constexpr std::size_t longest_head = std::size_t{1} << 16;
/// A buffer as large as that stays for the next block.
constexpr std::size_t kept_block = 4096;
/// No more streams of one connection are followed at a time; servers allow 100 or so.
constexpr std::size_t most_streams = 10000;
/// The table that an encoder may always have (RFC 9113 6.5.2), and one larger than any asks for.
constexpr std::uint32_t usual_table = 4096;
constexpr std::uint32_t largest_table = std::uint32_t{1} << 20;

char lower_or_question_mark(char c) {
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c + 32);
    return is_token_char(c) ? c : '?';
}

/// Appends one line; false if there is no room.
bool append(std::string& text, std::string_view name, std::string_view value) {
    if (name.empty() || text.size() + name.size() + value.size() + 3 > longest_head)
        return false;
    text += name[0] == ':' ? ':' : lower_or_question_mark(name[0]);
    std::transform(name.begin() + 1, name.end(), std::back_inserter(text), lower_or_question_mark);
    text += ": ";
    // RFC 9113 8.2.1 forbids these in a value; here they would begin another field.
    std::transform(value.begin(), value.end(), std::back_inserter(text),
                   [](char c) { return c == '\n' || c == '\r' || c == '\0' ? ' ' : c; });
    text += '\n';
    return true;
}

/// Calls `visit(name, value)` for each field of a head.
template <class Visit>
void for_each_field(std::string_view head, Visit visit) {
    while (!head.empty()) {
        const auto end = std::min(head.find('\n'), head.size());
        const auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + 1, head.size()));
        if (const auto colon = line.find(':', 1); colon != std::string_view::npos)
            visit(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
}

std::string_view value_of(std::string_view head, std::string_view wanted) {
    std::string_view found;
    for_each_field(head, [&](std::string_view name, std::string_view value) {
        if (name == wanted)
            found = value;
    });
    return found;
}

std::uint16_t status_of(std::string_view head) {
    const auto text = value_of(head, ":status");
    if (text.size() != 3 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return 0;
    return static_cast<std::uint16_t>((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
}

bool asks_for_websocket(std::string_view head) {
    return !status_of(head) && value_of(head, ":method") == "CONNECT" &&
           equal_ignoring_case(value_of(head, ":protocol"), "websocket");
}

bool is_success(std::uint16_t status) {
    return status >= 200 && status < 300;
}

} // namespace

void Http2::FreeInflater::operator()(nghttp2_hd_inflater* inflater) const noexcept {
    nghttp2_hd_inflate_del(inflater);
}

/// Reads the bytes of one call.
class Http2::Feed {
  public:
    Feed(Http2& http2, std::size_t side, Bytes bytes, const Arena& arena, List<Http2Event>& events)
        : http2_(http2), index_(side), side_(http2.sides_[side]), bytes_(bytes), arena_(arena), events_(events) {}

    void run() {
        if (side_.state == Side::State::begin && !side_.have && begins_later())
            side_.state = Side::State::searching;
        if (side_.state == Side::State::searching && !find_boundary())
            return;
        while (at_ < bytes_.size() && side_.state != Side::State::searching)
            if (side_.state != Side::State::payload)
                read_header();
            else
                read_payload();
    }

  private:
    std::size_t left() const { return bytes_.size() - at_; }

    /// The capture does not hold the connection's beginning: the client's preface, the server's SETTINGS (RFC 9113 3.4).
    bool begins_later() const {
        return bytes_.size() >= header_size && bytes_[0] != static_cast<std::uint8_t>(preface[0]) && bytes_[3] != SETTINGS;
    }

    /// After a gap: segments mostly begin with a frame, and then frames follow to their end.
    bool find_boundary() {
        if (!http2::are_frames(bytes_))
            return false;
        side_.state = Side::State::header;
        return true;
    }

    void read_header() {
        const bool may_be_preface =
            side_.state == Side::State::begin &&
            (side_.have ? side_.head[0] : bytes_[at_]) == static_cast<std::uint8_t>(preface[0]); // 5 MB would follow a header
        const auto size = may_be_preface ? preface.size() : header_size;
        const auto take = std::min(size - side_.have, left());
        std::copy_n(&bytes_[at_], take, &side_.head[side_.have]);
        side_.have += take;
        at_ += take;
        if (side_.have < size)
            return;
        side_.have = 0;
        if (may_be_preface) {
            const bool is_preface = as_text(side_.head) == preface;
            side_.state = is_preface ? Side::State::header : Side::State::searching;
            if (is_preface)
                http2_.client_ = index_;
            return;
        }
        const auto* h = side_.head.data();
        side_.frame = {number(h, 3), h[3], h[4], number(h + 5, 4) & 0x7fffffff};
        if (!plausible(side_.frame.length, side_.frame.type, side_.frame.stream, false) ||
            (side_.state == Side::State::begin && side_.frame.type != SETTINGS) ||
            (side_.block_of.stream && side_.frame.type != CONTINUATION)) {
            http2_.lose(index_);
            return;
        }
        side_.state = Side::State::payload;
        side_.seen = side_.padding = 0;
        side_.payload.clear();
        if (!side_.frame.length)
            end_frame();
    }

    void read_payload() {
        const auto take = static_cast<std::uint32_t>(std::min<std::size_t>(side_.frame.length - side_.seen, left()));
        if (side_.frame.type == DATA)
            read_data(take);
        else if (side_.payload.size() + take <= longest_block && is_of_interest(side_.frame.type))
            side_.payload.insert(side_.payload.end(), &bytes_[at_], &bytes_[at_] + take);
        at_ += take;
        side_.seen += take;
        if (side_.seen == side_.frame.length)
            end_frame();
    }

    bool is_of_interest(std::uint8_t type) const {
        if (type == HEADERS || type == PUSH_PROMISE || type == CONTINUATION)
            return http2_.allowed_ != Allowed::no;
        return type == SETTINGS || type == RST_STREAM;
    }

    /// `take` bytes of the payload of DATA: the length of the padding, data, padding (RFC 9113 6.1).
    void read_data(std::uint32_t take) {
        const bool padded = side_.frame.flags & PADDED;
        auto begin = side_.seen;
        const auto end = side_.seen + take;
        if (padded && begin == 0) {
            side_.padding = bytes_[at_];
            begin = 1;
        }
        const std::uint32_t before = padded ? 1 : 0;
        if (before + side_.padding > side_.frame.length)
            return;
        const auto limit = std::min(end, side_.frame.length - side_.padding);
        const auto it = http2_.streams_.find(side_.frame.stream);
        if (begin >= limit || it == http2_.streams_.end())
            return;
        auto& stream = it->second;
        // The client waits for the answer: that was not captured, then.
        if (stream.refused || stream.ended[index_] || (!stream.answered && index_ != stream.client))
            return;
        event(Http2Event::Kind::data, side_.frame.stream, at_ + (begin - side_.seen), limit - begin);
    }

    void end_frame() {
        side_.state = Side::State::header;
        const auto& frame = side_.frame;
        switch (frame.type) {
        case DATA:
            if (frame.flags & END_STREAM)
                end_stream(frame.stream);
            break;
        case HEADERS:
        case PUSH_PROMISE:
            if (http2_.allowed_ != Allowed::no)
                begin_block();
            break;
        case SETTINGS:
            if (!(frame.flags & ACK))
                read_settings();
            break;
        case CONTINUATION:
            if (side_.block_of.stream == frame.stream)
                continue_block(side_.payload);
            break;
        case RST_STREAM:
            if (http2_.streams_.erase(frame.stream))
                event(Http2Event::Kind::reset, frame.stream, at_, 0);
            break;
        default: break;
        }
    }

    /// Reads SETTINGS (RFC 9113 6.5.1).
    void read_settings() {
        constexpr std::uint32_t header_table_size = 1, enable_connect_protocol = 8;
        bool allows = false;
        std::uint32_t table = usual_table;
        for (std::size_t at = 0; at + 6 <= side_.payload.size(); at += 6) {
            const auto id = number(&side_.payload[at], 2), value = number(&side_.payload[at + 2], 4);
            allows |= id == enable_connect_protocol && value == 1;
            if (id == header_table_size)
                table = std::clamp(value, table, largest_table);
        }
        allow_table(http2_.sides_[1 - index_], table);
        if (index_ + http2_.client_ == 1)
            allow_websocket(allows);
    }

    /// The largest table that was ever allowed counts: the encoder learns of a smaller one only later (RFC 9113 6.5.3).
    static void allow_table(Side& encoder, std::uint32_t size) {
        if (encoder.inflater && size > encoder.table.value_or(largest_table))
            nghttp2_hd_inflate_change_table_size(encoder.inflater.get(), size);
        encoder.table = std::max(encoder.table.value_or(0), size);
    }

    void allow_websocket(bool allows) {
        auto& allowed = http2_.allowed_;
        if (allows)
            allowed = Allowed::yes; // and it may not be taken back
        else if (allowed == Allowed::unknown)
            allowed = Allowed::no;
        if (allowed == Allowed::no)
            for (auto& side : http2_.sides_)
                side.inflater.reset(); // the table is not followed any more
    }

    /// The fields around a header block's first fragment (RFC 9113 6.2, 6.6).
    void begin_block() {
        const auto& frame = side_.frame;
        Bytes fragment(side_.payload);
        const std::size_t before = (frame.flags & PADDED ? 1U : 0U) + (frame.type == PUSH_PROMISE          ? 4U
                                                                       : (frame.flags & HAS_PRIORITY) != 0 ? 5U
                                                                                                           : 0U);
        const std::size_t padding = frame.flags & PADDED && !fragment.empty() ? fragment[0] : 0;
        if (fragment.size() < frame.length || before + padding > fragment.size()) {
            side_.inflater.reset();
            return;
        }
        side_.block.clear();
        side_.block_of = frame;
        continue_block(fragment.subspan(before, fragment.size() - before - padding));
    }

    void continue_block(Bytes fragment) {
        const bool too_long = side_.payload.size() < side_.frame.length || side_.block.size() + fragment.size() > longest_block;
        if (!too_long)
            side_.block.insert(side_.block.end(), fragment.begin(), fragment.end());
        const bool complete = side_.frame.flags & END_HEADERS;
        if (!complete && !too_long)
            return;
        const auto of = side_.block_of;
        side_.block_of = {};
        auto& head = side_.text;
        head.clear();
        if (too_long)
            side_.inflater.reset();
        writes_all_ = http2_.streams_.contains(of.stream);
        const bool known = !too_long && inflate(head);
        if (of.type == HEADERS) {
            if (known)
                use_head(of.stream, head);
            if (of.flags & END_STREAM)
                end_stream(of.stream);
        }
        if (side_.block.capacity() > kept_block)
            std::vector<std::uint8_t>().swap(side_.block);
    }

    /// HPACK (RFC 7541). The encoder tells every size of its table in the block itself, so the peer's settings only bound it. A
    /// block that cannot be read leaves the table unknown: it begins empty again, and entries before it are then errors, never
    /// other entries, since an index counts from the newest.
    bool inflate(std::string& head) {
        if (!side_.inflater) {
            nghttp2_hd_inflater* fresh = nullptr;
            if (nghttp2_hd_inflate_new(&fresh) != 0)
                return false;
            side_.inflater.reset(fresh);
            nghttp2_hd_inflate_change_table_size(fresh, side_.table.value_or(largest_table));
        }
        const std::uint8_t* in = side_.block.data();
        std::size_t size = side_.block.size();
        bool fits = true;
        bool of_use = writes_all_;
        for (;;) {
            nghttp2_nv field{};
            int flags = 0;
            const auto used = nghttp2_hd_inflate_hd2(side_.inflater.get(), &field, &flags, in, size, 1);
            if (used < 0) {
                side_.inflater.reset();
                return false;
            }
            in += used;
            size -= static_cast<std::size_t>(used);
            if (flags & NGHTTP2_HD_INFLATE_EMIT) {
                const std::string_view name(reinterpret_cast<const char*>(field.name), field.namelen);
                of_use |= name == ":protocol";
                if (of_use || speaks_of_websocket(name))
                    fits = fits && append(head, name, {reinterpret_cast<const char*>(field.value), field.valuelen});
            }
            if (flags & NGHTTP2_HD_INFLATE_FINAL) {
                nghttp2_hd_inflate_end_headers(side_.inflater.get());
                return fits;
            }
            if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && size == 0) {
                side_.inflater.reset();
                return false;
            }
        }
    }

    /// Other fields of ordinary requests and responses are not written down: `:protocol` comes before all of them, and a response
    /// to a request that was not captured speaks of WebSocket in these.
    static bool speaks_of_websocket(std::string_view name) { return name.starts_with(':') || name.starts_with("sec-websocket-"); }

    void use_head(std::uint32_t number, std::string_view head) {
        const auto it = http2_.streams_.find(number);
        if (it == http2_.streams_.end()) {
            use_first_head(number, head);
            return;
        }
        auto& stream = it->second;
        const auto status = status_of(head);
        if (index_ == stream.client || stream.answered || status < 200) // trailers, 1xx
            return;
        stream.answered = true;
        stream.refused = !is_success(status);
        head_event(Http2Event::Kind::response, number, head);
    }

    void use_first_head(std::uint32_t number, std::string_view head) {
        if (http2_.streams_.size() >= most_streams)
            return;
        if (asks_for_websocket(head)) {
            http2_.streams_[number].client = index_;
            head_event(Http2Event::Kind::request, number, head);
        } else if (is_success(status_of(head)) &&
                   (!value_of(head, "sec-websocket-extensions").empty() || !value_of(head, "sec-websocket-protocol").empty())) {
            auto& stream = http2_.streams_[number];
            stream.client = 1 - index_;
            stream.answered = true;
            head_event(Http2Event::Kind::response, number, head);
        }
    }

    void end_stream(std::uint32_t number) {
        const auto it = http2_.streams_.find(number);
        if (it == http2_.streams_.end() || it->second.ended[index_])
            return;
        auto& stream = it->second;
        stream.ended[index_] = true;
        event(Http2Event::Kind::end, number, at_, 0);
        if (stream.ended[1 - index_] || stream.refused)
            http2_.streams_.erase(it);
    }

    void head_event(Http2Event::Kind kind, std::uint32_t stream, std::string_view head) {
        events_.push_back(arena_, {kind, stream, static_cast<std::uint32_t>(at_), 0, as_text(arena_.copy(as_bytes(head)))});
    }
    void event(Http2Event::Kind kind, std::uint32_t stream, std::size_t offset, std::uint32_t length) {
        events_.push_back(arena_, {kind, stream, static_cast<std::uint32_t>(offset), length, {}});
    }

    Http2& http2_;
    std::size_t index_;
    Side& side_;
    Bytes bytes_;
    std::size_t at_ = 0;
    bool writes_all_ = false;
    const Arena& arena_;
    List<Http2Event>& events_;
};

void Http2::feed(std::size_t side, Bytes bytes, const Arena& arena, List<Http2Event>& events) noexcept {
    Feed(*this, side, bytes, arena, events).run();
}

void Http2::lose(std::size_t side) noexcept {
    auto& s = sides_[side];
    s.state = Side::State::searching;
    s.have = 0;
    s.block_of = {};
    s.inflater.reset();
}

std::size_t Http2::unfinished(std::size_t side) const noexcept {
    const auto& s = sides_[side];
    return s.state == Side::State::payload ? header_size + s.seen : s.have;
}

HttpHead read_http2_head(std::string_view text, const Arena& arena) noexcept {
    HttpHead head;
    head.extended_connect = true;
    head.version = "HTTP/2";
    head.size = text.size();
    head.start_line = text.substr(0, std::min(text.find('\n'), text.size()));
    head.status = status_of(text);
    head.method = value_of(text, ":method");
    head.target = value_of(text, ":path");
    head.is_request = !head.method.empty() && !head.status; // RFC 9113 8.3: no head has both
    if (const auto authority = value_of(text, ":authority"); !authority.empty())
        head.fields.push_back(arena, {"Host", authority});
    for_each_field(text, [&](std::string_view name, std::string_view value) {
        if (name[0] != ':')
            head.fields.push_back(arena, {name, value});
    });
    return head;
}

std::string_view http2_scheme(std::string_view head) noexcept {
    return value_of(head, ":scheme");
}

} // namespace ws
