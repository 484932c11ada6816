#include "model/stage.hpp"

#include "base/text.hpp"

namespace mailfunnel {

std::optional<Stage> parse_stage(std::string_view name) {
  for (const auto stage : {Stage::none, Stage::tofu, Stage::mofu, Stage::bofu}) {
    if (iequals(name, name_of(stage))) {
      return stage;
    }
  }
  return std::nullopt;
}

} // namespace mailfunnel
