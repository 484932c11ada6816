#pragma once
// Events as forms (application/x-www-form-urlencoded), as webhooks post them and as they are saved:
// one body a line. Names may be in PHP's brackets: contact%5Bemail%5D=ann%40example.com

#include "adapter/adapter.hpp"
#include "adapter/input_facts.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// The fields of one form, decoded; at most 2,000 of them.
class Form {
public:
  explicit Form(std::string_view body);
  /// The first of that name; "": none.
  std::string_view operator[](std::string_view name) const;
  bool has(std::string_view name) const;
  /// Values of "<name>", "<name>[]" and "<name>[0]", those that are not empty.
  std::vector<std::string_view> list(std::string_view name) const;
  /// Calls visit(inner name, value) for each "<name>[<inner name>]" whose inner name is not empty.
  template<typename Visit> void each_in(std::string_view name, Visit visit) const {
    for (const auto& [key, value] : m_fields) {
      const std::string_view text = key;
      if (text.starts_with(name) && text.ends_with(']') && text.size() > name.size() + 2 &&
          text[name.size()] == '[') {
        visit(text.substr(name.size() + 1, text.size() - name.size() - 2), std::string_view(value));
      }
    }
  }

private:
  std::vector<std::pair<std::string, std::string>> m_fields;
};

struct FormRecord {
  const Form& form;
  std::string_view text; // as it stands in the chunk
  const InputFacts& input;
};

/// The records of one ESP: a constant, which outlives its readers.
struct FormFormat {
  std::string_view name; // for people
  bool (*is_ours)(const Form& form);
  /// Ends in a call of the sink, as every record does.
  void (*read)(const FormRecord& record, RecordSink& sink);
  /// The field of the time, which may name no zone: where it does not in the first record, the
  /// account's is asked for. "": times always name it.
  std::string_view time{};
};

/// A reader for a file that starts like this; nullptr where its first lines are not ours.
std::unique_ptr<LogReader> open_form_log(std::string_view head, const FormFormat& format,
                                         const LogContext& context);

/// Reads the body of a webhook request that was verified. bad_syntax: it has no fields.
Result<void> read_form_body(std::string_view body, const FormFormat& format, RecordSink& sink,
                            const InputFacts& input = {});

} // namespace mailfunnel
