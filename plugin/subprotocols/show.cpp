// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/show.hpp"

#include "subprotocols/protocols.hpp"
#include "view/json_fields.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/utf8.hpp"

#include <string>

namespace ws {
namespace {

const RegisteredSubprotocol* shown_as(const Record& record) {
    const auto* one = registered(*record.of);
    return one && is_enabled(*one) ? one : nullptr;
}

/// The words of one record alone.
void add_words(LineBuffer& line, const Record& record) {
    line.text(record.words);
    if (record.belongs_to)
        line.text("attachment of #").number(record.belongs_to);
    if (record.link.kind == Link::asks || !record.exchange.asked_in)
        return;
    if (!record.exchange.subject.empty())
        add_part(line.text(" to "), record.exchange.subject);
    line.text(", ").text(words_of_time(record.exchange.time));
}

/// Where the records' data is: the message, or bytes that only the reader has.
class Sources {
  public:
    Sources(Place message, packet_info* pinfo) : message_(message), pinfo_(pinfo) {}

    Place of(const Record& record, const std::uint8_t* message) {
        if (record.data.data() == message || record.data.empty())
            return message_;
        if (record.data.data() != last_) {
            last_ = record.data.data();
            const auto size = static_cast<gint>(record.data.size());
            own_ = tvb_new_child_real_data(message_.tvb, last_, static_cast<guint>(size), size);
            add_new_data_source(pinfo_, own_, record.of->title);
        }
        return {own_, 0};
    }

  private:
    Place message_;
    packet_info* pinfo_;
    const std::uint8_t* last_ = nullptr;
    tvbuff_t* own_ = nullptr;
};

void add_value(proto_tree* layer, packet_info* pinfo, Place at, const RegisteredSubprotocol& one, const RecordValue& value) {
    const int field = one.fields[value.field];
    const int offset = at.offset + static_cast<int>(value.offset);
    const int size = static_cast<int>(value.size);
    proto_item* item = nullptr;
    switch (one.of->fields[value.field].kind) {
    case FieldKind::text: item = add_text(layer, pinfo, field, at.tvb, offset, size, value.text); break;
    case FieldKind::code:
        item = proto_tree_add_uint(layer, field, at.tvb, offset, size, static_cast<guint32>(value.number));
        break;
    case FieldKind::integer: item = proto_tree_add_int64(layer, field, at.tvb, offset, size, value.number); break;
    default: item = proto_tree_add_uint64(layer, field, at.tvb, offset, size, static_cast<guint64>(value.number)); break;
    }
    if (!size)
        generated(item);
}

/// What links say, as the fields of their kinds.
void add_links(proto_tree* layer, packet_info* pinfo, tvbuff_t* tvb, const RegisteredSubprotocol& one, const Record& record) {
    const auto& exchange = record.exchange;
    const bool answers = exchange.asked_in && record.link.kind != Link::asks;
    for (std::size_t i = 0; i < one.fields.size(); ++i) {
        const int field = one.fields[i];
        switch (one.of->fields[i].kind) {
        case FieldKind::answered_in:
            if (exchange.asked_in && !answers)
                generated(proto_tree_add_uint(layer, field, tvb, 0, 0, exchange.answered_in));
            break;
        case FieldKind::asked_in:
            if (answers)
                generated(proto_tree_add_uint(layer, field, tvb, 0, 0, exchange.asked_in));
            break;
        case FieldKind::time:
            if (answers)
                add_nanoseconds(layer, field, tvb, 0, exchange.time);
            break;
        case FieldKind::belongs_to:
            if (record.belongs_to)
                generated(proto_tree_add_uint(layer, field, tvb, 0, 0, record.belongs_to));
            break;
        default: break;
        }
    }
    if (answers && record.subject_field < one.fields.size() && !exchange.subject.empty())
        generated(add_text(layer, pinfo, one.fields[record.subject_field], tvb, 0, 0, exchange.subject));
}

void show_content(Place at, packet_info* pinfo, proto_tree* tree, const Record& record) {
    const auto& content = record.content;
    const int offset = at.offset + static_cast<int>(content.offset);
    if (!content.kind)
        return;
    if (content.json) {
        if (protocol.json && json_is_looked_at(tree))
            add_json(tree, pinfo, {at.tvb, offset}, content.json);
    } else if (auto* handle = find_dissector(content.kind)) {
        const bool writable = col_get_writable(pinfo->cinfo, -1);
        auto* const last_layer = wmem_list_tail(pinfo->layers);
        col_set_writable(pinfo->cinfo, -1, FALSE);
        call_dissector_only(handle, tvb_new_subset_length(at.tvb, offset, static_cast<gint>(content.size)), pinfo, tree, nullptr);
        col_set_writable(pinfo->cinfo, -1, writable);
        give_back_layers(pinfo, last_layer); // a message may have many records
    }
}

void show_record(Place at, packet_info* pinfo, proto_tree* tree, const RegisteredSubprotocol& one, const Record& record) {
    LineBuffer line(packet_arena(pinfo), 1024);
    line.text(one.of->title).text(" ");
    add_words(line, record);
    const int offset = at.offset + static_cast<int>(record.offset);
    const int size = static_cast<int>(record.size);
    auto* item = proto_tree_add_protocol_format(tree, one.id, at.tvb, offset, size, "%s", line.finish());
    auto* layer = proto_item_add_subtree(item, one.subtree);
    for (const auto& value : record.values)
        add_value(layer, pinfo, at, one, value);
    add_links(layer, pinfo, at.tvb, one, record);
    if (record.stopped)
        proto_tree_add_expert_format(layer, pinfo, const_cast<expert_field*>(&one.malformed), at.tvb,
                                     at.offset + static_cast<int>(record.stopped_at), 0, "Read as far as byte %u: %s",
                                     record.stopped_at, record.stopped);
    show_content(at, pinfo, tree, record);
}

} // namespace

bool is_shown(const Record& record) noexcept {
    return shown_as(record) != nullptr;
}

std::string_view words_of(packet_info* pinfo, std::span<const Record> records) noexcept {
    LineBuffer line(packet_arena(pinfo), 2048);
    const Subprotocol* before = nullptr;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        if (!shown_as(record) || (record.carries && i + 1 < records.size() && shown_as(records[i + 1])))
            continue;
        line.text(before ? ", " : "");
        if (before != record.of)
            line.text(record.of->title).text(" ");
        add_words(line, record);
        before = record.of;
    }
    return line.view();
}

int dissect_records(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    const auto& shown = *static_cast<const ShownRecords*>(data);
    give_back_items(tree);
    Sources sources(shown.at, pinfo);
    const auto* message = tvb_captured_length(tvb) ? tvb_get_ptr(tvb, 0, 1) : nullptr;
    for (const auto& record : shown.records)
        if (const auto* one = shown_as(record))
            show_record(sources.of(record, message), pinfo, tree, *one, record);
    return static_cast<int>(tvb_captured_length(tvb));
}

void show_records(Place at, packet_info* pinfo, proto_tree* tree, std::span<const Record> records) {
    ShownRecords shown{at, records};
    const auto* one = registered(*records.front().of);
    call_dissector_only(one->of_message, tvb_new_subset_remaining(at.tvb, at.offset), pinfo, tree, &shown);
}

int dissect_bytes(const Subprotocol& one, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) noexcept {
    const auto size = tvb_captured_length(tvb);
    const Bytes data(size ? tvb_get_ptr(tvb, 0, static_cast<gint>(size)) : nullptr, size);
    const auto arena = packet_arena(pinfo);
    Records records(arena);
    one.read({data, well_formed_part(data) == size, arena}, records);
    const auto all = records.settled();
    const auto words = words_of(pinfo, all);
    if (words.empty())
        return 0;
    col_append_str(pinfo->cinfo, COL_INFO, words.data());
    ShownRecords shown{{tvb, 0}, all};
    return dissect_records(tvb, pinfo, tree, &shown);
}

} // namespace ws
