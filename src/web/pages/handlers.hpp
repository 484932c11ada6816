#pragma once
// The pages, by group; site.cpp has the table of their addresses and roles.

#include "web/pages/page.hpp"

namespace mailfunnel {

// overview.cpp
HttpResponse overview_page(const PageContext& context);
HttpResponse overview_history(const PageContext& context);

} // namespace mailfunnel
