// SPDX-License-Identifier: GPL-2.0-or-later
#include "extensions.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

/// What was parsed, as `name{param}{param=value}`, or `malformed` and what was still understood.
std::string parsed(std::string_view value) {
    TestArena arena;
    List<Extension> list;
    const std::vector<char> exact(value.begin(), value.end());
    std::string out = parse_extensions({exact.data(), exact.size()}, arena, list) ? "" : "malformed ";
    for (const auto& extension : list) {
        out += extension.name;
        for (const auto& p : extension.parameters)
            out.append("{").append(p.name).append(p.has_value ? "=" : "").append(p.value).append("}");
        out += ' ';
    }
    return out;
}

TEST(Extensions, FollowTheGrammarOfRfc6455) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"foo", "foo "},
        {"foo, bar; baz=2", "foo bar{baz=2} "},
        {"bar; baz=2, foo", "bar{baz=2} foo "},
        {"deflate-stream", "deflate-stream "},
        {"mux; max-channels=4; flow-control, deflate-stream", "mux{max-channels=4}{flow-control} deflate-stream "},
        {"private-extension", "private-extension "},
        {"permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
         "permessage-deflate{client_max_window_bits}{server_max_window_bits=10} permessage-deflate "},
        {"a;b;c", "a{b}{c} "},
        {" a ; b = c ,\td ", "a{b=c} d "},
        {"a;b=\"c\"", "a{b=c} "},
        {"a;b=\"c\\d\"", "a{b=cd} "},
        {",,a,,", "a "},
        {"not-permessage-deflate; x=permessage-deflate", "not-permessage-deflate{x=permessage-deflate} "},
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(parsed(value), expected) << value;
}

TEST(Extensions, LeaveOutWhatDoesNotFitTheGrammar) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"a b", "malformed "},         {"a;", "malformed "},
        {";a", "malformed "},          {"a;=b", "malformed "},
        {"a;b=", "malformed "},        {"a;b=c d", "malformed "},
        {"a;b=\"c", "malformed "},     {"a;b=\"c\\", "malformed "},
        {"a;b=\"c\"d", "malformed "},  {"a;;b", "malformed "},
        {"a=b", "malformed "},         {"a, b c, d", "malformed a d "},
        {"\x80", "malformed "},        {"a;b=\"\"", "malformed "},
        {"a;b=\"c d\"", "malformed "}, {"a;b=\"c,d\", e", "malformed e "},
        {"\"a\"", "malformed "},
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(parsed(value), expected) << value;
}

TEST(Extensions, KeepTheTextAsWritten) {
    TestArena arena;
    List<Extension> list;
    const auto value = " a ; b = \"c\" ; d , e"sv;
    ASSERT_TRUE(parse_extensions(value, arena, list));
    EXPECT_EQ(list[0].text, "a ; b = \"c\" ; d");
    EXPECT_EQ(list[0].parameters[0].text, "b = \"c\"");
    EXPECT_EQ(list[0].parameters[1].text, "d");
    EXPECT_EQ(list[1].text, "e");
}

TEST(Extensions, TakeMemoryInProportionToTheirText) {
    std::string value = "a";
    for (unsigned i = 0; i < 5000; ++i)
        value += ";b=\"c\"";
    TestArena arena;
    List<Extension> list;
    ASSERT_TRUE(parse_extensions(value, arena, list));
    EXPECT_EQ(list[0].parameters.size(), 5000U);
    EXPECT_LT(arena.used(), 100 * value.size());
}

// -----------------------------------------------------------------------------------------------------------
// permessage-deflate

struct One {
    TestArena arena;
    List<Extension> list;
    explicit One(const std::string& parameters) : text("permessage-deflate" + parameters) {
        EXPECT_TRUE(parse_extensions(text, arena, list));
    }
    DeflateParameters offer() const { return deflate_parameters(list[0], false); }
    DeflateParameters response() const { return deflate_parameters(list[0], true); }
    std::string text;
};

TEST(DeflateParameters, AreReadFromOfferAndResponse) {
    const One none(""), all("; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
                            "client_max_window_bits=\"12\"");
    const auto a = none.offer();
    EXPECT_TRUE(a.valid && !a.server_no_context_takeover && !a.client_no_context_takeover && !a.client_window_bits_given);
    EXPECT_EQ(a.server_max_window_bits, 0);
    for (const auto& b : {all.offer(), all.response()}) {
        EXPECT_TRUE(b.valid && b.server_no_context_takeover && b.client_no_context_takeover && b.client_window_bits_given);
        EXPECT_EQ(b.server_max_window_bits, 10);
        EXPECT_EQ(b.client_max_window_bits, 12);
    }
}

TEST(DeflateParameters, TakeWindowBitsFrom8To15InDecimal) {
    for (unsigned bits = 0; bits < 20; ++bits)
        for (const std::string name : {"server_max_window_bits", "client_max_window_bits"})
            EXPECT_EQ(One("; " + name + "=" + std::to_string(bits)).response().valid, bits >= 8 && bits <= 15) << name << bits;
    for (const std::string value : {"08", "+9", "9x", "1", "150", "0x9", "-9"})
        EXPECT_FALSE(One("; server_max_window_bits=" + value).offer().valid) << value;
}

TEST(DeflateParameters, AreInvalidWhenUnknownRepeatedOrWithTheWrongValue) {
    for (const std::string p :
         {"; unknown", "; server_no_context_takeover=1", "; client_no_context_takeover=true", "; server_max_window_bits",
          "; client_no_context_takeover; client_no_context_takeover", "; server_no_context_takeover; server_no_context_takeover",
          "; server_max_window_bits=9; server_max_window_bits=9", "; client_max_window_bits; client_max_window_bits=9",
          "; Server_no_context_takeover"}) {
        EXPECT_FALSE(One(p).offer().valid) << p;
        EXPECT_FALSE(One(p).response().valid) << p;
    }
    EXPECT_TRUE(One("; client_max_window_bits").offer().valid);
    EXPECT_FALSE(One("; client_max_window_bits").response().valid) << "RFC 7692 7.1.2.2: needs a value there";
}

TEST(DeflateParameters, OfTheResponseMustFitTheOffer) {
    struct {
        const char *offer, *response;
        bool fits;
    } const cases[] = {
        {"", "", true},
        {"", "; server_no_context_takeover", true},
        {"", "; client_no_context_takeover", true},
        {"", "; server_max_window_bits=10", true},
        {"", "; client_max_window_bits=10", false},
        {"; client_max_window_bits", "; client_max_window_bits=10", true},
        {"; client_max_window_bits", "", true},
        {"; client_max_window_bits=10", "; client_max_window_bits=10", true},
        {"; client_max_window_bits=10", "; client_max_window_bits=11", false},
        {"; client_max_window_bits=10", "", true},
        {"; server_no_context_takeover", "; server_no_context_takeover", true},
        {"; server_no_context_takeover", "", false},
        {"; client_no_context_takeover", "", true},
        {"; server_max_window_bits=10", "; server_max_window_bits=10", true},
        {"; server_max_window_bits=10", "; server_max_window_bits=9", true},
        {"; server_max_window_bits=10", "; server_max_window_bits=11", false},
        {"; server_max_window_bits=10", "", false},
        {"; unknown", "", false},
    };
    for (const auto& c : cases)
        EXPECT_EQ(deflate_response_fits(One(c.offer).offer(), One(c.response).response()), c.fits)
            << c.offer << " -> " << c.response;
}

// -----------------------------------------------------------------------------------------------------------
// negotiation

Negotiated negotiated(std::string_view response) {
    TestArena arena;
    List<Extension> list;
    const bool all_read = parse_extensions(response, arena, list);
    return negotiate(list, all_read);
}

TEST(Negotiate, TakesTheResponseAtItsWord) {
    using enum Negotiated::Compression;
    const auto none_at_all = negotiated("");
    EXPECT_TRUE(none_at_all.known && !none_at_all.unknown_extension);
    EXPECT_EQ(none_at_all.compression, none);

    const auto simple = negotiated("permessage-deflate");
    EXPECT_EQ(simple.compression, permessage_deflate);
    EXPECT_FALSE(simple.no_context_takeover[0] || simple.no_context_takeover[1] || simple.unknown_extension);
    EXPECT_EQ(simple.window_bits[0], 15);
    EXPECT_EQ(simple.window_bits[1], 15);

    const auto client_only = negotiated("permessage-deflate; client_no_context_takeover; client_max_window_bits=9");
    EXPECT_TRUE(client_only.no_context_takeover[0] && !client_only.no_context_takeover[1]);
    EXPECT_EQ(client_only.window_bits[0], 9);
    EXPECT_EQ(client_only.window_bits[1], 15);

    const auto server_only = negotiated("permessage-deflate; server_no_context_takeover; server_max_window_bits=8");
    EXPECT_TRUE(!server_only.no_context_takeover[0] && server_only.no_context_takeover[1]);
    EXPECT_EQ(server_only.window_bits[0], 15);
    EXPECT_EQ(server_only.window_bits[1], 8);
}

TEST(Negotiate, KnowsTheDeflateOfWebkitAndWhatItDoesNotKnow) {
    using enum Negotiated::Compression;
    EXPECT_EQ(negotiated("x-webkit-deflate-frame").compression, deflate_frame);
    EXPECT_FALSE(negotiated("x-webkit-deflate-frame; no_context_takeover").unknown_extension);
    EXPECT_EQ(negotiated("my-permessage-deflate").compression, none);
    EXPECT_TRUE(negotiated("my-permessage-deflate").unknown_extension);
    EXPECT_TRUE(negotiated("permessage-bzip2").unknown_extension);
    EXPECT_TRUE(negotiated("x-other a").unknown_extension) << "does not fit the grammar, may mean anything";
    EXPECT_TRUE(negotiated("permessage-deflate, a b").unknown_extension);
    EXPECT_TRUE(negotiated("permessage-deflate; =1").unknown_extension);
    const auto both = negotiated("permessage-deflate, x-other");
    EXPECT_TRUE(both.unknown_extension);
    EXPECT_EQ(both.compression, permessage_deflate);
}

} // namespace
} // namespace ws::test
