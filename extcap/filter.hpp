// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <map>
#include <memory>
#include <string>

struct bpf_program;

namespace wscap {

/// A capture filter (pcap-filter(7)) over packets of any link type.
class Filter {
  public:
    /// Throws std::runtime_error if the expression is wrong.
    explicit Filter(std::string expression);
    ~Filter();

    bool accepts(const Packet& packet, std::uint16_t link_type);

  private:
    std::string expression_;
    std::map<std::uint16_t, std::unique_ptr<bpf_program, void (*)(bpf_program*)>> programs_;
};

/// What is wrong with the expression; empty if nothing is.
std::string filter_problem(const std::string& expression);

} // namespace wscap
