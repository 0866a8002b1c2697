// SPDX-License-Identifier: GPL-2.0-or-later
#include "filter.hpp"

#include <pcap/pcap.h>
#include <stdexcept>

namespace wscap {
namespace {

/// Returns what is wrong, or an empty string.
std::string compile(const std::string& expression, int link_type, bpf_program* program) {
    pcap_t* handle = pcap_open_dead(link_type, 262144);
    const bool good = pcap_compile(handle, program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    std::string problem = good ? "" : pcap_geterr(handle);
    pcap_close(handle);
    return problem;
}

void release(bpf_program* program) {
    pcap_freecode(program);
    delete program;
}

} // namespace

std::string filter_problem(const std::string& expression) {
    // An expression may suit some link types only.
    std::string first;
    for (const int link_type : {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_IEEE802_11_RADIO}) {
        bpf_program program;
        const auto problem = compile(expression, link_type, &program);
        if (problem.empty()) {
            pcap_freecode(&program);
            return {};
        }
        if (first.empty())
            first = problem;
    }
    return first;
}

Filter::Filter(std::string expression) : expression_(std::move(expression)) {
    if (const auto problem = filter_problem(expression_); !problem.empty())
        throw std::runtime_error("the capture filter \"" + expression_ + "\" is not valid: " + problem);
}

Filter::~Filter() = default;

bool Filter::accepts(const Packet& packet, std::uint16_t link_type) {
    auto found = programs_.find(link_type);
    if (found == programs_.end()) {
        std::unique_ptr<bpf_program, void (*)(bpf_program*)> program(new bpf_program{}, release);
        const int dlt = link_type == 101 ? DLT_RAW : link_type;
        if (const auto problem = compile(expression_, dlt, program.get()); !problem.empty())
            throw std::runtime_error("the capture filter \"" + expression_ + "\" does not suit this capture: " + problem);
        found = programs_.emplace(link_type, std::move(program)).first;
    }
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(packet.data.size());
    header.len = packet.length;
    return pcap_offline_filter(found->second.get(), &header, packet.data.data()) != 0;
}

} // namespace wscap
