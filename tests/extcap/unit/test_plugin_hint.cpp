// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin_hint.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace wscap::test {
namespace {

namespace fs = std::filesystem;

/// Folders as tshark 4.0 tells them, with plugins in some.
class PluginHint : public testing::Test {
  protected:
    PluginHint() : root_(fs::temp_directory_path() / ("plugin-hint-" + std::to_string(getpid()))) { fs::remove_all(root_); }
    ~PluginHint() override { fs::remove_all(root_); }

    fs::path put(const std::string& place) {
        const auto path = root_ / place / "epan" / "ws.so";
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "plugin";
        return path;
    }
    std::string hint(bool as_root = false) const {
        return hint_about_plugin("Temp:\t\t/tmp\nPersonal Plugins: \t" + (root_ / "home/plugins/4.0").string() +
                                     "\nGlobal Plugins:\t\t" + (root_ / "usr/plugins/4.0").string() + "\nMIBs: none\n",
                                 as_root);
    }

    fs::path root_;
};

TEST_F(PluginHint, NoneAnywhere) {
    EXPECT_EQ(hint(), "does it have the WebSocket plugin (tshark -G plugins)?");
    EXPECT_EQ(hint_about_plugin(std::string(), false), hint());
}

TEST_F(PluginHint, OneOfAnotherRelease) {
    const auto old = put("usr/plugins/3.6");
    EXPECT_EQ(hint(), old.string() + " is of another release of Wireshark; this one looks in " +
                          (root_ / "usr/plugins/4.0/epan").string());
    const auto own = put("home/plugins/4.2");
    EXPECT_EQ(hint().find(own.string()), 0U);
    put("home/plugins/4.0"); // then that is not the reason
    EXPECT_EQ(hint(), "does it have the WebSocket plugin (tshark -G plugins)?");
}

TEST_F(PluginHint, APersonalOneAndRoot) {
    put("home/plugins/4.0");
    EXPECT_EQ(hint(true), "as root Wireshark ignores personal plugins: run wscap as an ordinary user");
    put("usr/plugins/4.0");
    EXPECT_EQ(hint(true), "does it have the WebSocket plugin (tshark -G plugins)?");
}

} // namespace
} // namespace wscap::test
