// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.hpp"
#include "violations.hpp"

#include <variant>

namespace ws {

/// Which connection something is of, and who sent it.
struct Whose {
    std::uint32_t stream;
    Direction direction;
    std::uint32_t http2_stream; ///< 0: not on HTTP/2.
    const char* url;            ///< Empty: not known.
};

/// Why something could not be decoded (ws.undecoded).
enum class Undecoded : std::uint8_t { no, gap, truncated, no_context, limit, resynchronised };

const char* undecoded_name(Undecoded reason);

/// One of the frames that carried a message.
struct Fragment {
    std::uint32_t packet; ///< That completed the frame.
    std::uint64_t length; ///< Bytes of payload.
};

/// What one packet brought of a frame that several carried.
struct FrameSegment {
    std::uint32_t packet;
    std::uint32_t length; ///< In bytes, with the frame's header.
};

/// What RSV1 says of a frame, by the extension that was negotiated.
enum class Compressed : std::uint8_t { no, message, frame };

/// A message that its last frame completed (RFC 6455 5.4).
struct Message {
    std::uint32_t number = 0; ///< From 1, per direction.
    std::uint8_t opcode = 0;  ///< Of the first frame.
    bool compressed = false;
    bool after_loss = false; ///< Frames may be missing before it: after a gap, or as the message before never ended.
    bool opaque = false;     ///< An extension that is not understood may have changed the payload.
    bool text = false;       ///< Text, and well-formed UTF-8.
    Undecoded undecoded = Undecoded::no;
    std::uint64_t wire_length = 0; ///< Payload bytes of its frames.
    Bytes data;                    ///< Reassembled and inflated; in the arena, or the payload of its only frame.
    bool own_data = false;         ///< `data` is not a part of the last frame's payload.
    std::uint32_t frames = 0;
    const Fragment* fragments = nullptr; ///< `frames` of them if there are several, else null.
};

/// A frame, on the chunk that completes it.
struct Frame {
    FrameHeader header;
    std::uint32_t index = 0;   ///< Which frame of its direction, from 0.
    std::uint32_t message = 0; ///< Number of the message it belongs to; 0: a control frame, or none.
    Violations violations;
    std::uint32_t violation_offset = 0; ///< Of text_not_utf8 and close_reason_not_utf8: where in the payload.
    Undecoded undecoded = Undecoded::no;
    bool resynchronised = false; ///< The first frame that was found again after a gap, or in a capture that begins mid-stream.
    bool first_of_message = false;
    Compressed compressed = Compressed::no;
    bool spread = false;      ///< It began in an earlier chunk: `bytes` are a copy in the arena.
    std::uint32_t offset = 0; ///< Of its first byte in the chunk, unless spread.
    Bytes bytes;              ///< Header and payload as captured, masked.
    Bytes payload;            ///< Unmasked: a part of `bytes`, or in the arena if it was masked.
    Message* completes = nullptr;
    std::span<const FrameSegment> segments; ///< Spread: the packets that carried it, if all are known.

    // How it relates to other frames of the connection; packet numbers, 0: none.
    std::uint32_t ping_in = 0;        ///< A pong: the ping it answers.
    std::uint32_t pong_in = 0;        ///< A ping: the pong that answers it, known from the second visit on.
    std::int64_t round_trip = 0;      ///< A pong with ping_in: nanoseconds since the ping.
    bool closes_first = false;        ///< A Close frame that answers none.
    std::uint32_t close_in = 0;       ///< A Close frame: the one of the other side that it answers.
    std::uint32_t reassembled_in = 0; ///< A fragment but the last: where the message is complete, known from the second visit on.
};

/// The message that this frame completes is there, whole and inflated.
inline bool is_decoded(const Frame& frame) noexcept {
    return frame.completes && frame.completes->undecoded == Undecoded::no && !frame.violations.has(Violation::inflate_failed);
}

/// The end of a chunk that belongs to a frame which goes on.
struct FramePart {
    std::uint32_t offset = 0; ///< In the chunk.
    std::uint32_t length = 0;
    bool header_known = false;
    FrameHeader header;     ///< If known.
    std::uint64_t have = 0; ///< Bytes of the frame so far, with its header.
    std::uint32_t frame_index = 0;
    std::uint32_t reassembled_in = 0; ///< The packet that completes it, known from the second visit on; 0: none.
};

/// Bytes that belong to no frame that is known.
struct SkippedBytes {
    std::uint32_t offset = 0; ///< In the chunk.
    std::uint32_t length = 0;
    Undecoded reason = Undecoded::gap;
    std::uint64_t lost = 0; ///< Bytes that are not in the capture, of no frame that is known, before this place.
};

using StreamEvent = std::variant<Frame, FramePart, SkippedBytes>;

/// Where it begins in the chunk.
inline std::uint32_t& offset_of(StreamEvent& event) noexcept {
    if (auto* frame = std::get_if<Frame>(&event))
        return frame->offset;
    if (auto* part = std::get_if<FramePart>(&event))
        return part->offset;
    return std::get_if<SkippedBytes>(&event)->offset;
}

/// All that one chunk of a direction's stream tells, in the order of the stream.
struct Facts {
    List<StreamEvent> events;
};

} // namespace ws
