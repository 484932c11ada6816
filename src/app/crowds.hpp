#pragma once
// Crowds out of the store: reads the clicks of one mailing in all chunks and in the inbox.

#include "funnel/crowds.hpp"
#include "store/store.hpp"

#include <memory>

namespace mailfunnel {

/// `store` must live as long. Activity that comes in later is not seen.
std::shared_ptr<Crowds> crowds_of(const Store& store);

} // namespace mailfunnel
