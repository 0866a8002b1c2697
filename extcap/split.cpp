// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.hpp"

#include "files.hpp"
#include "filter.hpp"
#include "input.hpp"
#include "key_log_file.hpp"
#include "ordered.hpp"
#include "privileges.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <unistd.h>

namespace wscap {
namespace {

constexpr std::size_t hold_back = 2 << 20; // bytes of kept packets, to put them in order

/// Reads the whole file once; `emit` gets each kept packet. Selection depends on nothing but the packets, so
/// that two runs number the connections alike. Returns what was wrong with the file, if anything.
std::string pass(const Options& options, std::vector<Interface>& interfaces, KeyLog& key_log, int descriptor, Ordered::Emit emit,
                 Counters& counters) {
    interfaces.clear();
    lseek(descriptor, 0, SEEK_SET);
    const auto reader = open_capture(dup(descriptor), options.read_file, interfaces);
    std::optional<Filter> filter;
    if (!options.capture_filter.empty())
        filter.emplace(options.capture_filter);
    Ordered ordered(hold_back, std::move(emit), [&](const ClientRandom& random) { key_log.want(random); });
    Selector selector(options.criteria, options.limits, ordered);
    Packet packet;
    ReadResult result;
    while ((result = reader->next(packet)) == ReadResult::packet) {
        const auto link_type = interfaces[packet.interface].link_type;
        if (filter && !filter->accepts(packet, link_type))
            continue;
        if (const auto lines = reader->take_secrets(); !lines.empty())
            key_log.add(lines + "\n");
        selector.packet(packet, link_type);
        if (!ordered.empty())
            ordered.release(selector.oldest_waiting());
    }
    selector.finish();
    ordered.release(~std::uint64_t{0});
    counters = selector.counters();
    return result == ReadResult::failed ? reader->problem() : std::string{};
}

/// Largest first, each to the part with the least so far. Returns the part of each connection.
std::vector<std::uint32_t> share_out(const std::vector<std::uint64_t>& sizes, std::size_t parts) {
    std::vector<std::uint32_t> by_size(sizes.size()), part(sizes.size());
    std::iota(by_size.begin(), by_size.end(), 0);
    std::stable_sort(by_size.begin(), by_size.end(), [&](auto a, auto b) { return sizes[a] > sizes[b]; });
    std::vector<std::uint64_t> load(parts);
    for (const auto connection : by_size) {
        const auto least = std::min_element(load.begin(), load.end());
        *least += sizes[connection];
        part[connection] = static_cast<std::uint32_t>(least - load.begin());
    }
    return part;
}

} // namespace

int run_split(const Options& options) {
    if (!plain_root())
        drop_privileges(options.user);
    const int input = open_for_reading(options.read_file);
    if (lseek(input, 0, SEEK_SET) < 0)
        throw std::runtime_error(options.read_file + ": --split reads its input twice, so it must be a file");
    KeyLog key_log;
    if (!options.key_log.empty())
        KeyLogFile(options.key_log).poll(key_log);
    if (options.criteria.all)
        key_log.want_all();
    std::vector<Interface> interfaces;
    std::vector<std::unique_ptr<Writer>> parts;
    for (std::uint64_t i = 1; i <= options.split; ++i) {
        const auto name = numbered(options.write_file, i);
        parts.push_back(std::make_unique<Writer>(open_for_writing(name), name, options.format, interfaces));
    }
    if (plain_root())
        drop_privileges(options.user);

    Counters counters;
    std::vector<std::uint64_t> sizes;
    pass(
        options, interfaces, key_log, input,
        [&](const Packet& packet, std::uint32_t connection) {
            sizes.resize(std::max<std::size_t>(sizes.size(), connection + std::size_t{1}));
            sizes[connection] += packet.data.size();
        },
        counters);
    // A part may get connections of any secrets, so each gets all.
    const auto secrets = key_log.take();
    for (const auto& part : parts)
        part->secrets(secrets);
    const auto where = share_out(sizes, parts.size());
    std::uint64_t kept = 0;
    const auto problem = pass(
        options, interfaces, key_log, input,
        [&](const Packet& packet, std::uint32_t connection) {
            ++kept;
            parts[where[connection]]->packet(packet);
        },
        counters);
    for (const auto& part : parts)
        part->close();
    if (!options.quiet)
        std::fprintf(stderr, "wscap: %llu packets read, %llu kept of %llu connections, in %zu files\n",
                     static_cast<unsigned long long>(counters.packets), static_cast<unsigned long long>(kept),
                     static_cast<unsigned long long>(counters.kept_connections), parts.size());
    if (problem.empty())
        return 0;
    std::fprintf(stderr, "wscap: %s: %s; what came before is kept\n", options.read_file.c_str(), problem.c_str());
    return 1;
}

} // namespace wscap
