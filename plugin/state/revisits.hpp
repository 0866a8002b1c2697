// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// Could this packet be dissected again? A program that does not keep its packets, like tshark without -2, cannot come back to
/// them, and then nothing needs to be remembered for later visits.
class Revisits {
  public:
    bool may(const packet_info* pinfo) {
        // A program that keeps its packets has a frame_data for each, or fills no columns when it reads them for the first time
        // (tshark -2).
        if (pinfo->cinfo && pinfo->fd == last_frame_ && pinfo->num != last_packet_)
            single_pass_ = true;
        last_frame_ = pinfo->fd;
        last_packet_ = pinfo->num;
        return !single_pass_;
    }

  private:
    const frame_data* last_frame_ = nullptr;
    guint32 last_packet_ = 0;
    bool single_pass_ = false;
};

} // namespace ws
