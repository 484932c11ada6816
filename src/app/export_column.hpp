#pragma once
// What an exported segment can show of a person: the columns of the config and of --columns.

#include "funnel/scorer.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

enum class ExportField : std::uint8_t {
  email,
  score,
  scale,
  level,
  fit,
  grade,
  status,
  phase,
  opens,
  non_opens,
  clicks_tofu,
  clicks_mofu,
  clicks_bofu,
  mailings,
  last_open,
  last_click,
  suppressed,
  reasons, // in words, for people
  since,   // since when the status is what it is (status_since.hpp)
  attribute,
};

struct ExportColumn {
  ExportField field = ExportField::attribute;
  std::string name;  // of the field or attribute
  std::string title; // in the first line of the file

  bool is_number() const;
  /// Does its value hang on the times of the last open and click, which runs don't keep?
  bool needs_times() const;
  /// The columns of scores that it is made of.
  ScoreColumns asked() const;
};

/// Is one of them `since`?
bool shows_since(const std::vector<ExportColumn>& columns);

/// "score", or "score as Points" for another title. What is no field is an attribute.
ExportColumn parse_column(std::string_view text);
std::vector<ExportColumn> parse_columns(const std::vector<std::string>& texts);

/// The names of all fields.
const std::vector<std::string>& export_columns();

/// Of a count: where it stands in the scores; nullptr: the field is no count.
using CountColumn = const std::vector<std::uint16_t> ChunkScores::*;
CountColumn counts_of(ExportField field);

/// "2 BOFU clicks, last click 2026-03-03": what the score is made of.
std::string reasons_of(const ChunkScores& scores, std::size_t recipient);

} // namespace mailfunnel
