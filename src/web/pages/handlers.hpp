#pragma once
// The pages, by group; site.cpp has the table of their addresses and roles.

#include "web/pages/page.hpp"

namespace mailfunnel {

// overview.cpp
HttpResponse overview_page(const PageContext& context);
HttpResponse overview_history(const PageContext& context);

// rules.cpp
HttpResponse rules_page(const PageContext& context);
HttpResponse rules_try(const PageContext& context);
HttpResponse rules_backtest(const PageContext& context);
HttpResponse rules_download(const PageContext& context);

// segments.cpp
HttpResponse segments_page(const PageContext& context);
HttpResponse segments_try(const PageContext& context);
HttpResponse segments_overlap(const PageContext& context);
HttpResponse segment_page_of(const PageContext& context);
HttpResponse segment_csv(const PageContext& context);

} // namespace mailfunnel
