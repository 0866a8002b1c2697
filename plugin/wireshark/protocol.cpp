// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/protocol.hpp"

namespace ws {

Protocol protocol;

} // namespace ws
