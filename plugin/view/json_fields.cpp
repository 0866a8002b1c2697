// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/json_fields.hpp"

#include "view/fields.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/protocol.hpp"

#include <cstring>

namespace ws {
namespace {

// Fields of Wireshark's, by their names.
int id_of_object = -1;
int id_of_array = -1;
int id_of_member = -1;
int id_of_key = -1;
int id_of_path = -1;
int id_of_path_with_value = -1;
int id_of_member_with_value = -1;
int id_of_string = -1;
int id_of_number = -1;
int id_of_true = -1;
int id_of_false = -1;
int id_of_null = -1;
int ett_json = -1;

/// Its own dissector shows JSON as its preferences say; while they are untouched, this does, without reading it again.
bool needs_wireshark = false;
/// Newer releases show keys and strings as they are written, unless a preference of theirs says otherwise.
bool shows_escapes = false;
/// Does nothing, as a dissector of JSON.
dissector_handle_t layer;

/// "/tick/[]/price" and what its last name is, grown and cut back on the way through the tree.
class Path {
  public:
    explicit Path(packet_info* pinfo) : pinfo_(pinfo) { reserve(256); }

    struct Mark {
        std::size_t size, name;
    };
    Mark enter(std::string_view name) {
        const Mark mark{size_, name_};
        append("/");
        name_ = size_;
        append(name);
        return mark;
    }
    void leave(Mark mark) {
        size_ = mark.size;
        name_ = mark.name;
    }
    /// The path itself, or with ":VALUE".
    const char* text() { return finish(size_); }
    const char* with(std::string_view value) {
        const auto size = size_;
        append(":");
        append(value);
        const auto* both = finish(size_);
        size_ = size;
        return both;
    }
    std::size_t size() const { return size_; }
    /// In what with() returned: where the last name begins.
    std::size_t name() const { return name_; }

  private:
    void reserve(std::size_t more) {
        if (capacity_ - size_ > more)
            return;
        auto* grown = static_cast<char*>(wmem_alloc(pinfo_->pool, 2 * (size_ + more)));
        if (size_)
            std::memcpy(grown, text_, size_);
        text_ = grown;
        capacity_ = 2 * (size_ + more);
    }
    void append(std::string_view text) {
        reserve(text.size());
        size_ += text.copy(text_ + size_, text.size());
    }
    const char* finish(std::size_t size) {
        reserve(0);
        text_[size] = 0;
        return text_;
    }

    packet_info* pinfo_;
    char* text_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0, name_ = 0;
};

/// A path stands in the tree once for each value below it: so many bytes of paths are worth their room, and so many for each byte
/// of the text.
constexpr std::size_t room_for_paths = 262144;
constexpr std::size_t room_per_byte = 16;

class Tree {
  public:
    Tree(packet_info* pinfo, Place at, const JsonToken* tokens)
        : pinfo_(pinfo), at_(at), tokens_(tokens), text_(tokens->value.data() - tokens->begin), path_(pinfo),
          room_(room_for_paths + room_per_byte * (tokens->end - tokens->begin)) {}

    /// Too long, or too often.
    bool left_paths_out() const { return left_paths_out_; }

    /// Adds the value that begins with this token.
    void add(proto_tree* tree, std::uint32_t index) {
        const auto& token = tokens_[index];
        switch (token.kind) {
        case JsonKind::object:
            tree = container(tree, id_of_object, token);
            for (auto at = index + 1; at < token.next; at = tokens_[at].next)
                add_member(tree, at);
            break;
        case JsonKind::array: {
            tree = container(tree, id_of_array, token);
            const auto mark = path_.enter("[]");
            for (auto at = index + 1; at < token.next; at = tokens_[at].next)
                add(tree, at);
            path_.leave(mark);
            break;
        }
        default: add_scalar(tree, token); break;
        }
    }

  private:
    int begin(const JsonToken& token) const { return at_.offset + static_cast<int>(token.begin); }
    std::string_view content(const JsonToken& token) const {
        return shows_escapes ? std::string_view(text_ + token.begin + 1, token.end - token.begin - 2) : token.value;
    }
    static int size(const JsonToken& token) { return static_cast<int>(token.end - token.begin); }

    bool has_room_for_path() {
        if (path_.size() > room_) {
            left_paths_out_ = true;
            return false;
        }
        room_ -= path_.size();
        return true;
    }

    proto_tree* container(proto_tree* tree, int field, const JsonToken& token) const {
        return proto_item_add_subtree(proto_tree_add_item(tree, field, at_.tvb, begin(token), size(token), ENC_NA), ett_json);
    }

    proto_item* string(proto_tree* tree, int field, const JsonToken& token, const char* value) const {
        return proto_tree_add_string(tree, field, at_.tvb, begin(token), size(token), value);
    }

    void add_member(proto_tree* tree, std::uint32_t index) {
        const auto& key = tokens_[index];
        const auto& value = tokens_[index + 1];
        const auto* name = show(pinfo_, content(key));
        const auto length = static_cast<int>(value.end - key.begin);
        auto* member =
            proto_item_add_subtree(proto_tree_add_string(tree, id_of_member, at_.tvb, begin(key), length, name), ett_json);
        const auto mark = path_.enter(name);
        add(member, index + 1);
        string(member, id_of_key, key, name);
        if (has_room_for_path())
            generated(proto_tree_add_string(member, id_of_path, at_.tvb, begin(key), length, path_.text()));
        path_.leave(mark);
    }

    void add_scalar(proto_tree* tree, const JsonToken& token) {
        const std::string_view value = token.kind == JsonKind::string ? show(pinfo_, content(token)) : token.value;
        const auto* with_value = path_.with(value);
        if (has_room_for_path())
            generated(string(tree, id_of_path_with_value, token, with_value));
        const auto* member_with_value = with_value + path_.name();
        generated(string(tree, id_of_member_with_value, token, member_with_value));
        const auto* text = with_value + std::strlen(with_value) - value.size();
        switch (token.kind) {
        case JsonKind::string: string(tree, id_of_string, token, text); break;
        case JsonKind::number: add_number(tree, token, text); break;
        case JsonKind::truth: proto_tree_add_item(tree, id_of_true, at_.tvb, begin(token), size(token), ENC_NA); break;
        case JsonKind::falsehood: proto_tree_add_item(tree, id_of_false, at_.tvb, begin(token), size(token), ENC_NA); break;
        default: proto_tree_add_item(tree, id_of_null, at_.tvb, begin(token), size(token), ENC_NA); break;
        }
    }

    /// Up to 4.0 a string, then a floating-point number.
    void add_number(proto_tree* tree, const JsonToken& token, const char* text) const {
        if (proto_registrar_get_nth(static_cast<guint>(id_of_number))->type != FT_DOUBLE)
            string(tree, id_of_number, token, text);
        else
            proto_tree_add_double(tree, id_of_number, at_.tvb, begin(token), size(token), g_ascii_strtod(text, nullptr));
    }

    packet_info* pinfo_;
    Place at_;
    const JsonToken* tokens_;
    const char* text_;
    Path path_;
    std::size_t room_;
    bool left_paths_out_ = false;
};

guint is_changed(pref_t* preference, gpointer) {
    return prefs_get_type(preference) != PREF_STATIC_TEXT && !prefs_pref_is_default(preference); // obsolete ones do not come here
}

/// It would overwrite both columns with its name; after an exception the caller makes them writable again.
void call_wireshark(proto_tree* tree, packet_info* pinfo, Place at, const JsonToken& token) {
    const auto writable = col_get_writable(pinfo->cinfo, -1);
    col_set_writable(pinfo->cinfo, -1, FALSE);
    auto* tvb =
        tvb_new_subset_length(at.tvb, at.offset + static_cast<int>(token.begin), static_cast<int>(token.end - token.begin));
    call_dissector_only(handles.json, tvb, pinfo, tree, nullptr);
    col_set_writable(pinfo->cinfo, -1, writable);
}

} // namespace

/// The hierarchy of protocols comes from a tree that nobody sees: the GUI says that it asks for them, tshark listens to the tap
/// "frame".
bool json_is_looked_at(proto_tree* tree) {
    return tree && handles.json && proto_is_protocol_enabled(find_protocol_by_id(ids.json)) &&
           (proto_field_is_referenced(tree, ids.json) || is_asked_for(ids.frame_protocols) || protocols_are_listed());
}

void add_json(proto_tree* tree, packet_info* pinfo, Place at, const JsonValue& value) {
    const auto& token = value.token();
    if (needs_wireshark)
        return call_wireshark(tree, pinfo, at, token);
    if (!wmem_list_find(pinfo->layers, GINT_TO_POINTER(ids.json))) // once in the names of the packet's protocols
        call_dissector_only(layer, at.tvb, pinfo, nullptr, nullptr);
    give_back_items(tree);
    auto* item = proto_tree_add_item(tree, ids.json, at.tvb, at.offset + static_cast<int>(token.begin),
                                     static_cast<int>(token.end - token.begin), ENC_NA);
    Tree json(pinfo, at, &token);
    json.add(proto_item_add_subtree(item, ett_json), 0);
    if (json.left_paths_out())
        proto_item_append_text(item, " (not all paths are shown: too long)");
}

void register_json_fields() {
    static int* subtrees[] = {&ett_json};
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

void hand_off_json_fields() {
    const struct {
        int* field;
        const char* name;
    } fields[] = {{&id_of_object, "json.object"},
                  {&id_of_array, "json.array"},
                  {&id_of_member, "json.member"},
                  {&id_of_key, "json.key"},
                  {&id_of_path, "json.path"},
                  {&id_of_path_with_value, "json.path_with_value"},
                  {&id_of_member_with_value, "json.member_with_value"},
                  {&id_of_string, "json.value.string"},
                  {&id_of_number, "json.value.number"},
                  {&id_of_true, "json.value.true"},
                  {&id_of_false, "json.value.false"},
                  {&id_of_null, "json.value.null"}};
    for (const auto& [field, name] : fields)
        *field = proto_registrar_get_id_byname(name);
    layer = create_dissector_handle([](tvbuff_t*, packet_info*, proto_tree*, void*) { return 1; }, ids.json);
}

void open_json_fields() {
    auto* module = prefs_find_module("json");
    shows_escapes = module && prefs_find_preference(module, "unescape_strings");
    needs_wireshark = !module || prefs_pref_foreach(module, is_changed, nullptr) != 0;
}

} // namespace ws
