// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

namespace wscap::test {
namespace {

TEST(Files, OfARingBeginWithTheLastSecretsAndNoMore) {
    const auto folder = std::filesystem::temp_directory_path() / ("wscap-ring-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    Options options;
    options.use_ring = true;
    options.ring.packets = 1;
    options.ring.files = 1;
    options.write_file = folder / "ring.pcapng";
    const std::vector<Interface> interfaces(1);
    Files files(options, interfaces, nullptr);
    std::string last;
    for (std::size_t written = 0, number = 0; written < 2 * Files::most_secrets; written += last.size(), ++number) {
        last = "CLIENT_RANDOM " + std::to_string(number) + " " + std::string(1000, '0') + "\n";
        files.secrets(last);
    }
    files.packet({});
    files.packet({}); // into the next file
    files.finish(2, 0);
    EXPECT_EQ(files.packets(), 2U);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) { // the ring has one file
        EXPECT_LE(entry.file_size(), Files::most_secrets + 4096);
        EXPECT_GE(entry.file_size(), Files::most_secrets / 4);
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content(std::istreambuf_iterator<char>(file), {});
        EXPECT_NE(content.find(last), std::string::npos);
        EXPECT_EQ(content.find("CLIENT_RANDOM 0 "), std::string::npos);
        const auto first = content.find("CLIENT_RANDOM");
        EXPECT_NE(content[first - 1], '\n')
            << "the first is a whole line: after the block's header, not after the rest of another";
    }
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace wscap::test
