// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "../json.hpp"

namespace ws {

enum class Packed : std::uint8_t { message_pack, cbor };

/// One MessagePack or CBOR value (RFC 8949) as JSON, in the arena: an array or object, of whose end as much may be missing as
/// could not be read. Bytes and what is no UTF-8 are empty strings in it. Returns none of what is deeper than 64; `whole`:
/// nothing was missing or left.
JsonValue unpack(Bytes data, Packed as, const Arena& arena, bool& whole) noexcept;

} // namespace ws
