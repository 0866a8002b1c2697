// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/subprotocols.hpp"

#include "subprotocols/exchanges.hpp"

namespace ws {

void register_subprotocols() {
    register_engineio();
    register_init_routine(forget_exchanges);
}

} // namespace ws
