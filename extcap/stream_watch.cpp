// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream_watch.hpp"

#include "big_endian.hpp"
#include "http_head.hpp"

#include <algorithm>
#include <memory_resource>

namespace wscap {
namespace {

using namespace std::string_view_literals;

/// What load balancers put before the client's bytes, so that the server learns the client's address.
/// Returns its size, 0 if there is none. https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
std::size_t proxy_preamble(Bytes bytes) {
    constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
    const auto text = as_text(bytes);
    if (text.starts_with("PROXY "))
        return text.substr(0, 108).find('\n') + 1; // npos + 1 is 0
    if (text.starts_with(signature) && bytes.size() >= 16)
        return std::min<std::size_t>(bytes.size(), 16u + ws::be16(bytes, 14));
    return 0;
}

} // namespace

bool may_start_upgrade(Bytes payload, const Criteria& criteria) noexcept {
    const auto text = as_text(payload);
    return text.starts_with("GET ") || text.starts_with("CONNECT ") || text.starts_with("HTTP/1.1 101") ||
           (criteria.tls && starts_client_hello(payload));
}

void StreamWatch::begin() {
    state_ = State::start;
    first_message_ = true;
}

void StreamWatch::lost() {
    partial_.reset();
    first_message_ = false;
    if (state_ != State::ignore)
        state_ = State::seek;
}

Verdict StreamWatch::next(Bytes bytes, const Criteria& criteria, Evidence& evidence) {
    if (state_ == State::seek && may_start_upgrade(bytes, criteria))
        state_ = starts_client_hello(bytes) ? State::hello : State::head;
    while (!bytes.empty()) {
        Verdict verdict = Verdict::undecided;
        switch (state_) {
        case State::start: verdict = first_bytes(bytes, criteria); break;
        case State::head: verdict = http_head(bytes, criteria, evidence); break;
        case State::hello: verdict = client_hello(bytes, criteria, evidence); break;
        case State::chunks: skip_chunks(bytes); break;
        case State::body: {
            const auto skipped = std::min<std::uint64_t>(body_left_, bytes.size());
            body_left_ -= skipped;
            bytes = bytes.subspan(skipped);
            if (body_left_ == 0)
                state_ = State::head;
            break;
        }
        case State::seek:
        case State::ignore: return Verdict::undecided;
        }
        if (verdict != Verdict::undecided)
            return verdict;
    }
    return Verdict::undecided;
}

Verdict StreamWatch::first_bytes(Bytes& bytes, const Criteria& criteria) {
    constexpr std::uint8_t alert = 21, handshake = 22;
    if (const auto size = proxy_preamble(bytes)) {
        bytes = bytes.subspan(size);
        return Verdict::undecided;
    }
    if (bytes[0] == '\r' || bytes[0] == '\n') { // RFC 9112 2.2: empty lines before a request are passed over
        bytes = bytes.subspan(1);
        return Verdict::undecided;
    }
    if (bytes[0] == handshake || bytes[0] == alert) {
        if (!criteria.tls)
            return Verdict::reject;
        state_ = bytes[0] == handshake ? State::hello : State::ignore;
        return Verdict::undecided;
    }
    state_ = State::head;
    return Verdict::undecided;
}

/// These bytes behind those already held.
Bytes StreamWatch::joined(Bytes bytes) {
    if (!partial_)
        return bytes;
    partial_->append(as_text(bytes));
    return ws::as_bytes(*partial_);
}

Verdict StreamWatch::http_head(Bytes& bytes, const Criteria& criteria, Evidence&) {
    const bool new_line = !partial_ || as_text(bytes).find('\n') != std::string_view::npos;
    const Bytes all = joined(bytes);
    if (!new_line && all.size() <= longest_head) { // nothing can have changed
        bytes = {};
        return Verdict::undecided;
    }
    std::byte room[8192];
    std::pmr::monotonic_buffer_resource pool(room, sizeof room);
    const ws::Arena arena(
        [](void* from, std::size_t size) { return static_cast<std::pmr::monotonic_buffer_resource*>(from)->allocate(size); },
        &pool);
    ws::HttpHead head;
    const auto result = ws::parse_http_head(as_text(all), arena, head);

    if (result == ws::HeadResult::not_http) {
        if (first_message_)
            return Verdict::reject;
        lost();
        bytes = {};
        return Verdict::undecided;
    }
    // Also where a proxy has taken Upgrade away: the connection is then one that somebody will want to see.
    const bool proof = ws::is_upgrade_request(head) || ws::is_upgrade_response(head);
    if (result == ws::HeadResult::incomplete) {
        if (proof && !criteria.narrowed())
            return Verdict::keep;
        if (all.size() > longest_head)
            lost();
        else if (!partial_)
            partial_ = std::make_unique<std::string>(as_text(all));
        bytes = {};
        return Verdict::undecided;
    }
    if (proof && head.is_request)
        return criteria.accepts_request(head.target, head.value("Host"), head.value("Origin")) ? Verdict::keep : Verdict::reject;
    if (proof && !criteria.narrowed()) // only the answer was captured
        return Verdict::keep;

    // Some other message: where does the next one start?
    first_message_ = false;
    const auto body = ws::body_of(head);
    body_left_ = body.size;
    if (!head.is_request || body.kind == ws::HttpBody::Kind::unknown)
        state_ = State::seek; // also after HEAD there is none, and this end does not know
    else if (head.method == "CONNECT")
        begin();
    else if (body.kind == ws::HttpBody::Kind::chunked)
        state_ = State::chunks;
    else
        state_ = body_left_ ? State::body : State::head;
    bytes = bytes.subspan(bytes.size() - std::min(bytes.size(), all.size() - head.size));
    partial_.reset();
    if (state_ == State::seek)
        bytes = {};
    return Verdict::undecided;
}

/// To the end of a chunked body. Bytes inside a chunk may look like its end; what follows is then no HTTP,
/// and the watch goes on at the next segment that is.
void StreamWatch::skip_chunks(Bytes& bytes) {
    constexpr auto end = "0\r\n\r\n"sv;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = static_cast<char>(bytes[i]);
        chunk_end_ = c == end[chunk_end_] ? chunk_end_ + 1 : c == end[0];
        if (chunk_end_ == end.size()) {
            chunk_end_ = 0;
            state_ = State::head;
            bytes = bytes.subspan(i + 1);
            return;
        }
    }
    bytes = {};
}

Verdict StreamWatch::client_hello(Bytes& bytes, const Criteria& criteria, Evidence& evidence) {
    const Bytes all = joined(bytes);
    TlsHello hello;
    const auto result = parse_client_hello(all, hello);
    if (result == HelloResult::complete) {
        evidence = {true, hello.random};
        return criteria.accepts_server_name(hello.server_name) ? Verdict::keep : Verdict::reject;
    }
    if (result == HelloResult::not_tls || all.size() > longest_head) { // the server's half, for one
        partial_.reset();
        state_ = State::ignore;
    } else if (!partial_) {
        partial_ = std::make_unique<std::string>(as_text(all));
    }
    bytes = {};
    return Verdict::undecided;
}

} // namespace wscap
