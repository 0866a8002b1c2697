// SPDX-License-Identifier: GPL-2.0-or-later
// Why a handshake failed or a connection ended, from arbitrary heads and numbers.
#include "diagnosis.hpp"
#include "fuzz.hpp"
#include "token.hpp"

#include <limits>

namespace ws::fuzz {
namespace {

/// Some numbers from the token, in place of the JSON that the plugin reads.
bool any_claims(std::string_view json, Claims& claims) {
    if (json.size() > 2)
        claims.expires = static_cast<double>(static_cast<unsigned char>(json[2])) * 1e8;
    if (json.size() > 3)
        claims.not_before = json[3] == 'n' ? std::numeric_limits<double>::quiet_NaN() : json[3] * 1e300;
    return json.size() > 2;
}

constexpr std::size_t longest_text = 10000;

void check(const Diagnosed& diagnosed, std::size_t input) {
    demand(static_cast<std::size_t>(diagnosed.diagnosis) < diagnosis_table().size(), "a row of the table");
    demand(!diagnosed.text.empty() && std::string(diagnosed.text).size() < longest_text + 10 * input, "a text");
}

void check_heads(const std::string& request, const std::string& response, std::int64_t time) {
    TestArena memory;
    const Arena arena = memory;
    const auto bytes = exactly(request), answer = exactly(response);
    RequestNotes notes;
    Offer offer;
    HttpHead head;
    const bool asked = parse_http_head(as_text(bytes), arena, head) == HeadResult::complete && head.is_request;
    if (asked) {
        for (const auto& diagnosed : diagnose_request(head, time, any_claims, arena, notes))
            check(diagnosed, request.size());
        demand(notes.host.size() + notes.origin.size() <= request.size(), "notes longer than the request");
        read_request(head, false, arena, offer);
        connects_to_port_80(head.target);
    }
    HttpHead reply;
    if (parse_http_head(as_text(answer), arena, reply) != HeadResult::complete || reply.is_request)
        return;
    const auto handshake = read_response(reply, asked ? &offer : nullptr, arena);
    for (const auto& diagnosed : diagnose_response(reply, handshake, asked ? &notes : nullptr, arena))
        check(diagnosed, request.size() + response.size());
    check(diagnose_connect(reply, asked ? head.target : "example.com:443", arena), request.size() + response.size());
}

void check_endings(Input& input) {
    TestArena memory;
    const auto bits = input.number();
    const auto from = bits & 1 ? Direction::client_to_server : Direction::server_to_client;
    const auto since = static_cast<std::int64_t>(input.number<std::uint64_t>());
    if (const auto diagnosed = diagnose_close(from, input.number<std::uint16_t>(), since, memory))
        check(*diagnosed, 0);
    Ending ending{from};
    ending.reset = bits & 2;
    ending.stream = bits & 4;
    ending.handshake_pending = bits & 8;
    ending.since_request = since;
    ending.retransmissions = input.number<std::uint32_t>();
    ending.answered_bytes = input.number<std::uint64_t>();
    ending.silence = static_cast<std::int64_t>(input.number<std::uint64_t>());
    ending.ttl = static_cast<int>(input.below(257)) - 1;
    ending.usual_ttl = static_cast<int>(input.below(257)) - 1;
    for (const auto& note : diagnose_ending(ending))
        check({note.diagnosis, note.text}, 0);
    looks_like_timeout(ending.silence);
    demand(!no_answer_text(ending.retransmissions, since).empty(), "a text");
}

} // namespace

void run(Input& input) {
    check_endings(input);
    const auto time = static_cast<std::int64_t>(input.number<std::uint64_t>());
    const auto request = input.text();
    check_heads(request, input.rest(), time);
}

} // namespace ws::fuzz
