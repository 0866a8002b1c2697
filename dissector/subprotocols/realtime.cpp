// SPDX-License-Identifier: GPL-2.0-or-later
// Speech APIs of language models: OpenAI Realtime (https://platform.openai.com/docs/api-reference/realtime) and what speaks like
// it, Gemini Live (https://ai.google.dev/api/live).
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

enum : std::uint8_t { type, response_id, audio_bytes };
constexpr SubprotocolField fields[] = {
    {"realtime.type", "Type", "What the event is", FieldKind::text},
    {"realtime.response_id", "Response", "Of the model, that the event is a part of", FieldKind::text},
    {"realtime.audio_bytes", "Audio", "Bytes of sound that it carries, decoded", FieldKind::number},
};

/// How OpenAI's events begin.
constexpr std::string_view families[] = {"session.",  "input_audio_buffer.",    "output_audio_buffer.", "conversation.",
                                         "response.", "transcription_session.", "rate_limits."};
/// What Gemini's messages consist of: one of these members.
constexpr std::string_view members[] = {"setup",         "clientContent",          "realtimeInput", "toolResponse",
                                        "setupComplete", "serverContent",          "toolCall",      "toolCallCancellation",
                                        "goAway",        "sessionResumptionUpdate"};

/// Of base64.
std::int64_t decoded_size(std::string_view encoded) {
    while (encoded.ends_with('='))
        encoded.remove_suffix(1);
    return static_cast<std::int64_t>(encoded.size() / 4 * 3 + (encoded.size() % 4 * 3) / 4);
}

/// Of a list of blobs: `{"mimeType": "audio/pcm", "data": …}`.
std::int64_t audio_in(const JsonValue& blob) {
    return blob["mimeType"].string().starts_with("audio/") ? decoded_size(blob["data"].string()) : 0;
}

std::int64_t gemini_audio(const JsonValue& json) {
    const auto input = json["realtimeInput"];
    std::int64_t sum = audio_in(input["audio"]);
    const auto chunks = input["mediaChunks"];
    for (auto one = chunks.first(); one; one = one.next_in(chunks))
        sum += audio_in(one);
    const auto parts = json["serverContent"]["modelTurn"]["parts"];
    for (auto one = parts.first(); one; one = one.next_in(parts))
        sum += audio_in(one["inlineData"]);
    return sum;
}

void finish(Records& records, std::string_view said, std::string_view response, std::int64_t audio, std::string_view error) {
    auto line = records.line();
    add_part(line, said);
    add_word(line, response);
    add_name(line, error);
    if (audio) {
        records.number(audio_bytes, 0, 0, audio);
        line.text(", ").number(static_cast<std::uint64_t>(audio)).text(" bytes of audio");
    }
    records.last().words = line.view();
}

void read(const Reading& reading, Records& records) noexcept {
    const auto json = reading.json(); // Gemini's are binary messages
    if (!json.is(JsonKind::object))
        return records.malformed(realtime, reading, "no JSON object");
    const auto event = json["type"].string();
    records.add(realtime, reading.data);
    records.json(json);
    if (!event.empty()) {
        const bool speaks =
            event == "input_audio_buffer.append" || event == "response.audio.delta" || event == "response.output_audio.delta";
        const auto response = json["response_id"].string().empty() ? json["response"]["id"] : json["response_id"];
        records.text(type, json["type"]);
        records.text(response_id, response);
        finish(records, event, response.string(),
               speaks ? decoded_size(json[event.ends_with("delta") ? "delta" : "audio"].string()) : 0,
               json["error"]["message"].string());
        for (const auto family : families)
            if (event.starts_with(family) &&
                (json["event_id"] || speaks || event == "session.update" || event == "response.create"))
                records.looks(Likeness::clear);
        return;
    }
    for (const auto member : members)
        if (const auto value = json[member]) {
            records.text(type, value.token().begin, 0, member);
            finish(records, member, {}, gemini_audio(json), {});
            return records.looks(value.is(JsonKind::object) ? Likeness::clear : Likeness::possible);
        }
    records.last().words = "message";
    records.stop(0, "neither a type of event nor a member that is known");
}

} // namespace

const Subprotocol realtime{"realtime", "Realtime", fields, read, json_begins};

} // namespace ws
