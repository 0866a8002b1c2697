// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"
#include "wireshark/visit.hpp"

#include <string_view>

namespace ws {

/// What was found so far in the packet that is being dissected.
struct HeadsFound {
    std::uint32_t requests; ///< Those of any kind.
    std::uint32_t upgrade_requests;
    std::uint32_t responses;
    const guint8* shown; ///< The head that dissect_response_before() took care of.
    std::size_t shown_size;
    bool in_own_conversation; ///< Its heads were shown by dissect_heads_of().
    const guint8* upgrade;    ///< The 101 response.
};

inline HeadsFound& heads_in(const packet_info* pinfo) {
    static struct {
        PacketVisit visit;
        HeadsFound found;
    } last;
    if (last.visit != this_visit(pinfo))
        last = {this_visit(pinfo), {}};
    return last.found;
}

/// What was shown of a run of heads, and where frames follow the 101 response that ended it; nowhere: `tvb` null.
struct HeadsShown {
    bool any = false;
    Place frames{};
};

/// The heads in one data source, from `at` on. `bytes` are all of it. `secure`: inside TLS.
HeadsShown dissect_heads(tvbuff_t* tvb, std::string_view bytes, std::size_t at, packet_info* pinfo, proto_tree* tree,
                         bool secure);

/// The heads that `tvb` begins with, which HTTP has just dissected in a conversation of its own. Returns where frames follow a
/// 101 response; nowhere: null.
Place dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

/// The 101 response whose head ends where `tvb` begins, for frames that follow it in the same packet: HTTP hands those over
/// before the response itself is looked at. Shows it, and on the first visit upgrades the session. Returns false if `tvb` begins
/// within a head.
bool dissect_response_before(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

} // namespace ws
