#pragma once
// A plan of a push as people read it.

#include "app/push_plan.hpp"

namespace mailfunnel::cli {

void print_summary(const PushPlan& plan);
/// One row a member; `all`: however many there are.
void print_rows(const PushPlan& plan, bool color, bool all);
void print_csv(const PushPlan& plan, bool header);

} // namespace mailfunnel::cli
