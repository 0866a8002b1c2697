// SPDX-License-Identifier: GPL-2.0-or-later
// tshark -z ws,messages[,FILE][,FILTER]: one JSON object a line for each message, control frame and hole, in the order of the
// capture.
#include "taps/command.hpp"
#include "taps/json_object.hpp"
#include "taps/taps.hpp"

#include "dissector/close_code.hpp"

#include <map>

namespace ws {
namespace {

constexpr char command[] = "ws,messages";

class Messages {
  public:
    explicit Messages(const std::string& file) : output_(file) {}

    void add(packet_info* pinfo, const Tapped& tapped) {
        if (const auto* skipped = std::get_if<SkippedBytes>(&tapped.what))
            write_line(pinfo, tapped, [&](JsonObject& line) { hole(line, *skipped); });
        else if (const auto* const* frame = std::get_if<const Frame*>(&tapped.what))
            add_frame(pinfo, tapped, **frame);
    }
    void restart() {
        output_.restart();
        fragments_.clear();
    }
    void write() { output_.flush(); }

  private:
    void add_frame(packet_info* pinfo, const Tapped& tapped, const Frame& frame) {
        auto violations = frame.violations;
        if (!is_control(frame.header.opcode)) {
            // What the first fragments break is told with their message.
            auto& before = fragments_[{tapped.stream, tapped.direction}];
            violations.add(before);
            before = frame.completes ? Violations{} : violations;
            if (!frame.completes)
                return;
        }
        write_line(pinfo, tapped, [&](JsonObject& line) {
            if (is_control(frame.header.opcode))
                control(line, frame);
            else
                message(line, tapped, frame);
            if (!tapped.words.empty())
                line.string("info", tapped.words);
            if (violations.any())
                line.names("violations", names_of(violations));
        });
    }

    template <class Write>
    void write_line(packet_info* pinfo, const Tapped& tapped, Write write) {
        json_dumper dumper{};
        dumper.output_file = output_.stream();
        JsonObject line(dumper);
        const auto ends = ends_of(pinfo, tapped.direction);
        line.number("frame", tapped.packet);
        line.number("time", in_epoch(tapped.time));
        line.number("stream", tapped.stream);
        if (tapped.opening && !tapped.opening->url.empty())
            line.string("url", tapped.opening->url);
        line.string("client", ends.client);
        line.string("server", ends.server);
        line.string("direction", tapped.direction == Direction::client_to_server ? "client" : "server");
        write(line);
        line.end();
        json_dumper_finish(&dumper);
    }

    static void message(JsonObject& line, const Tapped& tapped, const Frame& frame) {
        const auto& message = *frame.completes;
        line.string("type", message.opcode == opcode::text ? "text" : message.opcode == opcode::binary ? "binary" : "unknown");
        if (is_decoded(frame)) {
            if (message.opcode == opcode::text)
                line.content(message.data);
            else
                line.base64("base64", message.data);
            line.number("length", message.data.size());
        }
        line.number("wire_length", message.wire_length);
        line.boolean("compressed", message.compressed);
        line.number("frames", message.frames);
        if (tapped.connection && !tapped.connection->subprotocol.empty())
            line.string("subprotocol", tapped.connection->subprotocol);
        if (message.undecoded != Undecoded::no)
            line.string("undecoded", undecoded_name(message.undecoded));
    }

    static void control(JsonObject& line, const Frame& frame) {
        switch (frame.header.opcode) {
        case opcode::close: line.string("type", "close"); break;
        case opcode::ping: line.string("type", "ping"); break;
        case opcode::pong: line.string("type", "pong"); break;
        default:
            line.string("type", "reserved");
            line.number("opcode", frame.header.opcode);
            break;
        }
        if (frame.header.opcode != opcode::close) {
            line.content(frame.payload);
        } else if (frame.payload.size() >= 2) {
            line.number("code", static_cast<std::uint64_t>(frame.payload[0] << 8 | frame.payload[1]));
            if (frame.payload.size() > 2)
                line.string("reason", as_text(frame.payload.subspan(2)));
        }
        line.number("length", frame.header.payload_length);
        if (frame.ping_in)
            line.number("rtt", in_epoch(frame.round_trip));
        if (frame.undecoded != Undecoded::no)
            line.string("undecoded", undecoded_name(frame.undecoded));
    }

    static void hole(JsonObject& line, const SkippedBytes& skipped) {
        line.string("type", "missing");
        line.string("undecoded", undecoded_name(skipped.reason));
        line.number("length", skipped.lost ? skipped.lost : skipped.length);
    }

    Output output_;
    std::map<std::pair<std::uint32_t, Direction>, Violations> fragments_; ///< Of messages that are not complete.
};

void begin(const char* given) {
    const auto arguments = arguments_with_file(given, command);
    listen(std::make_unique<Messages>(arguments.file), arguments.filter);
}

} // namespace

void register_messages() {
    register_command("WebSocket messages", command, begin);
}

} // namespace ws
