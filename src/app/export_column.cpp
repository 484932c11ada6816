#include "app/export_column.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

const std::vector<std::string>& export_columns() {
  static const std::vector<std::string> k_columns{
      // in the order of ExportField
      "email",       "score",       "scale",       "level",    "fit",
      "grade",       "status",      "phase",       "opens",    "non_opens",
      "clicks_tofu", "clicks_mofu", "clicks_bofu", "mailings", "last_open",
      "last_click",  "suppressed",  "reasons",     "since"};
  return k_columns;
}

bool ExportColumn::is_number() const {
  switch (field) {
  case ExportField::score:
  case ExportField::scale:
  case ExportField::level:
  case ExportField::fit:
  case ExportField::opens:
  case ExportField::non_opens:
  case ExportField::clicks_tofu:
  case ExportField::clicks_mofu:
  case ExportField::clicks_bofu:
  case ExportField::mailings:
    return true;
  default:
    return false;
  }
}

bool ExportColumn::needs_times() const {
  return field == ExportField::last_open || field == ExportField::last_click ||
         field == ExportField::reasons || field == ExportField::since;
}

namespace {

/// The column of scores that a field shows.
struct FieldColumn {
  ExportField field;
  ScoreColumns::Column column;
};
constexpr std::array k_field_columns{
    FieldColumn{ExportField::score, ScoreColumns::score},
    FieldColumn{ExportField::scale, ScoreColumns::scale},
    FieldColumn{ExportField::level, ScoreColumns::level},
    FieldColumn{ExportField::fit, ScoreColumns::fit},
    FieldColumn{ExportField::grade, ScoreColumns::grade},
    FieldColumn{ExportField::status, ScoreColumns::status},
    FieldColumn{ExportField::phase, ScoreColumns::phase},
    FieldColumn{ExportField::opens, ScoreColumns::opens},
    FieldColumn{ExportField::non_opens, ScoreColumns::non_opens},
    FieldColumn{ExportField::clicks_tofu, ScoreColumns::clicks_tofu},
    FieldColumn{ExportField::clicks_mofu, ScoreColumns::clicks_mofu},
    FieldColumn{ExportField::clicks_bofu, ScoreColumns::clicks_bofu},
    FieldColumn{ExportField::mailings, ScoreColumns::received},
    FieldColumn{ExportField::suppressed, ScoreColumns::suppressed},
};

} // namespace

ScoreColumns ExportColumn::asked() const {
  if (field == ExportField::email || field == ExportField::attribute) {
    return {};
  }
  const auto* const row =
      std::find_if(k_field_columns.begin(), k_field_columns.end(),
                   [this](const FieldColumn& one) { return one.field == field; });
  return row == k_field_columns.end() ? ScoreColumns::all() : ScoreColumns{row->column};
}

bool shows_since(const std::vector<ExportColumn>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const ExportColumn& column) { return column.field == ExportField::since; });
}

ExportColumn parse_column(std::string_view text) {
  constexpr std::string_view k_as = " as ";
  text = trim(text);
  const auto as = text.find(k_as);
  ExportColumn column;
  column.name = trim(text.substr(0, as));
  column.title =
      as == std::string_view::npos ? column.name : std::string(trim(text.substr(as + k_as.size())));
  const auto& fields = export_columns();
  const auto field = std::find(fields.begin(), fields.end(), column.name);
  column.field = field == fields.end() ? ExportField::attribute
                                       : static_cast<ExportField>(field - fields.begin());
  return column;
}

std::vector<ExportColumn> parse_columns(const std::vector<std::string>& texts) {
  std::vector<ExportColumn> columns;
  for (const auto& text : texts) {
    columns.push_back(parse_column(text));
  }
  return columns;
}

CountColumn counts_of(ExportField field) {
  switch (field) {
  case ExportField::opens:
    return &ChunkScores::opens;
  case ExportField::non_opens:
    return &ChunkScores::non_opens;
  case ExportField::clicks_tofu:
    return &ChunkScores::clicks_tofu;
  case ExportField::clicks_mofu:
    return &ChunkScores::clicks_mofu;
  case ExportField::clicks_bofu:
    return &ChunkScores::clicks_bofu;
  case ExportField::mailings:
    return &ChunkScores::received;
  default:
    return nullptr;
  }
}

std::string reasons_of(const ChunkScores& s, std::size_t r) {
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count != 0) {
      parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
    }
  };
  add(s.clicks_bofu[r], "BOFU click", "BOFU clicks");
  add(s.clicks_mofu[r], "MOFU click", "MOFU clicks");
  add(s.clicks_tofu[r], "TOFU click", "TOFU clicks");
  if (s.last_click[r] != 0) {
    parts.push_back("last click " + format_date(Seconds{s.last_click[r]}));
  }
  add(s.non_opens[r], "mail not opened", "mails not opened");
  if (s.suppressed[r] != 0) {
    parts.push_back(suppression_words(s.suppressed[r]));
  }
  if (s.override_rule[r] != 0) {
    parts.push_back("status by override");
  }
  return join(parts, ", ");
}

} // namespace mailfunnel
