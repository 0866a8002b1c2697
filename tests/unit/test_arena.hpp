// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace ws::test {

/// An arena of separate blocks, so that a sanitizer sees every byte too far.
class TestArena {
  public:
    operator Arena() { return {allocate, this, keep}; }
    std::size_t used() const { return used_; }

  private:
    static void* allocate(void* context, std::size_t size) {
        auto& self = *static_cast<TestArena*>(context);
        self.used_ += size;
        self.blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
        return self.blocks_.back().get();
    }
    static void keep(void* context, std::shared_ptr<const void> object) {
        static_cast<TestArena*>(context)->kept_.push_back(std::move(object));
    }
    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::vector<std::shared_ptr<const void>> kept_;
    std::size_t used_ = 0;
};

} // namespace ws::test
