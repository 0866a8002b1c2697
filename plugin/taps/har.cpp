// SPDX-License-Identifier: GPL-2.0-or-later
// tshark -z ws,har,FILE[,FILTER]: an HTTP Archive (HAR 1.2) as the network panel of Chromium's developer tools imports it, with
// the messages of each connection. What the format has no place for stands under keys of its own, which begin with "_ws".
#include "taps/command.hpp"
#include "taps/json_object.hpp"
#include "taps/taps.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/http2.hpp"
#include "dissector/http_head.hpp"

#include <ctime>
#include <map>
#include <optional>
#include <tuple>

namespace ws {
namespace {

constexpr char command[] = "ws,har";

/// JSON that is put together piece by piece, before its place in the file is reached.
class Piece {
  public:
    Piece() : text_(g_string_new(nullptr)) {}
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;
    ~Piece() { g_string_free(text_, TRUE); }

    /// One more object of a list; `write(JsonObject&)` fills it.
    template <class Write>
    void add(Write write) {
        if (text_->len)
            g_string_append_c(text_, ',');
        json_dumper dumper{};
        dumper.output_string = text_;
        JsonObject object(dumper);
        write(object);
        object.end();
        json_dumper_finish(&dumper);
        g_string_truncate(text_, text_->len - 1); // the line's end
    }
    const char* text() const { return text_->str; }

  private:
    GString* text_;
};

std::string iso8601(std::int64_t nanoseconds) {
    const auto time = static_cast<std::time_t>(nanoseconds / 1000000000);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[40], whole[64];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(whole, sizeof whole, "%s.%06dZ", text, static_cast<int>(nanoseconds % 1000000000 / 1000));
    return whole;
}

std::string in_milliseconds(std::int64_t nanoseconds) {
    char text[40];
    std::snprintf(text, sizeof text, "%.3f", static_cast<double>(nanoseconds) / 1e6);
    return text;
}

/// What one half of a handshake says.
struct Half {
    std::string method, version, reason;
    std::uint16_t status = 0;
    Piece headers;
    std::int64_t time = 0;
};

struct Entry {
    Ends ends;
    std::string url;
    std::int64_t first = 0, last = 0;
    std::optional<Half> request, response;
    Piece messages, control_frames, diagnoses, missing;
};

class Archive {
  public:
    explicit Archive(const std::string& file) : output_(file) {}

    void add(packet_info* pinfo, const Tapped& tapped) {
        if (tapped.stream == no_stream)
            return;
        const auto [it, is_new] = connections_.try_emplace(tapped.stream);
        auto& connection = it->second;
        if (is_new) {
            connection.ends = ends_of(pinfo, tapped.direction);
            connection.first = tapped.time;
        }
        connection.last = std::max(connection.last, tapped.time);
        if (tapped.opening)
            connection.url = tapped.opening->url;
        if (const auto* half = std::get_if<TappedHandshake>(&tapped.what))
            add_half(pinfo, tapped, *half, connection);
        else if (const auto* const* frame = std::get_if<const Frame*>(&tapped.what))
            add_frame(tapped, **frame, connection);
        else if (const auto* found = std::get_if<Diagnosed>(&tapped.what))
            add_diagnosis(tapped, *found, connection);
        else if (const auto* skipped = std::get_if<SkippedBytes>(&tapped.what))
            connection.missing.add([&](JsonObject& object) {
                about(object, tapped);
                object.string("undecoded", undecoded_name(skipped->reason));
                object.number("length", skipped->lost ? skipped->lost : skipped->length);
            });
    }
    void restart() {
        output_.restart();
        connections_.clear();
    }
    void write();

  private:
    static void about(JsonObject& object, const Tapped& tapped) {
        object.number("frame", tapped.packet);
        object.number("time", in_epoch(tapped.time));
        object.string("direction", tapped.direction == Direction::client_to_server ? "client" : "server");
    }
    static void add_half(packet_info* pinfo, const Tapped& tapped, const TappedHandshake& half, Entry& connection);
    static void add_frame(const Tapped& tapped, const Frame& frame, Entry& connection);
    static void add_diagnosis(const Tapped& tapped, const Diagnosed& found, Entry& connection);

    Output output_;
    std::map<std::uint32_t, Entry> connections_;
};

void Archive::add_half(packet_info* pinfo, const Tapped& tapped, const TappedHandshake& half, Entry& connection) {
    const auto arena = packet_arena(pinfo);
    HttpHead head;
    if (half.lines)
        head = read_http2_head(half.head, arena);
    else if (parse_http_head(half.head, arena, head) != HeadResult::complete)
        return;
    auto& kept = (half.read.is_request ? connection.request : connection.response).emplace();
    kept.method = head.method;
    kept.version = half.lines ? "h2" : std::string(head.version);
    kept.status = head.status;
    kept.reason = head.reason;
    kept.time = tapped.time;
    for (const auto& field : head.fields)
        kept.headers.add([&](JsonObject& object) {
            object.string("name", field.name);
            object.string("value", field.value);
        });
}

void Archive::add_frame(const Tapped& tapped, const Frame& frame, Entry& connection) {
    const bool up = tapped.direction == Direction::client_to_server;
    if (is_control(frame.header.opcode)) {
        connection.control_frames.add([&](JsonObject& object) {
            about(object, tapped);
            object.number("opcode", frame.header.opcode);
            object.content(frame.payload);
            if (frame.ping_in)
                object.number("rtt", in_epoch(frame.round_trip));
            if (frame.violations.any())
                object.names("violations", names_of(frame.violations));
        });
    } else if (frame.completes) {
        const auto& message = *frame.completes;
        connection.messages.add([&](JsonObject& object) {
            object.string("type", up ? "send" : "receive");
            object.number("time", in_epoch(tapped.time));
            object.number("opcode", message.opcode);
            const bool decoded = is_decoded(frame);
            if (decoded && message.text)
                object.string("data", as_text(message.data));
            else
                object.base64("data", decoded ? message.data : Bytes{});
            object.number("_wsFrame", tapped.packet);
            if (!decoded)
                object.string("_wsUndecoded",
                              message.undecoded == Undecoded::no ? "inflate_failed" : undecoded_name(message.undecoded));
            if (frame.violations.any())
                object.names("_wsViolations", names_of(frame.violations));
        });
    }
}

void Archive::add_diagnosis(const Tapped& tapped, const Diagnosed& found, Entry& connection) {
    connection.diagnoses.add([&](JsonObject& object) {
        object.number("frame", tapped.packet);
        object.string("name", diagnosis_table()[static_cast<std::size_t>(found.diagnosis)].name);
        object.string("seen", found.seen);
        object.string("cause", found.cause);
        object.string("check", found.check);
    });
}

void member(json_dumper& dumper, const char* name, const char* json) {
    json_dumper_set_member_name(&dumper, name);
    json_dumper_value_anyf(&dumper, "%s", json);
}

void list(json_dumper& dumper, const char* name, const char* elements) {
    json_dumper_set_member_name(&dumper, name);
    json_dumper_value_anyf(&dumper, "[%s]", elements);
}

template <class Write>
void object(json_dumper& dumper, const char* name, Write write) {
    json_dumper_set_member_name(&dumper, name);
    JsonObject part(dumper);
    write(part);
    part.end();
}

/// What a capture does not hold is empty: the format asks for every member.
void write_entry(json_dumper& dumper, std::uint32_t stream, const Entry& connection) {
    const auto& request = connection.request;
    const auto& response = connection.response;
    const auto begin = request ? request->time : connection.first;
    const auto wait = request && response ? response->time - request->time : 0;
    JsonObject entry(dumper);
    entry.string("_resourceType", "websocket");
    entry.string("startedDateTime", iso8601(begin));
    entry.number("time", in_milliseconds(std::max(connection.last - begin, std::int64_t{0})));
    object(dumper, "request", [&](JsonObject& part) {
        part.string("method", request ? request->method : "GET");
        part.string("url", connection.url);
        part.string("httpVersion", request ? request->version : "");
        list(dumper, "cookies", "");
        list(dumper, "headers", request ? request->headers.text() : "");
        list(dumper, "queryString", "");
        member(dumper, "headersSize", "-1");
        part.number("bodySize", 0);
    });
    object(dumper, "response", [&](JsonObject& part) {
        part.number("status", response ? response->status : 0);
        part.string("statusText", response ? response->reason : "");
        part.string("httpVersion", response ? response->version : "");
        list(dumper, "cookies", "");
        list(dumper, "headers", response ? response->headers.text() : "");
        object(dumper, "content", [](JsonObject& body) {
            body.number("size", 0);
            body.string("mimeType", "x-unknown");
        });
        part.string("redirectURL", "");
        member(dumper, "headersSize", "-1");
        member(dumper, "bodySize", "-1");
    });
    object(dumper, "cache", [](JsonObject&) {});
    object(dumper, "timings", [&](JsonObject& part) {
        part.number("send", 0);
        part.number("wait", in_milliseconds(wait));
        part.number("receive", 0);
    });
    entry.string("connection", connection.ends.client);
    list(dumper, "_webSocketMessages", connection.messages.text());
    entry.number("_wsStream", stream);
    entry.string("_wsServer", connection.ends.server);
    list(dumper, "_wsControlFrames", connection.control_frames.text());
    list(dumper, "_wsDiagnoses", connection.diagnoses.text());
    list(dumper, "_wsMissing", connection.missing.text());
    entry.end();
}

void Archive::write() {
    output_.restart(); // it may be written more than once
    json_dumper dumper{};
    dumper.output_file = output_.stream();
    json_dumper_begin_object(&dumper);
    object(dumper, "log", [&](JsonObject& log) {
        log.string("version", "1.2");
        object(dumper, "creator", [](JsonObject& creator) {
            creator.string("name", "WebSocket analysis for Wireshark");
            creator.string("version", WS_VERSION);
        });
        list(dumper, "pages", "");
        json_dumper_set_member_name(&dumper, "entries");
        json_dumper_begin_array(&dumper);
        for (const auto& [stream, connection] : connections_)
            write_entry(dumper, stream, connection);
        json_dumper_end_array(&dumper);
    });
    json_dumper_end_object(&dumper);
    json_dumper_finish(&dumper);
    output_.flush();
}

void begin(const char* given) {
    const auto arguments = arguments_with_file(given, command);
    if (arguments.file.empty())
        fail("ws,har needs a file: -z ws,har,FILE[,FILTER]");
    listen(std::make_unique<Archive>(arguments.file), arguments.filter);
}

} // namespace

void register_archive() {
    register_command("WebSocket as HTTP Archive", command, begin);
}

} // namespace ws
