// SPDX-License-Identifier: GPL-2.0-or-later
// Why a handshake failed or a connection ended, from arbitrary heads and numbers.
#include "ending_diagnosis.hpp"
#include "fuzz.hpp"
#include "handshake_diagnosis.hpp"
#include "quote.hpp"
#include "utf8.hpp"

namespace ws::fuzz {
namespace {

void check(const Diagnosed& diagnosed) {
    demand(static_cast<std::size_t>(diagnosed.diagnosis) < diagnosis_table().size(), "a row of the table");
    demand(!diagnosed.seen.empty(), "what was seen");
    for (const auto part : {diagnosed.seen, diagnosed.cause, diagnosed.check}) {
        demand(part.size() <= longest_part, "a part that is not cut");
        Utf8Validator validator;
        demand(validator.feed(as_bytes(part)) == part.size() && validator.at_boundary(), "UTF-8");
    }
}

void check(std::vector<Finding> findings, const Arena& arena) {
    for (auto& finding : findings)
        check(keep(std::move(finding), arena));
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
        for (const auto& diagnosed : diagnose_request(head, time, arena, notes))
            check(diagnosed);
        demand(notes.host.size() + notes.origin.size() <= request.size(), "notes longer than the request");
        read_request(head, false, arena, offer);
        connects_to_port_80(head.target);
    }
    HttpHead reply;
    if (parse_http_head(as_text(answer), arena, reply) != HeadResult::complete || reply.is_request)
        return;
    const auto handshake = read_response(reply, asked ? &offer : nullptr, arena);
    for (const auto& diagnosed :
         diagnose_response(reply, handshake, as_text(answer).substr(reply.size), asked ? &notes : nullptr, arena))
        check(diagnosed);
    check(diagnose_connect(reply, asked ? head.target : "example.com:443", arena));
}

void check_endings(Input& input) {
    TestArena memory;
    const auto bits = input.number();
    const auto from = bits & 1 ? Direction::client_to_server : Direction::server_to_client;
    const auto since = static_cast<std::int64_t>(input.number<std::uint64_t>());
    ConnectionFacts connection;
    connection.age = since;
    connection.silence = connection.silence_of[0] = static_cast<std::int64_t>(input.number<std::uint64_t>());
    connection.gap = connection.silence_of[1] = static_cast<std::int64_t>(input.number<std::uint64_t>());
    connection.client_spoke = bits & 16;
    connection.marks.seen = input.number<std::uint64_t>();
    connection.dislike = {static_cast<Dislike::Kind>(input.below(3)),
                          static_cast<Violation>(input.below(violation_table().size()))};
    for (const std::size_t side : {0, 1}) {
        connection.missing[side] = {bits & 32 ? "ping" : nullptr, input.number<std::uint32_t>(), since, bits & 7U};
        connection.last_message[side] = connection.violation_packet[side] = input.number<std::uint32_t>();
        connection.violation[side] = static_cast<Violation>(input.below(violation_table().size()));
    }
    const auto reason = input.text();
    check(diagnose_close({from, input.number<std::uint16_t>(), reason}, connection), memory);
    Ending ending{};
    ending.by = from;
    ending.reset = bits & 2;
    ending.stream = bits & 4;
    ending.handshake_pending = bits & 8;
    ending.since_request = since;
    ending.retransmissions = input.number<std::uint32_t>();
    ending.answered_bytes = input.number<std::uint64_t>();
    ending.connection = connection;
    if (bits & 64)
        ending.close = {bits & 128 ? from : opposite(from), 1, since};
    const SegmentMarks usual{
        input.number(), false, (bits & 1) != 0, -1, input.number<std::uint16_t>(), input.number<std::uint16_t>()};
    SenderMarks marks;
    marks.note(usual);
    ending.against = evidence_of_reset(marks, {input.number(), false, false, 12, input.number<std::uint16_t>(), 0},
                                       static_cast<std::int32_t>(input.number<std::uint32_t>()));
    check(diagnose_ending(ending), memory);
    check({diagnose_no_answer(ending.retransmissions, since), diagnose_unacknowledged(from, ending.retransmissions, since),
           diagnose_http_in_frames(quote(reason)), diagnose_ended_together(ending.retransmissions, quote(reason))},
          memory);
}

} // namespace

void run(Input& input) {
    check_endings(input);
    const auto time = static_cast<std::int64_t>(input.number<std::uint64_t>());
    const auto request = input.text();
    check_heads(request, input.rest(), time);
}

} // namespace ws::fuzz
