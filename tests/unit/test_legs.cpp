// SPDX-License-Identifier: GPL-2.0-or-later
#include "legs.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

RequestFields of(const std::string& fields) {
    TestArena arena;
    const std::string text = "GET / HTTP/1.1\r\n" + fields + "\r\n";
    HttpHead head;
    EXPECT_EQ(parse_http_head(text, arena, head), HeadResult::complete);
    return fields_of(head);
}

TEST(Legs, KnowTheFieldsOfARequest) {
    EXPECT_EQ(of("Host: a\r\n"), 0);
    EXPECT_EQ(of("Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nCookie: a=b\r\n"),
              upgrade_field | connection_field | cookie_field);
    EXPECT_EQ(of("Upgrade: h2c\r\nConnection: close\r\nOrigin: x\r\n"), origin_field);
}

TEST(Legs, NameWhatExplainsADiagnosis) {
    const Legs legs{4, 9, upgrade_field | connection_field | cookie_field, cookie_field};
    EXPECT_EQ(what_the_proxy_dropped(Diagnosis::upgrade_stripped, legs),
              "The proxy dropped Upgrade and Connection: it is in the client's request (#4), and not in the proxy's own (#9).");
    EXPECT_EQ(what_the_proxy_dropped(Diagnosis::unauthorized, legs), "");
    EXPECT_NE(what_the_proxy_dropped(Diagnosis::unauthorized, {4, 9, cookie_field, 0}), "");
    EXPECT_EQ(what_the_proxy_dropped(Diagnosis::gateway_error, {4, 9, cookie_field, 0}), "");
}

TEST(Legs, TellWhoEndedFirst) {
    EXPECT_EQ(tell_other_leg({9, true, false, server, 2000000}),
              "The other leg of the proxy (request in #9) was closed 0.002 s before by its server: the proxy passed that on.");
    EXPECT_NE(tell_other_leg({9, false, false, server, 0}).find("still open"), std::string::npos);
}

} // namespace
} // namespace ws::test
