#pragma once
// The pages, by group; site.cpp has the table of their addresses and roles.

#include "web/pages/page.hpp"

namespace mailfunnel {

// overview.cpp
HttpResponse overview_page(const PageContext& context);
HttpResponse overview_history(const PageContext& context);

// people.cpp
HttpResponse people_page(const PageContext& context);
HttpResponse people_file(const PageContext& context);

// person.cpp
HttpResponse person_page(const PageContext& context);
HttpResponse person_history_page(const PageContext& context);
HttpResponse person_events_page(const PageContext& context);

// person_actions.cpp
HttpResponse person_letter(const PageContext& context);
HttpResponse person_object(const PageContext& context);
HttpResponse person_suppress(const PageContext& context);
HttpResponse person_unsuppress(const PageContext& context);
HttpResponse person_erase(const PageContext& context);

// campaigns.cpp
HttpResponse campaigns_page(const PageContext& context);
HttpResponse campaign_page(const PageContext& context);

// links.cpp
HttpResponse links_page(const PageContext& context);
HttpResponse links_file(const PageContext& context);
HttpResponse link_preview(const PageContext& context);
HttpResponse link_store(const PageContext& context);

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

// plans.cpp
HttpResponse plans_page(const PageContext& context);
HttpResponse plan_page(const PageContext& context);
HttpResponse plan_approve(const PageContext& context);
HttpResponse plan_reject(const PageContext& context);
HttpResponse plan_apply(const PageContext& context);
HttpResponse push_page(const PageContext& context);

// tasks.cpp
HttpResponse tasks_page(const PageContext& context);
HttpResponse task_page(const PageContext& context);
HttpResponse task_start(const PageContext& context);
HttpResponse task_cancel(const PageContext& context);

} // namespace mailfunnel
