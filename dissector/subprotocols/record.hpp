// SPDX-License-Identifier: GPL-2.0-or-later
// What one message of a subprotocol says, in the arena.
#pragma once

#include "../continuation.hpp"
#include "../frame.hpp"
#include "../json.hpp"
#include "../line_buffer.hpp"
#include "../utf8.hpp"
#include "subprotocol.hpp"

namespace ws {

/// What a field says, and where in the record's data it stands; size 0: it is concluded.
struct RecordValue {
    std::uint8_t field;
    std::uint32_t offset, size;
    std::string_view text;
    std::int64_t number;
};

/// What a record has to do with one of the other side.
struct Link {
    enum Kind : std::uint8_t {
        none,
        asks,
        answers,        ///< The question of the same scope and id,
        answers_partly, ///< and there may be more.
    };
    Kind kind = none;
    bool by_turn = false; ///< Has no id: after a loss nobody knows which one is answered.
    std::string_view scope, id;
};

/// A question and its answer: packets, 0 where not known, and the time between them in nanoseconds.
struct Exchange {
    std::uint32_t asked_in = 0;
    std::uint32_t answered_in = 0;
    std::int64_t time = 0;
    std::string_view subject; ///< Of the question.
};

/// What a part of a record is, for whoever can show it.
struct RecordContent {
    const char* kind = nullptr; ///< "json", or the name of one of Wireshark's dissectors; null: none.
    std::uint32_t offset = 0, size = 0;
    JsonValue json;
};

/// One unit of a subprotocol.
struct Record {
    const Subprotocol* of;
    Bytes data;                 ///< What the places count in: the message, or what it says when unescaped.
    std::uint32_t offset, size; ///< The record's part of it.
    std::string_view words = {};
    bool carries = false; ///< The next record says what this one holds: the line leaves this one's words out.
    List<RecordValue> values = {};
    Link link = {};
    std::string_view subject = {};     ///< What a question is about, at most `longest_subject` bytes: its answers say it too,
    std::uint8_t subject_field = 0xff; ///< as this field; 0xff: in words only.
    std::int64_t attachments = -1;     ///< So many binary messages that come next belong to it; -1: to the one before.
    bool takes_attachment = false;     ///< It is such a message; if none is expected, it is nothing.
    RecordContent content = {};        ///< What it carries.
    bool goes_on = false;              ///< The last one: the next message goes on with it,
    std::uint32_t goes_on_in = 0;      ///< in this packet; 0: not known.
    const char* stopped = nullptr;     ///< Why the reader could not go on.
    std::uint32_t stopped_at = 0;      ///< Where.
    Exchange exchange = {};            ///< The link, where known.
    std::uint32_t belongs_to = 0;      ///< The packet with what the attachment belongs to.
};

constexpr std::size_t longest_subject = 128;

/// How much a message looks like one of the subprotocol.
enum class Likeness : std::uint8_t {
    no,
    possible, ///< Others may look like this: it counts with its answer.
    clear,    ///< Nothing else is known to look like this.
};

/// A message that is read, and how it came.
class Reading {
  public:
    Reading(Bytes message, bool as_text, const Arena& in, Direction to = Direction::client_to_server,
            std::string_view from_url = {}, std::string_view as_name = {})
        : data(message), is_text(as_text), arena(in), direction(to), url(from_url), name(as_name) {}
    /// The same with other data: of `other` and messages before it.
    Reading(const Reading& other, Bytes joined)
        : Reading(joined, other.is_text && well_formed_part(joined) == joined.size(), other.arena, other.direction, other.url,
                  other.name) {}

    const Bytes data;
    const bool is_text; ///< Well-formed UTF-8, sent as such.
    const Arena& arena;
    const Direction direction;
    const std::string_view url, name; ///< Of the connection: the handshake's, the negotiated subprotocol; empty: not known.

    std::string_view text() const { return as_text(data); }
    /// The whole message as JSON, or none; read once.
    JsonValue json() const {
        if (!json_known_)
            json_ = read_json(text(), arena);
        json_known_ = true;
        return json_;
    }

  private:
    mutable JsonValue json_;
    mutable bool json_known_ = false;
};

/// Where readers put what they find.
class Records {
  public:
    /// `looks_only`: whether the message is of a subprotocol is the question; nobody is shown what is malformed.
    explicit Records(const Arena& arena, bool looks_only = false) : arena_(arena), looks_only_(looks_only) {}

    /// A record over a part of the data; it may be filled in until the next one.
    Record& add(const Subprotocol& of, Bytes data, std::size_t offset, std::size_t size) {
        all_.push_back(arena_, Record{&of, data, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)});
        return all_.back();
    }
    Record& add(const Subprotocol& of, Bytes data) { return add(of, data, 0, data.size()); }

    /// The records of a message that stands inside this one: it is whole.
    void append(Records& others) {
        for (auto& record : others.all()) {
            if (record.goes_on && !record.stopped)
                stop_at(record, record.data.size(), "it ends too early");
            record.goes_on = false;
            all_.push_back(arena_, record);
        }
    }

    /// A field of the last record: a text or number that stands at so many bytes of its data.
    void text(std::uint8_t field, std::size_t offset, std::size_t size, std::string_view said) {
        value({field, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size), said, 0});
    }
    void number(std::uint8_t field, std::size_t offset, std::size_t size, std::int64_t said) {
        value({field, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size), {}, said});
    }
    /// The text itself is a part of the data.
    void text(std::uint8_t field, std::string_view part);
    /// A value of the JSON that begins at `origin` of the data: a string or number; of another nothing is added.
    void text(std::uint8_t field, const JsonValue& value, std::size_t origin = 0);
    void number(std::uint8_t field, const JsonValue& value, std::size_t origin = 0);

    /// The last record's JSON, from `origin` on.
    void json(const JsonValue& value, std::size_t origin = 0);
    /// The last record stopped short.
    void stop(std::size_t at, const char* why) { stop_at(all_.back(), at, why); }
    /// The next message goes on with the last record.
    void goes_on(const Awaited& awaited = {}) {
        all_.back().goes_on = true;
        awaited_ = awaited;
    }
    const Awaited& awaited() const { return awaited_; }
    /// A message in which nothing of the subprotocol was found.
    void malformed(const Subprotocol& of, const Reading& reading, const char* why);
    /// What the last record says stands nowhere: it was unpacked.
    void unplaced() { placed_ = false; }

    LineBuffer line() const { return {arena_, most_line}; }

    /// The most that was said counts.
    void looks(Likeness likeness) { likeness_ = std::max(likeness_, likeness); }
    Likeness likeness() const { return likeness_; }

    const Arena& arena() const { return arena_; }
    Record& last() { return all_.back(); }
    const Record& last() const { return all_[all_.size() - 1]; }
    bool empty() const { return all_.empty(); }
    /// A message may hold many; who reads stops then, which the last record says.
    bool full() {
        const bool is = all_.size() >= most_records;
        if (is && !last().stopped)
            stop(last().offset + std::size_t{last().size}, "more records than are shown");
        return is;
    }
    /// Nothing of the subprotocol was found.
    bool only_malformed() const { return only_malformed_; }
    std::size_t size() const { return all_.size(); }
    std::span<Record> all() { return {all_.begin(), all_.size()}; }
    /// Without attachments that nobody expected: they are nothing.
    std::span<const Record> settled();

    static constexpr std::size_t most_records = 1000;
    static constexpr std::size_t most_values = 1000; ///< Of a record.
    static constexpr std::size_t most_name = 160;    ///< Bytes of a name in a line.

  private:
    static constexpr std::size_t most_line = 5 * most_name;

    void value(RecordValue added) {
        if (all_.back().values.size() >= most_values)
            return stop(added.offset, "more values than are shown");
        added.size = placed_ ? added.size : 0;
        added.offset = placed_ ? added.offset : 0;
        all_.back().values.push_back(arena_, added);
    }

    static void stop_at(Record& record, std::size_t at, const char* why) {
        record.stopped = why;
        record.stopped_at = static_cast<std::uint32_t>(at);
    }

    const Arena& arena_;
    const bool looks_only_;
    List<Record> all_;
    Awaited awaited_;
    Likeness likeness_ = Likeness::no;
    bool placed_ = true;
    bool only_malformed_ = false;
};

/// As much of a name as can stand in a line: binary messages may have any bytes in it.
inline LineBuffer& add_part(LineBuffer& line, std::string_view name) {
    return line.beginning(as_bytes(name.substr(0, well_formed_part(as_bytes(name)))), Records::most_name);
}
/// ` "tick"`: nothing of an empty one.
inline LineBuffer& add_name(LineBuffer& line, std::string_view name) {
    return name.empty() ? line : add_part(line.text(" \""), name).text("\"");
}
/// ` 13`: nothing of an empty one.
inline LineBuffer& add_word(LineBuffer& line, std::string_view word) {
    return word.empty() ? line : add_part(line.text(" "), word);
}

} // namespace ws
