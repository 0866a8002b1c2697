// SPDX-License-Identifier: GPL-2.0-or-later
// Yjs, shared documents (https://github.com/yjs/y-protocols): the type of each message, and of a message of its sync protocol.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

constexpr NumberName types[] = {{0, "sync"}, {1, "awareness"}, {2, "auth"}, {3, "query awareness"}};
constexpr const char* steps[] = {"step 1", "step 2", "update"};

enum : std::uint8_t { type };
constexpr SubprotocolField fields[] = {
    {"yjs.type", "Type", "What the message is", FieldKind::code, types},
};

void read(const Reading& reading, Records& records) noexcept {
    const auto data = reading.data;
    // Numbers are sent in seven bits a byte; those that are known have one.
    if (data.empty() || !name_of(types, data[0]))
        return records.malformed(yjs, reading, "no type of message that is known");
    auto& record = records.add(yjs, data);
    records.number(type, 0, 1, data[0]);
    auto line = records.line();
    line.text(name_of(types, data[0]));
    if (data[0] == 0 && data.size() > 1 && data[1] < std::size(steps))
        line.text(" ").text(steps[data[1]]);
    record.words = line.view();
    if (data[0] == 0 && (data.size() < 2 || data[1] >= std::size(steps)))
        records.stop(1, "no step of the sync protocol");
}

} // namespace

const Subprotocol yjs{"yjs", "Yjs", fields, read, {}, false};

} // namespace ws
