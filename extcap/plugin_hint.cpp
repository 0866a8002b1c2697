// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin_hint.hpp"

#include <glib.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace wscap {
namespace {

namespace fs = std::filesystem;

/// "Personal Plugins:  /home/…/plugins/4.0"
fs::path folder_of(std::string_view folders, std::string_view name) {
    const auto begin = folders.find(name);
    if (begin == std::string_view::npos)
        return {};
    auto line = folders.substr(begin + name.size());
    line = line.substr(0, line.find('\n'));
    const auto path = line.find_first_not_of(" \t");
    return path == std::string_view::npos ? fs::path() : fs::path(line.substr(path));
}

/// `…/plugins/4.2/epan/ws.so` where this release looks in `…/plugins/4.0`; empty: none.
fs::path of_another_release(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator it(folder.parent_path(), error), end; !error && it != end; it.increment(error))
        if (it->path() != folder && fs::exists(it->path() / "epan" / "ws.so", error))
            return it->path() / "epan" / "ws.so";
    return {};
}

bool has_plugin(const fs::path& folder) {
    std::error_code error;
    return !folder.empty() && fs::exists(folder / "epan" / "ws.so", error);
}

} // namespace

std::string hint_about_plugin(const std::string& folders, bool as_root) {
    const auto personal = folder_of(folders, "Personal Plugins:"), global = folder_of(folders, "Global Plugins:");
    if (!has_plugin(global) && as_root && has_plugin(personal))
        return "as root Wireshark ignores personal plugins: run wscap as an ordinary user";
    if (!has_plugin(global) && !has_plugin(personal))
        for (const auto& folder : {personal, global})
            if (const auto other = folder.empty() ? fs::path() : of_another_release(folder); !other.empty())
                return other.string() + " is of another release of Wireshark; this one looks in " + (folder / "epan").string();
    return "does it have the WebSocket plugin (tshark -G plugins)?";
}

std::string hint_about_plugin(const char* tshark) {
    char* const words[] = {const_cast<char*>(tshark), const_cast<char*>("-G"), const_cast<char*>("folders"), nullptr};
    char* said = nullptr;
    const auto flags = static_cast<GSpawnFlags>(G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL);
    g_spawn_sync(nullptr, const_cast<char**>(words), nullptr, flags, nullptr, nullptr, &said, nullptr, nullptr, nullptr);
    const std::unique_ptr<char, decltype(&g_free)> owned(said, g_free);
    return hint_about_plugin(said ? said : "", geteuid() == 0);
}

} // namespace wscap
