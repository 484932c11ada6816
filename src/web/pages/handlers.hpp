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

} // namespace mailfunnel
