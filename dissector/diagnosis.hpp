// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"
#include "handshake.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ws {

/// The rows of diagnoses.def.
enum class Diagnosis : std::uint8_t {
#define WS_DIAGNOSIS(name, evidence, severity, sentence) name,
#include "diagnoses.def"
#undef WS_DIAGNOSIS
};

/// What shows it: one half of the handshake, or how packets follow each other.
enum class Evidence : std::uint8_t { head, sequence };
enum class Severity : std::uint8_t { note, warn };

struct DiagnosisInfo {
    const char* name;
    Evidence evidence;
    Severity severity;
    const char* sentence;
};

/// All diagnoses, indexed by Diagnosis.
std::span<const DiagnosisInfo> diagnosis_table();

struct Diagnosed {
    Diagnosis diagnosis;
    std::string_view text; ///< What was seen, the likely cause, what to check; in the arena.
};
using DiagnosedList = List<Diagnosed>;

/// What a response is explained with; kept from request to response, and short whatever the request was.
struct RequestNotes {
    std::string host;
    std::string origin;
    bool credentials = false; ///< Authorization or a cookie.
    bool token_expired = false;
};

/// What is wrong with a request as it passed here. `time`: seconds since the epoch. Fills `notes` for the response.
/// `claims` reads the times out of a token's JSON.
using ReadClaims = bool (*)(std::string_view json, struct Claims& claims);
DiagnosedList diagnose_request(const HttpHead& head, std::int64_t time, ReadClaims claims, const Arena& arena,
                               RequestNotes& notes) noexcept;

/// Why a request failed, by its response. `notes`: of the request, or null if that was not captured.
DiagnosedList diagnose_response(const HttpHead& head, const Handshake& handshake, const RequestNotes* notes,
                                const Arena& arena) noexcept;

/// Another answer than 2xx to CONNECT.
Diagnosed diagnose_connect(const HttpHead& response, std::string_view target, const Arena& arena) noexcept;
/// The target of CONNECT names port 80.
bool connects_to_port_80(std::string_view target) noexcept;

/// The first Close frame of a connection. `since`: nanoseconds from the upgrade.
std::optional<Diagnosed> diagnose_close(Direction from, std::uint16_t code, std::int64_t since, const Arena& arena) noexcept;

/// A message that ends here.
std::optional<Diagnosed> diagnose_message(Direction from, const Message& message, const Arena& arena) noexcept;

/// How a connection ended without having been closed properly.
struct Ending {
    Direction by;
    bool reset = false;             ///< RST, else FIN.
    bool stream = false;            ///< Of HTTP/2, in place of a TCP connection.
    bool handshake_pending = false; ///< The request was not answered.
    std::int64_t since_request = 0; ///< Nanoseconds.
    std::uint32_t retransmissions = 0;
    std::uint64_t answered_bytes = 0; ///< Of the server, that made no response.
    std::int64_t silence = 0;         ///< Nanoseconds since the last frame of either side.
    int ttl = -1;                     ///< Of the reset; -1: not known.
    int usual_ttl = -1;               ///< Of the same peer's other packets.
};
struct EndingNote {
    Diagnosis diagnosis;
    std::string text;
};
/// Everything that is to be said about it.
std::vector<EndingNote> diagnose_ending(const Ending& ending);
/// A silence that is more likely a timer's than chance.
bool looks_like_timeout(std::int64_t silence) noexcept;
std::string no_answer_text(std::uint32_t retransmissions, std::int64_t since_request);

} // namespace ws
