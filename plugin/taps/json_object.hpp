// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/tapped.hpp"

#include <wsutil/json_dumper.h>

#include <string_view>

namespace ws {

/// One JSON object, written member by member (RFC 8259); texts may be any bytes.
class JsonObject {
  public:
    explicit JsonObject(json_dumper& dumper) : dumper_(dumper) { json_dumper_begin_object(&dumper_); }

    void number(const char* member, std::uint64_t value);
    /// A number that is written out.
    void number(const char* member, const std::string& digits);
    void boolean(const char* member, bool value);
    /// What is no UTF-8 is replaced.
    void string(const char* member, std::string_view text);
    void names(const char* member, const std::vector<std::string_view>& list);
    void base64(const char* member, Bytes data);
    /// As "text" where it is UTF-8, else as "base64".
    void content(Bytes data);
    void end() { json_dumper_end_object(&dumper_); }

  private:
    void name(const char* name) { json_dumper_set_member_name(&dumper_, name); }

    json_dumper& dumper_;
};

} // namespace ws
