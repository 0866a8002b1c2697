// SPDX-License-Identifier: GPL-2.0-or-later
// One input at a time, within a limit of work: what takes longer than its bytes can justify is a finding.
#include "fuzz.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace ws::fuzz {
namespace {

// Of processor time, so that other programs do not count. Under the sanitizers an input takes some microseconds per byte at most;
// what is quadratic takes this long from a few thousand bytes on.
constexpr double seconds_at_least = 0.5;
constexpr double seconds_per_byte = 50e-6;

double processor_time() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace

void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
}

} // namespace ws::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace ws::fuzz;
    const auto begin = processor_time();
    Input input({bytes, size});
    run(input);
    const auto taken = processor_time() - begin;
    if (taken > seconds_at_least + seconds_per_byte * static_cast<double>(size))
        fail("slow: " + std::to_string(size) + " bytes take " + std::to_string(taken) + " s");
    return 0;
}
