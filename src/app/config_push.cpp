// [push], [network], and where segments go to.

#include "app/config_sections.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

std::vector<std::string> target_names() {
  std::vector<std::string> out;
  for (const auto kind : {TargetKind::segment, TargetKind::list, TargetKind::group, TargetKind::tag,
                          TargetKind::fields, TargetKind::suppression}) {
    out.emplace_back(name_of(kind));
  }
  return out;
}

double share(Section& section, std::string_view key, double usual) {
  const auto value = section.number(key).value_or(usual);
  if (value < 0 || value > 1) {
    section.error(key, fmt::format("`{}` in [push] is a share: from 0 to 1", key));
    return usual;
  }
  return value;
}

std::uint64_t count(Section& section, std::string_view key, std::uint64_t usual) {
  const auto value = section.number(key).value_or(static_cast<double>(usual));
  if (value < 0 || value > 1e9) {
    section.error(key, fmt::format("`{}` in [push] is a number of people", key));
    return usual;
  }
  return static_cast<std::uint64_t>(value);
}

} // namespace

void read_push(Section& top, Config& config) {
  auto& rules = config.push;
  if (auto section = top.section("push", "[push]")) {
    rules.large_removal = share(*section, "large_removal", rules.large_removal);
    rules.large_addition = share(*section, "large_addition", rules.large_addition);
    rules.least_removals = count(*section, "least_removals", rules.least_removals);
    rules.least_additions = count(*section, "least_additions", rules.least_additions);
    if (const auto number = section->number("approvals")) {
      if (*number != 0 && *number != 1 && *number != 2) {
        section->error("approvals", "`approvals` in [push] is 0, 1 or 2: how many people approve a "
                                    "plan before it is carried out");
      } else {
        rules.approvals = static_cast<unsigned>(*number);
      }
    }
    section->finish();
  }
}

void read_network(Section& top, Config& config) {
  if (auto section = top.section("network", "[network]")) {
    config.ca_file = section->text("ca_file").value_or("");
    section->finish();
  }
}

std::vector<PushConfig> read_targets(Section& segment, const std::string& name) {
  std::vector<PushConfig> out;
  for (auto& section : segment.sections("push", "push")) {
    PushConfig push;
    push.account = section.text("account").value_or("");
    if (push.account.empty()) {
      section.error_here("a target of `push` needs an `account`");
    }
    if (const auto kind = section.choice("as", target_names())) {
      push.as = *target_kind(target_names()[*kind]);
    } else if (!section.has("as")) {
      section.error_here("a target of `push` needs `as`: one of " + join(target_names(), ", "));
    }
    push.name = section.text("name").value_or(name);
    push.list = section.text("list").value_or("");
    if (const auto* fields = section.inner("fields")) {
      for (const auto& [ours, theirs] : *fields) {
        const auto column = parse_column(ours.str());
        if (!theirs.is_string() || theirs.as_string()->get().empty()) {
          section.error_at(theirs.source(), "a field at the platform is a text in quotes");
        } else if (column.field == ExportField::email) {
          section.error_at(theirs.source(), "an address is never changed");
        } else {
          push.fields.emplace_back(column, theirs.as_string()->get());
        }
      }
    }
    if (push.as == TargetKind::fields && push.fields.empty()) {
      section.error_here("as = \"fields\" needs `fields`: which of ours goes into which of the "
                         "platform's, such as fields = { score = \"SCORE\", grade = \"GRADE\" }");
    }
    section.finish();
    out.push_back(std::move(push));
  }
  return out;
}

void check_targets(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  for (const auto& segment : config.segments) {
    for (const auto& push : segment.push) {
      const auto tell = [&](std::string message) {
        problems.push_back(
            {file, 0, 0, fmt::format("segment \"{}\": push: {}", segment.name, message), false});
      };
      if (config.account(push.account) == nullptr) {
        tell(fmt::format("there is no account \"{}\"", push.account));
      }
      const bool suppresses = push.as == TargetKind::suppression;
      if (suppresses != (segment.use == SegmentUse::suppression) && push.as != TargetKind::fields) {
        tell(suppresses ? "only a segment with use = \"suppression\" may go to a suppression list"
                        : "a segment with use = \"suppression\" may go to a suppression list only");
      }
    }
  }
}

} // namespace mailfunnel
