// SPDX-License-Identifier: GPL-2.0-or-later
// Kubernetes' exec, attach and port-forward: a byte of the channel before the data of each message
// (https://pkg.go.dev/k8s.io/apimachinery/pkg/util/remotecommand); and its SPDY inside WebSocket.
#include "../big_endian.hpp"
#include "../utf8.hpp"
#include "record.hpp"
#include "subprotocols.hpp"

#include <glib.h>

#include <cstring>

namespace ws {
namespace {

constexpr NumberName channels[] = {{0, "stdin"}, {1, "stdout"}, {2, "stderr"}, {3, "error"}, {4, "resize"}, {255, "close"}};

enum : std::uint8_t { channel, forwarded, text };
constexpr SubprotocolField fields[] = {
    {"k8schannel.channel", "Channel", "Which stream of the process", FieldKind::code, channels},
    {"k8schannel.forwarded", "Forwarded channel", "Twice the number of a forwarded port; one more: its errors",
     FieldKind::number},
    {"k8schannel.text", "Text", "What the process was sent, or wrote, if it is text", FieldKind::text},
};

constexpr std::uint8_t error = 3, resize = 4, close = 255;

/// Of SPDY 3.1, 2.6.
constexpr NumberName control_frames[] = {{1, "SYN_STREAM"}, {2, "SYN_REPLY"}, {3, "RST_STREAM"}, {4, "SETTINGS"},
                                         {6, "PING"},       {7, "GOAWAY"},    {8, "HEADERS"}};

void read_spdy(const Reading& reading, Records& records) {
    const auto data = reading.data;
    if (data.size() < 8)
        return records.malformed(k8schannel, reading, "no frame of SPDY");
    auto& record = records.add(k8schannel, data);
    auto line = records.line();
    line.text("SPDY ");
    if (const auto* name = data[0] & 0x80 ? name_of(control_frames, be16(data, 2)) : "DATA")
        line.text(name);
    else
        line.text("control frame ").number(be16(data, 2));
    if (!(data[0] & 0x80))
        line.text(", stream ").number(be32(data, 0) & 0x7fffffffU);
    record.words = line.view();
}

Bytes from_base64(std::string_view encoded, const Arena& arena) {
    auto* const copy = arena.array<char>(encoded.size() + 1);
    std::memcpy(copy, encoded.data(), encoded.size());
    copy[encoded.size()] = 0;
    gsize size = 0;
    if (!encoded.empty())
        g_base64_decode_inplace(copy, &size);
    return {reinterpret_cast<const std::uint8_t*>(copy), size};
}

/// The channel is a digit before base64, a byte before bytes.
void read_channel(const Reading& reading, Records& records) {
    const bool encoded = reading.name.find("base64.") != std::string_view::npos;
    const auto number = static_cast<std::uint8_t>(reading.data[0] - (encoded ? '0' : 0));
    const bool forwards = reading.url.find("/portforward") != std::string_view::npos;
    auto& record = records.add(k8schannel, reading.data);
    records.number(forwards ? forwarded : channel, 0, 1, number);
    auto line = records.line();
    const auto* const name = name_of(channels, number);
    if (forwards)
        line.text(number % 2 ? "errors" : "data").text(" of port ").number(number / 2U);
    else if (name)
        line.text(name);
    else
        line.text("channel ").number(number);
    const auto data = encoded ? from_base64(as_text(reading.data.subspan(1)), reading.arena) : reading.data.subspan(1);
    if (number == close && !forwards && data.size() == 1) {
        if (const auto* closed = name_of(channels, data[0]))
            line.text(" of ").text(closed);
    } else if (well_formed_part(data) == data.size() && !data.empty() && !forwards) {
        records.text(text, 1, encoded ? 0 : data.size(), as_text(data));
        add_name(line, as_text(data));
        if ((number == error || number == resize) && !encoded)
            records.json(read_json(as_text(data), reading.arena), 1);
    }
    record.words = line.view();
    if (!name && !forwards)
        records.stop(0, "a channel that Kubernetes does not have");
}

void read(const Reading& reading, Records& records) noexcept {
    if (reading.data.empty())
        return;
    reading.name.starts_with("SPDY/") ? read_spdy(reading, records) : read_channel(reading, records);
}

} // namespace

const Subprotocol k8schannel{"k8schannel", "Kubernetes", fields, read, {}, false};

} // namespace ws
