#include "app/progress_line.hpp"

#include "base/json_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace mailfunnel {

std::string to_json(const ProgressLine& progress) {
  return fmt::format("{{\"progress\":{{\"what\":{},\"done\":{},\"total\":{}}}}}",
                     json_text(progress.what), progress.done, progress.total);
}

std::optional<ProgressLine> parse_progress(std::string_view line) {
  if (!line.starts_with("{\"progress\":{")) {
    return std::nullopt;
  }
  try {
    const auto root = boost::json::parse(boost::json::string_view(line));
    const auto& object = root.at("progress").as_object();
    return ProgressLine{std::string(object.at("what").as_string()),
                        object.at("done").to_number<std::uint64_t>(),
                        object.at("total").to_number<std::uint64_t>()};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

} // namespace mailfunnel
