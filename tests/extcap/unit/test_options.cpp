// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hpp"

#include <gtest/gtest.h>

namespace wscap::test {
namespace {

Options parse(std::vector<std::string> words) {
    words.insert(words.begin(), "wscap");
    std::vector<char*> pointers;
    for (auto& word : words)
        pointers.push_back(word.data());
    return parse_options(static_cast<int>(pointers.size()), pointers.data());
}

TEST(Options, AsOfTcpdumpAndDumpcap) {
    const auto options = parse(
        {"-i", "eth0", "-i", "lo", "-w", "out", "-s", "96", "-B", "4", "-p", "-c", "5", "-a", "duration:3", "tcp", "port", "80"});
    EXPECT_EQ(options.interfaces, (std::vector<std::string>{"eth0", "lo"}));
    EXPECT_EQ(options.capture_filter, "tcp port 80");
    EXPECT_EQ(options.dumpcap, (std::vector<std::string>{"-s", "96", "-B", "4", "-p"}));
    EXPECT_EQ(options.stop.packets, 5u);
    EXPECT_EQ(options.stop.seconds, 3u);
    EXPECT_FALSE(options.print);
}

TEST(Options, WithoutAFileMessagesAreShown) {
    EXPECT_TRUE(parse({"-i", "lo"}).print);
}

TEST(Options, SecretsAndServerNamesMeanTls) {
    EXPECT_TRUE(parse({"--keylog", "k", "-w", "x"}).criteria.tls);
    EXPECT_TRUE(parse({"--sni", "*", "-w", "x"}).criteria.tls);
    EXPECT_FALSE(parse({"-w", "x"}).criteria.tls);
}

TEST(Options, RunAProgram) {
    const auto options = parse({"run", "-w", "out", "port", "443", "--", "node", "--", "-w", "x"});
    EXPECT_EQ(options.command, (std::vector<std::string>{"node", "--", "-w", "x"}));
    EXPECT_EQ(options.write_file, "out");
    EXPECT_EQ(options.capture_filter, "port 443");
    EXPECT_EQ(options.interfaces, std::vector<std::string>{"any"});
    EXPECT_TRUE(options.criteria.tls);
    EXPECT_TRUE(options.criteria.known_secrets);
    EXPECT_FALSE(parse({"run", "--tls", "--", "node"}).criteria.known_secrets); // those of others, too
    EXPECT_TRUE(parse({"-i", "lo", "run"}).command.empty());                    // a capture filter, though a wrong one
    for (const auto& wrong : std::vector<std::vector<std::string>>{{"run"},
                                                                   {"run", "node"},
                                                                   {"run", "--"},
                                                                   {"run", "-r", "x", "--", "y"},
                                                                   {"run", "--keylog", "x", "--", "y"},
                                                                   {"run", "-P", "-w", "x", "--", "y"},
                                                                   {"--preload", "-i", "lo"}})
        EXPECT_THROW(parse(wrong), std::invalid_argument);
}

TEST(Options, OneFieldOfTheDialogHoldsSeveralGlobs) {
    const auto dialog = parse({"--capture", "--host", "a, b,c", "--extcap-interface", "wscap", "--fifo", "x"});
    EXPECT_EQ(dialog.criteria.hosts, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(parse({"--host", "a, b", "-w", "x"}).criteria.hosts, (std::vector<std::string>{"a, b"}));
}

TEST(Options, WrongOnesAreNamed) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--nonsense"}, {"-c", "many"}, {"-c", "0"}, {"-c", "-1"}, {"-w"}, {"-b", "packets:3"}, {"-a", "interval:3"}})
        EXPECT_THROW(parse(words), std::invalid_argument) << words[0];
}

} // namespace
} // namespace wscap::test
