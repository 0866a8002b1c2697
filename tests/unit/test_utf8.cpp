// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

/// Table 3-7 of the Unicode standard, row by row: the oracle.
struct Row {
    unsigned first, last;            ///< Of the first byte.
    unsigned second_from, second_to; ///< Of the second.
    std::size_t size;
};
constexpr Row table_3_7[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

struct Verdict {
    std::size_t good; ///< Bytes before the first that cannot be; all of them if there is none.
    bool valid;
    bool at_boundary;
    bool operator==(const Verdict&) const = default;
};

Verdict oracle(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
        const auto* row = std::find_if(std::begin(table_3_7), std::end(table_3_7),
                                       [&](const Row& r) { return byte(at) >= r.first && byte(at) <= r.last; });
        if (row == std::end(table_3_7))
            return {at, false, true};
        for (std::size_t i = 1; i < row->size; ++i) {
            if (at + i == text.size())
                return {text.size(), true, false};
            const auto from = i == 1 ? row->second_from : 0x80U, to = i == 1 ? row->second_to : 0xbfU;
            if (byte(at + i) < from || byte(at + i) > to)
                return {at + i, false, false};
        }
        at += row->size;
    }
    return {at, true, true};
}

/// The verdict on pieces, as the oracle words it.
Verdict verdict(std::initializer_list<std::string_view> pieces) {
    Utf8Validator validator;
    std::size_t good = 0;
    for (const auto piece : pieces) {
        const bool was_valid = validator.valid();
        const std::vector<std::uint8_t> exact(piece.begin(), piece.end());
        const auto count = validator.feed(exact);
        good += was_valid ? count : 0;
        EXPECT_TRUE(was_valid || (count == 0 && !validator.valid())) << "once bad, always bad";
    }
    return {good, validator.valid(), validator.at_boundary()};
}

void expect_like_oracle(std::string_view text) {
    const auto expected = oracle(text);
    const auto same = [&](const Verdict& v) {
        return v.good == expected.good && v.valid == expected.valid && (!v.valid || v.at_boundary == expected.at_boundary);
    };
    ASSERT_TRUE(same(verdict({text}))) << hex(as_bytes(text));
    for (std::size_t i = 0; i <= text.size(); ++i)
        ASSERT_TRUE(same(verdict({text.substr(0, i), text.substr(i)}))) << hex(as_bytes(text)) << " split at " << i;
}

std::string encoded(std::uint32_t c) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    if (c < 0x80)
        return {byte(c)};
    if (c < 0x800)
        return {byte(0xc0 | c >> 6), byte(0x80 | (c & 63))};
    if (c < 0x10000)
        return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
    return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

TEST(Utf8, AcceptsEveryCodePointButSurrogatesAndNothingAbove10ffff) {
    for (std::uint32_t c = 0; c < 0x1fffff; ++c) {
        Utf8Validator validator;
        const auto text = encoded(c);
        const bool all = validator.feed(as_bytes(text)) == text.size();
        const bool expected = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        ASSERT_EQ(all && validator.valid() && validator.at_boundary(), expected) << std::hex << c;
    }
}

TEST(Utf8, JudgesEverySequenceOfUpToThreeBytesLikeTable3_7) {
    std::string text;
    for (unsigned a = 0; a < 256; ++a) {
        text.assign({static_cast<char>(a)});
        ASSERT_NO_FATAL_FAILURE(expect_like_oracle(text));
        for (unsigned b = 0; b < 256; ++b) {
            text.assign({static_cast<char>(a), static_cast<char>(b)});
            ASSERT_NO_FATAL_FAILURE(expect_like_oracle(text));
            for (unsigned c = 0; c < 256; ++c) {
                const std::uint8_t three[] = {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b),
                                              static_cast<std::uint8_t>(c)};
                Utf8Validator validator;
                const auto good = validator.feed(three);
                const auto expected = oracle(as_text(three));
                ASSERT_TRUE(good == expected.good && validator.valid() == expected.valid &&
                            (!expected.valid || validator.at_boundary() == expected.at_boundary))
                    << hex(three);
            }
        }
    }
}

TEST(Utf8, JudgesFourBytesAtEveryBoundaryOfTable3_7) {
    constexpr unsigned edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
                                  0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfe, 0xff};
    for (const unsigned a : {0xf0U, 0xf1U, 0xf3U, 0xf4U, 0xf5U, 0xffU})
        for (const auto b : edges)
            for (const auto c : edges)
                for (const auto d : edges)
                    ASSERT_NO_FATAL_FAILURE(expect_like_oracle(
                        std::string{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)}));
}

TEST(Utf8, TellsWhereItGoesWrong) {
    struct {
        std::string_view text;
        std::size_t good;
    } const cases[] = {
        {"abc\x80", 3},                      // stray continuation
        {"abcdefghijk\xc0\xaf", 11},         // overlong '/', two bytes
        {"\xe0\x9f\xbf", 1},                 // overlong, three bytes
        {"\xf0\x8f\xbf\xbf", 1},             // overlong, four bytes
        {"\xed\xa0\x80", 1},                 // U+D800
        {"\xed\xbf\xbf", 1},                 // U+DFFF
        {"\xf4\x90\x80\x80", 1},             // U+110000
        {"\xf8\x88\x80\x80\x80", 0},         // five bytes
        {"abcdefgh\xe2\x82x", 10},           // truncated, then ASCII
        {"\xce\xba\xe1\xbd\xb9\xcf\xc2", 6}, // truncated, then another first byte
    };
    for (const auto& c : cases) {
        Utf8Validator validator;
        EXPECT_EQ(validator.feed(as_bytes(c.text)), c.good) << c.text;
        EXPECT_FALSE(validator.valid());
    }
}

TEST(Utf8, FindsTheBadByteAtAnyDistanceFromTheBeginningOfALongText) {
    for (std::size_t at = 0; at < 40; ++at) {
        std::string text(40, 'a');
        text[at] = '\xff';
        ASSERT_NO_FATAL_FAILURE(expect_like_oracle(text));
        text.replace(at, 1, "\xf0\x9f\x98\x80");
        ASSERT_NO_FATAL_FAILURE(expect_like_oracle(text));
    }
}

TEST(Utf8, WellFormedPartEndsBeforeTheFirstCharacterThatIsNotWhole) {
    for (const std::string_view whole : {""sv, "a"sv, "\xc3\xbc"sv, "x\xe2\x82\xac"sv, "\xf0\x9f\x91\x8b"sv})
        for (const std::string_view rest : {""sv, "\xff"sv, "\x80"sv, "\xc3"sv, "\xe2\x82"sv, "\xe2\x82X"sv, "\xf0\x9f\x91"sv,
                                            "\xf0\x9f\x91\xc3"sv, "\xed\xa0\x80"sv, "\xc0\x80"sv})
            EXPECT_EQ(well_formed_part(as_bytes(std::string(whole) + std::string(rest))), whole.size()) << whole << rest;
}

TEST(Utf8, WaitsForTheRestOfACharacter) {
    Utf8Validator validator;
    for (const std::string_view piece : {"\xf0"sv, "\x9f"sv, ""sv, "\x98"sv}) {
        EXPECT_EQ(validator.feed(as_bytes(piece)), piece.size());
        EXPECT_TRUE(validator.valid());
        EXPECT_FALSE(validator.at_boundary());
    }
    EXPECT_EQ(validator.feed(as_bytes("\x80")), 1U);
    EXPECT_TRUE(validator.valid() && validator.at_boundary());
}

/// Long enough for what takes many bytes at a time, with every kind of bad byte in every place of it.
TEST(Utf8, LongTextsAreAsTheTableHasThem) {
    std::string text;
    while (text.size() < 110)
        text += encoded('a') + encoded(0x438) + encoded(0x4f60) + encoded(0x1f600) + "ascii";
    expect_like_oracle(text);
    for (std::size_t at = 0; at < text.size(); ++at)
        for (const char byte : {'A', '\x80', '\xbf', '\xc0', '\xe0', '\xed', '\xf4', '\xff'}) {
            auto other = text;
            other[at] = byte;
            expect_like_oracle(other);
        }
    for (std::size_t size = 0; size < text.size(); ++size)
        expect_like_oracle(text.substr(0, size));
}

} // namespace
} // namespace ws::test
